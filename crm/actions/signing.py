"""Keys with which Tandem signs mail: made, and thrown away. That one signs is decided by DNS (crm/deliverability/signing.py)."""

from __future__ import annotations

import base64
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.deliverability import must_set_up
from crm.deliverability.dkim import GOOD_BITS
from crm.delivery.signing import SALT
from crm.errors import NotAllowed
from crm.models import SenderDomain, SigningKey, User
from crm.sealed import seal


@transaction.atomic
def make_signing_key(domain: SenderDomain, *, by: User) -> SigningKey:
    """A key of its own under a selector of its own; it signs once its record was found. Raises Forbidden, NotAllowed."""
    must_set_up(by)
    SenderDomain.objects.select_for_update().get(pk=domain.pk)
    if domain.signing_keys.filter(status=SigningKey.Status.WAITING).exists():
        raise NotAllowed(_("A key waits for its record already. Publish that one, or discard it first."))
    key = generate_private_key(public_exponent=65537, key_size=GOOD_BITS)
    return SigningKey.objects.create(
        domain=domain,
        selector=f"t{timezone.now():%y%m%d}{token_hex(2)}",
        public_key=_public(key),
        sealed_key=seal(_private(key), SALT),
        made_by=by,
    )


@transaction.atomic
def discard_signing_key(key: SigningKey, *, by: User) -> None:
    """One that waits or has stopped. Raises Forbidden; NotAllowed for the one that signs."""
    must_set_up(by)
    key = SigningKey.objects.select_for_update().get(pk=key.pk)
    if key.status == SigningKey.Status.SIGNING:
        said = _(
            "This key signs the mail that goes out. Make a new one: this one stops when the new one is found in DNS."
        )
        raise NotAllowed(said)
    key.delete()


def _public(key: RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def _private(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii")
