"""Signed tokens in links: short, never expiring where the law wants it, worthless when one letter is changed.

A token is a version byte (which key signed it), a few numbers and a truncated HMAC-SHA256, in base64url: 22 to 43
letters. What a token is for is part of what is signed, so an open token is no unsubscribe token. The keys come from
SECRET_KEY under a salt of their own (version 0), or from TRACKING_KEYS=“1:secret,2:secret”, whose last one signs;
older ones stay valid, because mails live for years.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b32decode, b32encode, urlsafe_b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

OPEN, CLICK, LEAVE, PERSON, RETURN = b"open", b"click", b"leave", b"person", b"return"
BLOCK = 64  # bytes that SHA-256 takes at once
URL_SAFE = bytes.maketrans(b"+/", b"-_")
SHORT, LONG = 10, 16  # bytes of HMAC: 80 bits for a hit, 128 where the token changes something or names somebody


@dataclass(frozen=True)
class Person:
    """Who came by a click: the message that was clicked and the contact it was sent to."""

    message: int
    contact: int | None


@dataclass(frozen=True)
class Ring:
    current: int
    keys: dict[int, bytes]


def for_open(message: int) -> str:
    return _sign(OPEN, message.to_bytes(5, "big"), SHORT)


def for_click(message: int, link: int) -> str:
    return _sign(CLICK, message.to_bytes(5, "big") + link.to_bytes(4, "big"), SHORT)


def for_leaving(message: int) -> str:
    """For unsubscribe and preference links. It never expires."""
    return _sign(LEAVE, message.to_bytes(5, "big"), LONG)


def for_person(message: int, contact: int | None) -> str:
    """Tells our own pages who clicked; the moment is in it, since an address line is easily passed on."""
    minutes = int(time.time() // 60)
    body = message.to_bytes(5, "big") + (contact or 0).to_bytes(5, "big") + minutes.to_bytes(4, "big")
    return _sign(PERSON, body, LONG)


def for_return(message: int) -> str:
    """The part of a Return-Path that says which message it was: small letters and digits, since servers change the case."""
    stamp = _stamp(RETURN, settings.SECRET_KEY, settings.TRACKING_KEYS)
    body = message.to_bytes(5, "big")
    return b32encode(stamp.version + body + stamp.mac(body)[:SHORT]).decode().rstrip("=").lower()


def read_return(token: str) -> int | None:
    try:
        data = b32decode(token.upper() + "=" * (-len(token) % 8))
    except (NotBase64, ValueError):
        return None
    body = _verify(RETURN, _encode(data), 5, SHORT)
    return int.from_bytes(body, "big") if body else None


def read_open(token: str) -> int | None:
    body = _verify(OPEN, token, 5, SHORT)
    return int.from_bytes(body, "big") if body else None


def read_click(token: str) -> tuple[int, int] | None:
    """(message, link), or None for a token that we did not sign."""
    body = _verify(CLICK, token, 9, SHORT)
    return (int.from_bytes(body[:5], "big"), int.from_bytes(body[5:], "big")) if body else None


def read_leaving(token: str) -> int | None:
    body = _verify(LEAVE, token, 5, LONG)
    return int.from_bytes(body, "big") if body else None


def read_person(token: str, max_age: timedelta = timedelta(days=1)) -> Person | None:
    """Who clicked; None for a changed, strange or old token. Never raises."""
    body = _verify(PERSON, token, 14, LONG)
    if body is None:
        return None
    age = time.time() // 60 - int.from_bytes(body[10:], "big")
    if age > max_age.total_seconds() / 60:
        return None
    return Person(int.from_bytes(body[:5], "big"), int.from_bytes(body[5:10], "big") or None)


def _sign(purpose: bytes, body: bytes, size: int) -> str:
    stamp = _stamp(purpose, settings.SECRET_KEY, settings.TRACKING_KEYS)
    return _encode(stamp.version + body + stamp.mac(body)[:size])


def _verify(purpose: bytes, token: str, length: int, size: int) -> bytes | None:
    try:
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    if len(data) != 1 + length + size or _encode(data) != token:  # an unused last bit must not have two spellings
        return None
    key = _ring(settings.SECRET_KEY, settings.TRACKING_KEYS).keys.get(data[0])
    signed, mac = data[:-size], data[-size:]
    if key is None or not hmac.compare_digest(mac, _mac(key, purpose, signed, size)):
        return None
    return signed[1:]


def _mac(key: bytes, purpose: bytes, signed: bytes, size: int) -> bytes:
    return hmac.digest(key, purpose + signed, "sha256")[:size]


def _encode(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(URL_SAFE, b"=").decode()


class Stamp:
    """The current key for one purpose. Every mail has a handful of tokens, so HMAC (RFC 2104) begins where all of a purpose
    are alike: its two pads, and what stands before the numbers, are hashed already. `_verify` asks the standard library."""

    def __init__(self, ring: Ring, purpose: bytes) -> None:
        key = ring.keys[ring.current].ljust(BLOCK, b"\0")
        self.version = bytes([ring.current])
        self._inner = sha256(bytes(byte ^ 0x36 for byte in key) + purpose + self.version)
        self._outer = sha256(bytes(byte ^ 0x5C for byte in key))

    def mac(self, body: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(body)
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=32)
def _stamp(purpose: bytes, secret: str, given: str) -> Stamp:
    return Stamp(_ring(secret, given), purpose)


@lru_cache(maxsize=4)
def _ring(secret: str, given: str) -> Ring:
    """Raises ImproperlyConfigured where TRACKING_KEYS cannot be read."""
    keys = {0: hashlib.sha256(b"tandem.delivery.tokens:" + secret.encode()).digest()}
    current = 0
    for entry in filter(None, (part.strip() for part in given.split(","))):
        version, _, key = entry.partition(":")
        if not version.isdigit() or not 1 <= int(version) <= 255 or len(key) < 16:
            raise ImproperlyConfigured(
                "TRACKING_KEYS is a list like 1:secret,2:secret; a secret has 16 letters or more."
            )
        current = int(version)
        keys[current] = hashlib.sha256(b"tandem.delivery.tokens:" + key.encode()).digest()
    return Ring(current, keys)


def check_keys() -> None:
    """Raises ImproperlyConfigured where the keys cannot be read; asked once at start-up."""
    _ring(settings.SECRET_KEY, settings.TRACKING_KEYS)
