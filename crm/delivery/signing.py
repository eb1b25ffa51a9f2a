"""DKIM (RFC 6376) by our own hand: the finished bytes of a mail get a signature before they go to a mail server.

The only module that knows dkimpy. It is pure Python: about 7 ms of a processor for each mail (docs/measured.md), which is
spent while the mail server is busy with the one before (crm/integrations/smtp_wire.py).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import dkim

from crm.models import Sender, SigningKey
from crm.sealed import SealBroken, unseal

log = logging.getLogger(__name__)

SALT = "tandem.signing.key"
NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)
SIGNED = (
    "from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
"""What a reader or her mail program relies on. RFC 8058 asks for the two of List-Unsubscribe."""


@dataclass(frozen=True)
class Signature:
    """Of one key. Called with a whole mail, it answers that mail with the signature on top."""

    domain: str
    selector: str
    private_key: bytes

    def __call__(self, mail: bytes) -> bytes:
        """From is signed once more than it is there, so that nobody can put a second one on top."""
        present = {name.lower() for name in NAME.findall(mail.partition(b"\r\n\r\n")[0])}
        names = [name.encode() for name in SIGNED if name.encode() in present]
        try:
            header = dkim.sign(
                mail,
                self.selector.encode(),
                self.domain.encode(),
                self.private_key,
                canonicalize=(b"relaxed", b"simple"),  # our bodies are quoted-printable: nothing on the way folds them
                include_headers=[*names, b"from"],
                linesep=b"\r\n",
            )
        except (dkim.DKIMException, ValueError) as problem:
            log.warning("A mail of %s could not be signed and goes out as it is: %s", self.domain, problem)
            return mail
        return bytes(header) + mail


class Signatures:
    """The keys that sign, read once for a run of the sender; there are as many as domains."""

    def __init__(self) -> None:
        self._by_domain: dict[str, Signature] | None = None

    def of(self, sender: Sender | None, address: str) -> Signature | None:
        """For a mail from `address`; None where its mail server signs, or no key of the domain does."""
        if sender and sender.relay_signs:
            return None
        if self._by_domain is None:
            self._by_domain = dict(_readable())
        return self._by_domain.get(address.rpartition("@")[2].lower())


def _readable() -> list[tuple[str, Signature]]:
    found = []
    for key in SigningKey.objects.filter(status=SigningKey.Status.SIGNING).select_related("domain"):
        name = key.domain.domain
        try:
            found.append((name, Signature(name, key.selector, unseal(key.sealed_key, SALT).encode())))
        except SealBroken as problem:  # the next look at the domain says so on its page
            log.warning("The signing key of %s: %s", name, problem)
    return found
