"""What is done with a text message: save its words as a version, count its segments, test it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from crm.delivery import templates
from crm.delivery.contents import Content
from crm.delivery.queueing import queue_test
from crm.errors import Invalid
from crm.models import Contact, Message
from marketing.actions.utm import utm_of
from marketing.models import TextMessage, TextVersion

if TYPE_CHECKING:
    from crm.models import User

CONTENT = "marketing.text"
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = set("^{}\\[~]|€")
"""Characters of GSM 03.38 that count twice (the extension table)."""


@dataclass(frozen=True)
class Length:
    """What a text costs: GSM 03.38 gives 160 (or 153 a part), anything else UCS-2 with 70 (or 67 a part)."""

    characters: int
    segments: int
    is_plain: bool


def length_of(text: str) -> Length:
    if set(text) <= GSM | DOUBLE:
        units, one, many = sum(2 if sign in DOUBLE else 1 for sign in text), 160, 153
        is_plain = True
    else:
        units, one, many = len(text.encode("utf-16-be")) // 2, 70, 67
        is_plain = False
    segments = 0 if not units else 1 if units <= one else -(-units // many)
    return Length(units, segments, is_plain)


def check_text(text: str) -> None:
    """Raises Invalid at the first token that nobody knows, or where there is nothing to say."""
    if not text.strip():
        raise Invalid("The text is empty.", field="text")
    for problem in templates.check(Content(name="", text=text)):
        raise Invalid(problem.message, field="text")


@transaction.atomic
def save_text(message: TextMessage, *, by: User) -> TextMessage:
    """Store it; changed words become a new version, which is what is sent from now on."""
    check_text(message.text)
    if message.pk:
        message.must_be_editable_by(by)
        message.version += 1
    else:
        message.created_by = by
        message.owner = message.owner or by
        message.save()
    latest = message.versions.first()
    if latest is None or latest.text != message.text:
        number = latest.number + 1 if latest else 1
        TextVersion.objects.create(message=message, number=number, text=message.text)
        message.ready_version = number
    message.save()
    return message


def send_test(message: TextMessage, *, by: User, to: str = "", contact: Contact | None = None) -> Message:
    """Send it to your own number (or `to`), as `contact` would read it."""
    message.must_be_editable_by(by)
    number = to or by.phone
    if not number:
        raise Invalid("Your profile has no phone number. Say where the test should go.", field="to")
    return queue_test(
        (CONTENT, message.pk, message.ready_version),
        to=number,
        as_contact=contact,
        channel="sms",
        sender=message.sender,
        by=by,
    )


def load_version(pk: int, number: int) -> Content:
    """For crm.delivery.contents."""
    version = TextVersion.objects.filter(message=pk, number=number).select_related("message__campaign").first()
    if version is None:
        raise LookupError(f"Text message {pk} has no version {number}.")
    message = version.message
    utm = utm_of(str(message.campaign or message.name), medium="sms")
    return Content(name=message.name, text=version.text, utm=utm)
