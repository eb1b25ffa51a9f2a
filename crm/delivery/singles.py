"""One message of a designed content to one person who waits for it: made at once with what will become of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from crm import jobs
from crm.delivery.channels import DELIVER, way
from crm.delivery.contents import Ref
from crm.delivery.eligibility import reason_for_message
from crm.delivery.queueing import new_message_id
from crm.delivery.senders import default_id
from crm.models import Campaign, Contact, Message, Sender, Topic


def queue_one(
    contact: Contact,
    *,
    content: Ref,
    key: str,
    purpose: str,
    channel: str = "email",
    address: str = "",
    topic: Topic | None = None,
    campaign: Campaign | None = None,
    sender: Sender | None = None,
    variables: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """It goes before what is sent to many. Where it may not go out, that is written down here and not only when it is
    claimed, by the same question: whoever asked hears it in the answer. `address` empty means the contact's own.

    Raises IntegrityError where there is a message with this `key` (at most 80 letters) already. Call it in a transaction.
    """
    now = timezone.now()
    message = Message.objects.create(
        key=f"{key}:{channel}",
        send_key=key,
        channel=channel,
        purpose=purpose,
        topic=topic,
        contact=contact,
        address=way(channel).normal(address) if address else getattr(contact, way(channel).address),
        sender_id=sender.pk if sender else default_id(),
        campaign=campaign,
        content_type=content[0],
        content_id=content[1],
        content_version=content[2],
        variables=variables or {},
        message_id=new_message_id(sender),
        due_at=now,
        is_urgent=True,
        expires_at=expires_at,
    )
    one = Message.objects.filter(pk=message.pk)
    message.reason = one.annotate(why=reason_for_message(channel, now)).values_list("why", flat=True).get()
    if message.reason:
        message.status = Message.Status.NOT_SENT
        one.update(status=message.status, reason=message.reason)
    else:
        jobs.nudge(DELIVER, channel, name=f"{DELIVER}:{channel}")
    return message
