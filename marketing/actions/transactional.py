"""A published email to one person, because a program asks for it: an order was placed, a password forgotten.

The key of the program makes twice once, for ever: the message is unique by it, whoever asks again or at the same time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.access.see import must_be_able_to_add
from crm.actions.contacts import capture_contact
from crm.delivery.purposes import is_free, purpose_name
from crm.delivery.singles import queue_one
from crm.errors import Invalid, NotAllowed
from crm.models import Contact, Purpose, Sender
from marketing.actions.emails import CONTENT
from marketing.blocks.values import read_values
from marketing.blocks.wants import DATA
from marketing.models import EmailVersion, MarketingEmail, TransactionalEmail

if TYPE_CHECKING:
    from crm.models import User

LONGEST_KEY = 100
OTHER_REQUEST = "This Idempotency-Key was used for another email: with a new one it will be sent."


@dataclass(frozen=True)
class Asked:
    """To a `contact`, or to whoever has the `address`: a prospect is made where nobody has it. `language` instead of the
    reader's; `sender` and `reply_to` instead of the email's. After `expires_at` nobody wants it any more."""

    email: MarketingEmail
    contact: Contact | None = None
    address: str = ""
    first_name: str = ""
    last_name: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    sender: Sender | None = None
    reply_to: str = ""
    language: str = ""
    expires_at: datetime | None = None


def digest_of(request: Any) -> str:
    """Of what a program sent us, whatever the order of its names."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def asked_before(key: str, digest: str, *, by: User) -> TransactionalEmail | None:
    """What the same request made before, None where the key is new. Raises NotAllowed where it was another request, Invalid
    for no key at all."""
    if not key.strip():
        raise Invalid(
            "Say an Idempotency-Key: a text of your own for this one mail, like order-1001-confirmation. Asking twice "
            "with it sends one mail.",
            field="Idempotency-Key",
        )
    if len(key) > LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key has at most {LONGEST_KEY} characters.", field="Idempotency-Key")
    known = TransactionalEmail.objects.filter(requested_by=by, key=key).first()
    if known is not None and known.digest != digest:
        raise NotAllowed(OTHER_REQUEST, field="Idempotency-Key")
    return known


def send_transactional(asked: Asked, *, key: str, digest: str, by: User) -> TransactionalEmail:
    """Queue it, once for each `key` of this user, before whatever is sent to many.

    Consent, suppression and flags are decided as for every message; what will not go out says so in its message. Raises
    NotAllowed for an email that was never made ready or needs consent, Invalid with all values that are missing or unknown.
    """
    if known := asked_before(key, digest, by=by):
        return known
    try:
        return _send(asked, key, digest, by)
    except IntegrityError:  # somebody asked with this key at the same moment
        if known := asked_before(key, digest, by=by):
            return known
        raise


@transaction.atomic
def _send(asked: Asked, key: str, digest: str, by: User) -> TransactionalEmail:
    must_be_able_to_add(by, TransactionalEmail)
    email = asked.email
    if asked.expires_at and asked.expires_at <= timezone.now():
        raise Invalid("This is in the past.", field="expires_at")
    version = sendable_version(email)
    data = read_values(version.wants, asked.data)
    message = queue_one(
        asked.contact or _captured(asked, by),
        content=(CONTENT, email.pk, version.number),
        key=f"api:{by.pk}:{hashlib.sha256(key.encode()).hexdigest()[:40]}",
        purpose=email.purpose,
        topic=email.topic,
        campaign=email.campaign,
        sender=asked.sender or email.sender,
        variables={
            **({DATA: data} if data else {}),
            **({"reply_to": asked.reply_to} if asked.reply_to else {}),
            **({"language": asked.language.lower()} if asked.language else {}),
        },
        expires_at=asked.expires_at,
    )
    return TransactionalEmail.objects.create(message=message, email=email, key=key, digest=digest, requested_by=by)


def sendable_version(email: MarketingEmail) -> EmailVersion:
    """The one that a program sends: the newest that was made ready, also while somebody works on the next."""
    if why := why_not_by_api(email):
        raise NotAllowed(why, field="email")
    return EmailVersion.objects.get(email=email, number=email.ready_version)


def why_not_by_api(email: MarketingEmail) -> str:
    """In a sentence; "" where it can be sent so."""
    if not is_free(email.purpose):
        return (
            f"“{email}” is for the purpose “{email.get_purpose_display()}”, which needs consent. By API only emails go out for "
            f"which nobody needs to be asked: set its purpose to “{purpose_name(Purpose.TRANSACTIONAL)}”."
        )
    if not email.ready_version:
        return f"“{email}” is a draft. Make it ready first."
    return ""


def _captured(asked: Asked, by: User) -> Contact:
    contact, _ = capture_contact(
        email=asked.address, first_name=asked.first_name, last_name=asked.last_name, origin=f"API: {asked.email}", by=by
    )
    return contact
