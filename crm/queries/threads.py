"""What a mail answers: a message of ours, or a mail that was filed before; and whose that conversation is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from crm.delivery.contents import LETTER
from crm.mailbox.parts import key_of
from crm.models import Activity, Contact, IncomingMail, Letter, Message, User

LONGEST_ID = 200


@dataclass(frozen=True)
class Thread:
    """Where an answer belongs. `message` is ours that it answers, None where it answers a filed mail."""

    contact: Contact
    regarding: Model | None
    owner: User | None
    message: Message | None = None


def thread_of(answers: Sequence[str], sender: str) -> Thread | None:
    """The nearest of `answers` (Message-IDs) that we know. What went to no contact is no thread, and a contact in the bin has none."""
    ids = [one for one in answers if len(one) <= LONGEST_ID]
    if not ids:
        return None
    ours = Message.objects.filter(message_id__in=ids, channel="email", contact__deleted_at=None).exclude(contact=None)
    messages: dict[str, Message] = {}
    for message in ours.select_related("contact__owner", "campaign").order_by("pk"):
        if message.message_id not in messages or message.address == sender:  # a letter to several has one Message-ID
            messages[message.message_id] = message
    filed = {mail.key: mail for mail in IncomingMail.objects.filter(key__in=map(key_of, ids), became="filed")}
    for one in ids:
        if one in messages:
            return _of_message(messages[one])
        if (mail := filed.get(key_of(one))) and (thread := _of_mail(mail, sender)):
            return thread
    return None


def _of_message(message: Message) -> Thread:
    rows = Letter.objects.select_related("written_by", "activity__owner", "activity__regarding_type")
    is_letter = message.content_type == LETTER and message.content_id
    letter = rows.filter(pk=message.content_id or 0).first() if is_letter else None
    writer, activity = (letter.written_by, letter.activity) if letter else (None, None)
    contact: Any = message.contact
    owner = working(writer, activity.owner if activity else None, contact.owner)
    return Thread(contact, still_there(activity), owner, message)


def _of_mail(mail: IncomingMail, sender: str) -> Thread | None:
    """Of several contacts whom one mail went to, the one who answers; else the first."""
    rows = mail.activities.filter(contact__deleted_at=None).exclude(contact=None)
    activities = list(rows.select_related("contact__owner", "owner", "regarding_type").order_by("pk"))
    activities.sort(key=lambda one: one.contact is None or one.contact.email_normal != sender)
    if not activities:
        return None
    contact: Any = activities[0].contact
    return Thread(contact, still_there(activities[0]), working(activities[0].owner, contact.owner))


def working(*people: User | None) -> User | None:
    """The first who still works here."""
    return next((user for user in people if user and user.is_active), None)


def still_there(activity: Activity | None) -> Model | None:
    """What an activity is about, unless that is gone or rests in the bin."""
    record: Any = activity.regarding if activity else None
    return None if record is None or getattr(record, "deleted_at", None) else record
