"""Asking for messages: rows in the caller's transaction, and a nudge. Asking twice makes one row."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Field,
    JSONField,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from crm import jobs
from crm.delivery.channels import DELIVER, address_for, way
from crm.delivery.contents import LETTER, Ref
from crm.delivery.persons import values_of
from crm.delivery.senders import default_id, domain_of
from crm.models import Campaign, Contact, HeldSend, Letter, LetterFile, Message, Sender, Topic, User
from crm.sql import Later, RandomHex, insert_select, typed

LONGEST_SEND_KEY = 80


@dataclass(frozen=True)
class Request:
    """One message wanted. `address` empty means the contact's own."""

    contact: int
    send_key: str
    variables: dict[str, Any] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True)
class Attachment:
    name: str
    media_type: str
    data: bytes


def queue_for(
    contacts: QuerySet[Contact],
    *,
    content: tuple[str, int | Combinable, int | Combinable],
    send_key: str | Combinable,
    channel: str = "email",
    purpose: str = "commercial",
    topic: Topic | int | None = None,
    campaign: Campaign | int | None = None,
    sender: Sender | int | Combinable | None = None,
    variables: dict[str, Any] | None = None,
    due_at: datetime | Combinable | None = None,
    expires_at: datetime | None = None,
    variant: str | Combinable = "",
) -> int:
    """One INSERT … SELECT for any number of contacts; answers how many rows are new. See crm/delivery/__init__.py.

    `send_key` is a text or an expression over `contacts`, of at most 80 letters; `due_at`, `sender`, `variant`, id and
    version of the content can be such expressions, too.
    """
    now = timezone.now()
    said_key = typed(_short(send_key), CharField()) if isinstance(send_key, str) else Cast(send_key, CharField())
    number, moment, text = BigIntegerField(), DateTimeField(), CharField()
    columns: dict[str, Any] = {
        "key": Concat(said_key, Value(f":{channel}:"), Cast("pk", text), output_field=text),
        "send_key": said_key,
        "channel": typed(channel, text),
        "purpose": typed(purpose, text),
        "topic_id": typed(_pk(topic), number),
        "contact_id": F("pk"),
        "address": F(way(channel).address),
        "sender_id": _said(_pk(sender) or default_id(), number),
        "campaign_id": typed(_pk(campaign), number),
        "content_type": typed(content[0], text),
        "content_id": _said(content[1], number),
        "content_version": _said(content[2], number),
        "variables": typed(variables or {}, JSONField()),
        "variant": _said(variant, text),
        "message_id": Concat(
            Value("<"),
            RandomHex(),
            Value(f"@{domain_of(None if isinstance(sender, Combinable) else sender)}>"),
            output_field=text,
        ),
        "status": typed(Message.Status.DUE.value, text),
        "reason": typed("", text),
        "due_at": _said(due_at or now, moment),
        "is_urgent": typed(False, BooleanField()),
        "expires_at": typed(expires_at, moment),
        "attempts": typed(0, number),
        "claim": typed(None, text),
        "sent_at": typed(None, moment),
        "provider_ref": typed("", text),
        "created_at": typed(now, moment),
    }
    named = {f"of_{name}": expression for name, expression in columns.items()}
    rows = contacts.order_by("pk") if not contacts.query.is_sliced else contacts
    with transaction.atomic():
        new = insert_select(Message, list(columns), rows.annotate(**named).values_list(*named))
        if new:
            _nudge(channel, due_at, now)
    return new


