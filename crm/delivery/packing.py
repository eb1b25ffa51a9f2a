"""Claimed messages become parcels: each content is compiled once, each person's values are read for the whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from liquid.exceptions import LiquidError

from crm.delivery import contents, rendering, tokens
from crm.delivery.contents import LETTER, Content, Ref
from crm.delivery.leave_words import leave_words
from crm.delivery.letters import load_letter_parts
from crm.delivery.mime import address_header, letter_mail
from crm.delivery.persons import NOBODY, values_by_contact
from crm.delivery.providers import Outcome, Parcel, Result
from crm.delivery.rendering import Compiled
from crm.delivery.returns import ReturnPaths
from crm.delivery.senders import From, as_from, default_sender, written
from crm.delivery.signing import Signatures
from crm.delivery.templates import flat
from crm.models import Message, Purpose, Sender


class Packer:
    """For one run of the sender: what was compiled and loaded stays until the run ends."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.titles: dict[Ref, str] = {}
        self._contents: dict[Ref, Content] = {}
        self._compiled: dict[tuple[Any, ...], Compiled] = {}
        self._frames: dict[tuple[From, bool], rendering.Frame] = {}
        self._default = as_from(default_sender())
        self._senders: dict[int, From] = {}
        self._returns = ReturnPaths()
        self._signatures = Signatures()

    def pack(self, messages: Sequence[Message], now: datetime) -> tuple[list[Parcel], list[Outcome]]:
        """Parcels, and what became at once of messages that cannot be made."""
        people = values_by_contact({m.contact_id for m in messages if m.contact_id})
        asked = self._asked(messages)
        date = format_datetime(now)
        parcels: list[Parcel] = []
        failed: list[Outcome] = []
        for message in messages:
            try:
                person = people.get(message.contact_id or 0, NOBODY)
                more = asked and asked.get(_ref(message), {}).get(message.contact_id or 0)
                parcels.append(self._parcel(message, {**person, **more} if more else person, date))
            except (LookupError, LiquidError, ValueError) as problem:
                said = str(problem).splitlines() or [type(problem).__name__]
                failed.append(Outcome(message.pk, Result.REFUSED, f"It could not be written: {said[0]}"))
        return parcels, failed

    def _asked(self, messages: Sequence[Message]) -> dict[Ref, Mapping[int, Mapping[str, Any]]]:
        """What contents ask about their readers beyond their values, by content: once for the whole batch; mostly nothing."""
        found: dict[Ref, Mapping[int, Mapping[str, Any]]] = {}
        for ref in {_ref(message) for message in messages if message.content_type != LETTER}:
            try:
                facts = self._content(ref).facts
            except LookupError:
                continue  # told for each of its messages
            if facts:
                found[ref] = facts({m.contact_id for m in messages if m.contact_id and _ref(m) == ref})
        return found

    def _parcel(self, message: Message, person: dict[str, Any], date: str) -> Parcel:
        sender = self._sender(message)
        if message.content_type == LETTER and self.channel == "email":
            return self._letter(message, sender, date)
        facts = _facts(message, person)
        compiled = self._compile(message, sender, facts.get("language") or facts.get("contact.language", ""))
        if compiled.mail is None:
            values = rendering.values_for(compiled, message.pk, facts)
            text = compiled.text.render(values, is_html=False)
            return Parcel(message.pk, message.address, sender.sms_from, "", text.encode(), message.message_id)
        facts["to"] = address_header(facts.get("contact.full_name", ""), message.address).encode()
        facts["date"] = date.encode()
        facts["message_id"] = message.message_id.encode()
        values = rendering.values_for(compiled, message.pk, facts)
        subject = compiled.subject.render(values, is_html=False)[:300]
        data = compiled.mail.fill(values)
        return self._mail(message, sender, subject, data)

    def _sender(self, message: Message) -> From:
        if message.sender_id is None:
            return self._default
        if message.sender_id not in self._senders:
            self._senders[message.sender_id] = as_from(message.sender)
        return self._senders[message.sender_id]

    def _mail(self, message: Message, sender: From, subject: str, data: bytes) -> Parcel:
        """Its bounces come back to an address that names the message, where a mailbox for them is read."""
        back = self._returns.address(message.pk, sender.email)
        sign = self._signatures.of(message.sender, sender.email)
        return Parcel(message.pk, message.address, sender.email, subject, data, message.message_id, back, sign)

    def _compile(self, message: Message, sender: From, language: str) -> Compiled:
        frame = self._frame(sender, message.purpose != Purpose.TRANSACTIONAL)
        ref = _ref(message)
        content = self._content(ref)
        variant = content.said_in(language) if content.variants else ""
        key = (*ref, frame, variant)
        if key not in self._compiled:
            content = content.variants[variant] if variant else content
            self._compiled[key] = rendering.compile_content(ref[:2], content, frame, channel=self.channel)
        return self._compiled[key]

    def title_of(self, ref: Ref) -> str:
        """What the log calls it; "" where it is gone."""
        if ref not in self.titles:
            try:
                self.titles[ref] = contents.load(*ref).name
            except LookupError:
                self.titles[ref] = ""
        return self.titles[ref]

    def _content(self, ref: Ref) -> Content:
        if ref not in self._contents:
            self._contents[ref] = contents.load(*ref)
            self.titles[ref] = self._contents[ref].name
        return self._contents[ref]

    def _frame(self, sender: From, is_commercial: bool) -> rendering.Frame:
        key = (sender, is_commercial)
        if key not in self._frames:
            self._frames[key] = rendering.frame_of(sender, is_commercial=is_commercial)
        return self._frames[key]

    def _letter(self, message: Message, sender: From, date: str) -> Parcel:
        parts = load_letter_parts(message)
        letter = parts.letter
        if letter.sent_from and not message.sender_id:
            sender = written(letter.sent_from)
        is_commercial = message.purpose != Purpose.TRANSACTIONAL
        self.titles[message.content_type, message.content_id or 0, message.content_version] = letter.subject
        leave = f"{settings.PUBLIC_URL}/unsubscribe/{tokens.for_leaving(message.pk)}" if is_commercial else ""
        data = letter_mail(
            sender=From(sender.name, sender.email, letter.reply_to or sender.reply_to),
            to=letter.to_line or address_header(str(message.contact) if message.contact else "", message.address),
            cc=letter.cc_line,
            subject=letter.subject,
            text=parts.text + (self._foot(sender, leave, message) if is_commercial else ""),
            html=parts.html,
            files=parts.files,
            answers=letter.in_reply_to,
            date=date,
            message_id=message.message_id,
            leave_url=leave,
        )
        return self._mail(message, sender, letter.subject, data)

    def _foot(self, sender: From, leave: str, message: Message) -> str:
        unsubscribe, _preferences = leave_words(message.contact.language if message.contact else "")
        return f"\n\n--\n{self._frame(sender, True).postal_address}\n{unsubscribe}: {leave}\n"


def claimed(token: str) -> list[Message]:
    held = list(Message.objects.filter(claim=token, status=Message.Status.DUE).order_by("-is_urgent", "pk"))
    senders = Sender.objects.in_bulk({message.sender_id for message in held if message.sender_id})
    for message in held:  # one row a sender and not one a message
        message.sender = senders.get(message.sender_id or 0)
    prefetch_related_objects([message for message in held if message.content_type == LETTER], "contact")
    return held


def _ref(message: Message) -> Ref:
    return (message.content_type, message.content_id or 0, message.content_version)


def _facts(message: Message, person: Mapping[str, Any]) -> dict[str, Any]:
    """The person's values under the message's own; a test message brings the values of whom it imitates.

    Of the message's own, `language` chooses the variant instead of the reader's, `reply_to` stands instead of the sender's.
    """
    facts: dict[str, Any] = dict(person)
    for name, value in message.variables.items():
        facts.update(value if name in ("as", "as_facts") else flat(name, value))
    return facts
