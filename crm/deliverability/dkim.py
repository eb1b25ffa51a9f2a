"""DKIM (RFC 6376): the key with which receivers check that a mail is from this domain and was not changed."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from crm.deliverability.finding import BAD, GOOD, OPEN, WEAK, Finding, Publish
from crm.deliverability.lookups import Lookups

LEAST_BITS = 1024
"""RFC 8301: shorter keys must not be heeded; 2048 is what it asks of signers."""
GOOD_BITS = 2048


def check(domain: str, selectors: list[str], lookups: Lookups) -> Finding:
    """One good key is enough: an old selector may stand beside it. Raises Silent."""
    if not selectors:
        said = "Tandem does not know the selector that your mail server signs with. Your provider shows it; write it down under “What Tandem should know”. Where nobody signs, let Tandem do it: “Signing”."
        return Finding("dkim", OPEN, wrong=[said])
    found = [_one(domain, selector, lookups) for selector in selectors]
    best = next((one for state in (GOOD, WEAK, BAD) for one in found if one.state == state), found[0])
    says = [text for one in found for text in one.says]
    return Finding("dkim", best.state, says, best.wrong, best.publish)


def _one(domain: str, selector: str, lookups: Lookups) -> Finding:
    name = f"{selector}._domainkey.{domain}"
    records = [text for text in lookups.texts(name) if "p=" in text.replace(" ", "")]
    wanted = Publish("TXT", name, "v=DKIM1; k=rsa; p=… (the public key that your mail server or provider shows)")
    if not records:
        return Finding("dkim", BAD, wrong=[f"There is no key under the selector “{selector}”."], publish=wanted)
    if len(records) > 1:
        return Finding("dkim", BAD, records, [f"There are several keys under “{selector}”. Keep one."], wanted)
    tags = tags_of(records[0])
    key = "".join(tags.get("p", "").split())
    if not key:
        return Finding("dkim", BAD, records, [f"The key under “{selector}” was withdrawn (p= is empty)."], wanted)
    try:
        der = base64.b64decode(key, validate=True)
        bits = _bits(der, tags.get("k", "rsa").lower())
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return Finding("dkim", BAD, records, [f"The key under “{selector}” cannot be read."], wanted)
    if bits < LEAST_BITS:
        return Finding("dkim", BAD, records, [f"The key has {bits} bits; receivers want {GOOD_BITS}."], wanted)
    weak = [f"The key has {bits} bits; {GOOD_BITS} is what is asked today."] if bits < GOOD_BITS else []
    if "y" in tags.get("t", "").split(":"):
        weak.append("It is marked as a test (t=y): receivers treat the mail as if it were not signed.")
    return Finding("dkim", WEAK if weak else GOOD, records, weak)


def tags_of(record: str) -> dict[str, str]:
    """“v=DKIM1; p=…” as a dictionary; what is no tag is passed over."""
    pairs = [part.partition("=") for part in record.split(";")]
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def _bits(der: bytes, kind: str) -> int:
    """Its strength as bits of RSA; a short key of Ed25519 is as good as a long one of RSA. Raises ValueError."""
    if kind == "ed25519":
        if len(der) != 32:
            raise ValueError
        return GOOD_BITS
    key = load_der_public_key(der)
    if not isinstance(key, RSAPublicKey):
        raise ValueError
    return key.key_size