def queue_messages(
    requests: Iterable[Request],
    *,
    content: Ref,
    channel: str = "email",
    purpose: str = "commercial",
    topic: Topic | int | None = None,
    campaign: Campaign | int | None = None,
    sender: Sender | int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> int:
    """The same for messages with facts of their own; answers how many rows are new."""
    now, new = timezone.now(), 0
    wanted = list(requests)
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        addresses = dict(
            Contact.objects.filter(pk__in={r.contact for r in chunk}).values_list("pk", way(channel).address)
        )
        rows = [
            Message(
                key=f"{_short(request.send_key)}:{channel}:{request.contact}",
                send_key=request.send_key,
                channel=channel,
                purpose=purpose,
                topic_id=_pk(topic),
                contact_id=request.contact,
                address=way(channel).normal(request.address) if request.address else addresses[request.contact],
                sender_id=_pk(sender) or default_id(),
                campaign_id=_pk(campaign),
                content_type=content[0],
                content_id=content[1],
                content_version=content[2],
                variables=request.variables,
                message_id=new_message_id(sender),
                due_at=due_at or now,
                expires_at=expires_at,
            )
            for request in chunk
            if request.contact in addresses
        ]
        new += _insert(rows)
    if new:
        _nudge(channel, due_at, now)
    return new


def send_one(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    contact: Contact | None = None,
    attachments: Sequence[Attachment] = (),
    sender: Sender | None = None,
    sent_from: str = "",
    reply_to: str = "",
    channel: str = "email",
    purpose: str = "transactional",
    campaign: Campaign | int | None = None,
    key: str = "",
    due_at: datetime | None = None,
    by: User | None = None,
) -> Message:
    """A letter: one message, said literally, with files. The same `key` always answers the same message.

    `sent_from` (“Name <address>”) speaks for itself where no `sender` is given. Raises Invalid for an address that is none.
    """
    address = address_for(channel, to, field="to")
    key = key or f"letter:{uuid.uuid4().hex}"
    now = timezone.now()
    with transaction.atomic():
        if known := Message.objects.filter(key=key).first():
            return known
        letter = Letter.objects.create(
            subject=subject[:300], text=text, html=html, sent_from=sent_from, reply_to=reply_to, written_by=by
        )
        LetterFile.objects.bulk_create(
            LetterFile(letter=letter, name=file.name, media_type=file.media_type, data=file.data)
            for file in attachments
        )
        message = Message.objects.create(
            key=key,
            send_key=key[:100],
            channel=channel,
            purpose=purpose,
            contact=contact,
            address=address,
            sender_id=_pk(sender) or (None if sent_from else default_id()),
            campaign_id=_pk(campaign),
            content_type=LETTER,
            content_id=letter.pk,
            message_id=new_message_id(sender),
            due_at=due_at or now,
            is_urgent=True,
        )
        _nudge(channel, due_at, now)
    return message


def queue_letter(
    letter: Letter,
    readers: Sequence[tuple[str, Contact | None]],
    *,
    message_id: str,
    due_at: datetime,
    purpose: str = "transactional",
) -> None:
    """A letter to each of these (address, contact): a message each, all with one Message-ID, so that answers make one thread."""
    Message.objects.bulk_create(
        Message(
            key=f"letter:{letter.pk}:{number}",
            send_key=f"letter:{letter.pk}",
            channel="email",
            purpose=purpose,
            contact=contact,
            address=address,
            content_type=LETTER,
            content_id=letter.pk,
            message_id=message_id,
            due_at=due_at,
            is_urgent=True,
        )
        for number, (address, contact) in enumerate(readers)
    )
    _nudge("email", due_at, timezone.now())


def queue_test(
    content: Ref,
    *,
    to: str,
    as_contact: Contact | None = None,
    variables: dict[str, Any] | None = None,
    channel: str = "email",
    sender: Sender | int | None = None,
    by: User | None = None,
) -> Message:
    """What `as_contact` would read, sent to somebody else to look at. It belongs to no contact, so nothing is counted."""
    address = address_for(channel, to, field="to")
    key = f"test:{uuid.uuid4().hex}"
    shown = {"as": values_of(as_contact), **(variables or {})}
    now = timezone.now()
    with transaction.atomic():
        message = Message.objects.create(
            key=key,
            send_key=key,
            channel=channel,
            purpose="transactional",
            address=address,
            sender_id=_pk(sender) or default_id(),
            content_type=content[0],
            content_id=content[1],
            content_version=content[2],
            variables=shown,
            message_id=new_message_id(sender),
            due_at=now,
            is_urgent=True,
        )
        _nudge(channel, None, now)
    return message


def cancel(messages: QuerySet[Message], reason: str) -> int:
    """What nobody works on yet stays unsent, for this reason; answers how many. What is being carried goes out."""
    return _idle(messages).update(status=Message.Status.CANCELLED, reason=reason[:300], claim=None)


def hold(send_key: str, reason: str) -> int:
    """What of a send nobody works on yet waits until `release`; so does what comes back because of a refusal for now."""
    HeldSend.objects.get_or_create(send_key=send_key)
    messages = Message.objects.filter(send_key=send_key)
    return _idle(messages).update(status=Message.Status.HELD, reason=reason[:300], claim=None)


def release(send_key: str, channel: str, later: timedelta | None = None) -> int:
    """It goes on, `later` than it would have."""
    HeldSend.objects.filter(send_key=send_key).delete()
    held = Message.objects.filter(send_key=send_key, status=Message.Status.HELD)
    due_at: Any = Later(F("due_at"), Value(2), later.total_seconds()) if later else F("due_at")
    released = held.update(status=Message.Status.DUE, reason="", due_at=due_at)
    _nudge(channel, None, timezone.now())
    return released


def postpone(messages: QuerySet[Message], due_at: datetime) -> int:
    """What nobody works on yet goes out at this time instead; answers how many."""
    moved = _idle(messages).update(due_at=due_at)
    _nudge("email", due_at, timezone.now())
    return moved


def _idle(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Due ones on which nobody works who still breathes."""
    free = Q(claim=None) | ~Q(claim__in=jobs.fresh_claims(timezone.now()))
    return messages.filter(free, status=Message.Status.DUE)


def new_message_id(sender: Sender | int | None) -> str:
    return f"<{uuid.uuid4().hex}@{domain_of(sender)}>"


def _insert(rows: list[Message]) -> int:
    keys = [row.key for row in rows]
    with transaction.atomic():
        before = Message.objects.filter(key__in=keys).count()
        Message.objects.bulk_create(rows, batch_size=200, ignore_conflicts=True)
        return Message.objects.filter(key__in=keys).count() - before


def _nudge(channel: str, due_at: datetime | Combinable | None, now: datetime) -> None:
    if not isinstance(due_at, datetime) or due_at <= now:
        jobs.nudge(DELIVER, channel, name=f"{DELIVER}:{channel}")


def _said(value: Any, field: Field) -> Any:
    """An expression as it is, a value with its type."""
    return value if isinstance(value, Combinable) else typed(value, field)


def _short(send_key: str) -> str:
    if len(send_key) > LONGEST_SEND_KEY:
        raise ValueError(f"A send_key has at most {LONGEST_SEND_KEY} letters: {send_key}")
    return send_key


def _pk(thing: Any) -> Any:
    return thing.pk if isinstance(thing, Model) else thing
