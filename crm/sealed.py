"""Secrets that must be read again (the password of a mailbox): sealed with a key made of SECRET_KEY, so that a copy of the
database alone opens nothing."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from crm.errors import CrmError


class SealBroken(CrmError):
    """What was sealed under another SECRET_KEY cannot be read."""


def seal(secret: str, salt: str) -> str:
    """`salt` names what for: what was sealed for one thing does not open as another."""
    return _box(salt).encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str, salt: str) -> str:
    """Raises SealBroken where SECRET_KEY has changed since. SECRET_KEY_FALLBACKS open what they sealed."""
    try:
        return _box(salt).decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as problem:
        raise SealBroken(_("It can no longer be read, since SECRET_KEY has changed. Type it again.")) from problem


def _box(salt: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(one, salt)) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret_key: str | bytes, salt: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=salt.encode(), info=b"tandem").derive(force_bytes(secret_key))
    return urlsafe_b64encode(made)
