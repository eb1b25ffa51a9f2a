"""Reports of mail servers taken apart: DSN (RFC 3464), complaints (ARF, RFC 5965), and by `flufl.bounce` what is neither.

Whether an address is dead is read from the status code: 5.1.x says so (RFC 3463), and 5.2.1, a mailbox that is switched off.
A full mailbox, a server that cannot be reached or one that takes us for spam says nothing about the address: that is a pause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from flufl.bounce import all_failures

from crm.mailbox.parts import MESSAGE_ID, WHERE_IT_CAME, plain

DEAD = re.compile(r"^5\.(?:1\.(?!7$|8$)\d+|2\.1)$")  # 5.1.7 and 5.1.8 speak of the sender's address
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
ABUSE = ("abuse", "fraud", "virus", "not-spam", "opt-out", "other")


@dataclass(frozen=True)
class Report:
    """`kind` as DeliveryReport.Kind. `returned_to` are the addresses it was sent to; `message_ids` name what it is about."""

    kind: str
    address: str = ""
    code: str = ""
    reason: str = ""
    returned_to: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()


def read_report(raw: bytes) -> Report:
    """Never raises for what a stranger may have written wrong in a report; raises what the parser does where it is no mail."""
    mail = message_from_bytes(raw)
    returned_to, message_ids = _returned_to(mail), _about(mail)
    if complaint := _complaint(mail):
        return Report("complaint", complaint[0], "", complaint[1], returned_to, message_ids)
    if told := _status(mail):
        return Report(*told, returned_to, message_ids)
    passing, lasting = all_failures(mail)
    if lasting or passing:
        code = next(iter(STATUS.findall(_text(mail))), "")
        is_dead = bool(lasting) and (not code or bool(DEAD.match(code)))
        address = sorted(lasting or passing)[0].decode("ascii", "replace").lower()
        return Report("hard" if is_dead else "soft", address, code, "", returned_to, message_ids)
    return Report("other", "", "", "", returned_to, message_ids)


def kind_of(code: str, *, is_failure: bool = True) -> str:
    """By the status code of a failure that is reported as final."""
    if not is_failure:
        return "other"
    return "hard" if DEAD.match(code) else "soft"


def _complaint(mail: Message) -> tuple[str, str] | None:
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            fields = _fields(part)
            what = fields.get("feedback-type", "abuse").strip().lower()
            if what == "not-spam":
                return None
            address = fields.get("original-rcpt-to", "").strip("<> ").lower()
            return address[:254], what[:60] if what in ABUSE else "abuse"
    return None


def _status(mail: Message) -> tuple[str, str, str, str] | None:
    """(kind, address, code, reason) of the first recipient that a delivery-status part speaks of as failed; else of any."""
    found: list[tuple[str, str, str, str]] = []
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        payload = part.get_payload()
        for block in payload if isinstance(payload, list) else []:
            if not isinstance(block, Message):
                continue
            action = str(block.get("Action", "")).strip().lower()
            if not action:
                continue
            code = next(iter(STATUS.findall(str(block.get("Status", "")))), "")
            address = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "").partition(";")[2]
            reason = " ".join(plain(str(block.get("Diagnostic-Code", "")).partition(";")[2]).split())
            told = (
                kind_of(code, is_failure=action == "failed"),
                address.strip("<> ").lower()[:254],
                code,
                reason[:300],
            )
            if action == "failed":
                return told
            found.append(told)
    return found[0] if found else None


def _fields(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    blocks = payload if isinstance(payload, list) else [message_from_bytes(str(payload).encode("utf-8", "replace"))]
    heads = [block for block in blocks if isinstance(block, Message)]
    return {str(name).lower(): plain(str(value)) for block in heads for name, value in block.items()}


def _returned_to(mail: Message) -> tuple[str, ...]:
    headers = [str(value) for name in ("To", "Cc", *WHERE_IT_CAME) for value in mail.get_all(name, [])]
    found = [address.strip().lower() for _name, address in getaddresses(headers)]
    for part in mail.walk():  # where a complaint comes by way of a mail service: the envelope of what it is about
        if part.get_content_type() == "message/feedback-report":
            found.append(_fields(part).get("original-mail-from", "").strip("<> ").lower())
    return tuple(dict.fromkeys(one for one in found if "@" in one and len(one) <= 254))


def _about(mail: Message) -> tuple[str, ...]:
    """The Message-IDs of the mails that it carries, or of which it carries the heads."""
    found: list[str] = []
    for part in mail.walk():
        if part is mail:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            heads = message_from_bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
            found += MESSAGE_ID.findall(str(heads.get("Message-ID", "")))
        else:
            found += MESSAGE_ID.findall(str(part.get("Message-ID", "")))
    return tuple(dict.fromkeys(found))[:10]


def _text(mail: Message) -> str:
    part = next((one for one in mail.walk() if one.get_content_maintype() == "text"), None)
    data = part.get_payload(decode=True) if part is not None else b""
    return data.decode("utf-8", "replace")[:20_000] if isinstance(data, bytes) else ""
