"""Sending an email or a text to a segment, now or at a time; stopping it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_fsm import can_proceed

from crm import jobs
from crm.access.see import must_be_able_to_add
from crm.delivery import eligibility
from crm.delivery.eligibility import Audience
from crm.delivery.queueing import cancel, queue_for
from crm.errors import Invalid, NotAllowed
from crm.models import Contact, Message
from marketing.models import MarketingEmail, Segment, SegmentMember, Send, TextMessage

if TYPE_CHECKING:
    from crm.models import User

START = "marketing.tasks.start_sends"


def members_of(segment: Segment) -> QuerySet[Contact]:
    """The people of a segment as they are now, without those in the bin."""
    return Contact.objects.alive().filter(pk__in=SegmentMember.objects.filter(segment=segment).values("contact"))


def audience_of(content: MarketingEmail | TextMessage, segment: Segment) -> Audience:
    """Who would get it now, and who would be left out and why."""
    channel = "email" if isinstance(content, MarketingEmail) else "sms"
    return eligibility.preview(members_of(segment), channel=channel, purpose=content.purpose, topic=content.topic_id)


@transaction.atomic
def start_send(
    content: MarketingEmail | TextMessage, *, segment: Segment, by: User, due_at: datetime | None = None
) -> Send:
    """Send it to everybody who is in the segment when it is due. The version is fixed now, the people then.

    Raises NotAllowed where the email is not ready, Invalid where the time is long past.
    """
    content.must_be_editable_by(by)
    must_be_able_to_add(by, Send)
    if not Segment.objects.visible_to(by).filter(pk=segment.pk).exists():
        raise Invalid("This segment does not exist.", field="segment")
    if isinstance(content, MarketingEmail) and content.status != MarketingEmail.Status.READY:
        raise NotAllowed(f"“{content}” is a draft. Make it ready first.")
    if not content.ready_version:
        raise NotAllowed(f"“{content}” has no version that could be sent yet.")
    now = timezone.now()
    if due_at and (now - due_at).total_seconds() > 300:
        raise Invalid("This time is in the past.", field="due_at")
    send = Send.objects.create(
        email=content if isinstance(content, MarketingEmail) else None,
        text_message=content if isinstance(content, TextMessage) else None,
        content_version=content.ready_version,
        segment=segment,
        campaign=content.campaign,
        due_at=due_at or now,
        owner=by,
        created_by=by,
    )
    if send.due_at <= now:
        jobs.nudge(START)
    return send


def start_due(now: datetime) -> int:
    """Make the messages of every send that is due; answers how many sends were started. Twice is once."""
    due = list(Send.objects.filter(status=Send.Status.SCHEDULED, due_at__lte=now).values_list("pk", flat=True))
    return sum(_start(pk, now) for pk in due)


def has_due(now: datetime) -> bool:
    return Send.objects.filter(status=Send.Status.SCHEDULED, due_at__lte=now).exists()


@transaction.atomic
def _start(pk: int, now: datetime) -> int:
    sends = Send.objects.select_related("email", "text_message", "segment")
    if connection.features.has_select_for_update_skip_locked:
        sends = sends.select_for_update(skip_locked=True, of=("self",))
    send = sends.filter(pk=pk, status=Send.Status.SCHEDULED).first()
    if send is None:
        return 0
    content = send.content
    send.queued_count = queue_for(
        members_of(send.segment),
        content=(send.content_type, content.pk, send.content_version),
        send_key=send.send_key,
        channel="email" if send.email_id else "sms",
        purpose=content.purpose,
        topic=content.topic_id,
        campaign=send.campaign_id,
        sender=content.sender_id,
        due_at=send.due_at,
    )
    send.start(now)
    send.save()
    return 1


@transaction.atomic
def cancel_send(send: Send, *, by: User) -> Send:
    """Stop it: what has not gone out yet stays unsent, with this reason."""
    send.must_be_editable_by(by)
    send = Send.objects.select_for_update().get(pk=send.pk)
    if not can_proceed(send.cancel):
        raise NotAllowed("This send is cancelled already.")
    send.cancel()
    send.save()
    cancel(Message.objects.filter(send_key=send.send_key), f"The send was stopped by {by}.")
    return send
