"""A domain in good order on a DNS server of the test's own."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.dns import Zone, serving

ADDRESS = "93.184.216.34"


def public_key(bits=2048):
    key = generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY = public_key()


@pytest.fixture
def zone(settings):
    """The resolver that Tandem asks; empty at first."""
    zone = Zone()
    with serving(zone) as address:
        settings.DNS_RESOLVER = address
        yield zone


@pytest.fixture
def good(zone):
    """tandem.example as it should be: all five checks are well with the selector s1 and the address of ADDRESS."""
    zone.text("tandem.example", "google-site-verification=xyz")
    zone.text("tandem.example", f"v=spf1 ip4:{ADDRESS} -all")
    zone.text("s1._domainkey.tandem.example", f"v=DKIM1; k=rsa; p={KEY}")
    zone.text("_dmarc.tandem.example", "v=DMARC1; p=reject; rua=mailto:dmarc@tandem.example")
    zone.add("tandem.example. 60 IN MX 10 mail.tandem.example.")
    zone.add(f"mail.tandem.example. 60 IN A {ADDRESS}")
    zone.add("34.216.184.93.in-addr.arpa. 60 IN PTR mail.tandem.example.")
    return zone
