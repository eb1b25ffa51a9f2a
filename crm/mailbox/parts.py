"""A raw mail taken apart: what filing must know of it. Written for what strangers send, so nothing in it is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256

import nh3

from crm.delivery.rendering import text_of

LARGEST = 30 * 1024 * 1024
"""Bytes of a mail that is read."""
LONGEST_TEXT = 100_000
LONGEST_HTML = 1_000_000
MOST_REFERENCES = 40
MOST_FILES = 20
MESSAGE_ID = re.compile(r"<[^<>\s]{1,300}>")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
AUTOMATIC_PRECEDENCE = ("bulk", "junk", "auto_reply")
AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponse")
LIST_HEADERS = ("List-Id", "List-Unsubscribe")
"""Newsletters have them; so has every mail that comes by way of a group address, also when a person wrote it."""
MACHINES = ("mailer-daemon", "postmaster")
WHERE_IT_CAME = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
SAID_BY_TAGS = {
    "a", "br", "p", "div", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "table", "blockquote"
}  # fmt: skip
UNSEEN_TAGS = {"script", "style", "head", "title"}


@dataclass(frozen=True)
class Part:
    """A file that came along."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """`answers` are the Message-IDs it answers, the nearest first. Addresses are in small letters.

    `to` are those it was written to (To, Cc); `came_to` adds where the servers say that it was delivered. `inner` is the
    first mail that it carries (message/rfc822).
    """

    message_id: str
    answers: tuple[str, ...]
    sender: str
    sender_name: str
    to: tuple[tuple[str, str], ...]
    came_to: tuple[str, ...]
    subject: str
    text: str
    sent_at: datetime | None
    is_automatic: bool
    is_listed: bool
    is_report: bool
    files: tuple[Part, ...]
    inner: bytes | None

    @property
    def key(self) -> str:
        """The same for every copy of it, whatever way it came."""
        said = self.message_id or "\0".join([self.sender, self.subject, str(self.sent_at), self.text])
        return key_of(said)

    def written_at(self, now: datetime) -> datetime:
        """Its date, where that can be: the future is not."""
        return self.sent_at if self.sent_at and self.sent_at <= now else now


def key_of(said: str) -> str:
    return sha256(said.encode("utf-8", "replace")).hexdigest()


def taken_apart(raw: bytes) -> Mail:
    """Raises whatever the standard library does where a mail is beyond it; the caller keeps the mail with the reason."""
    mail = message_from_bytes(raw)
    leaves = list(_leaves(mail))
    sender_name, sender = (_addresses(mail, "From") or [("", "")])[0]
    to = tuple(dict.fromkeys(_addresses(mail, "To", "Cc")))
    came_to = dict.fromkeys(address for _, address in [*to, *_addresses(mail, *WHERE_IT_CAME)])
    return Mail(
        message_id=next(iter(MESSAGE_ID.findall(_said(mail, "Message-ID"))), ""),
        answers=_answers(mail),
        sender=sender,
        sender_name=sender_name,
        to=to,
        came_to=tuple(came_to),
        subject=" ".join(_said(mail, "Subject").split()),
        text=_text(leaves),
        sent_at=_moment(_said(mail, "Date")),
        is_automatic=_is_automatic(mail),
        is_listed=any(mail[name] is not None for name in LIST_HEADERS),
        is_report=mail.get_content_type() == "multipart/report" or sender.partition("@")[0] in MACHINES,
        files=tuple(_files(leaves)),
        inner=next((_inner(leaf) for leaf in leaves if leaf.get_content_type() == "message/rfc822"), None),
    )


def plain(text: str) -> str:
    """What a database can keep: no NUL, no half characters, lines end in one way."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _leaves(part: Message) -> Iterator[Message]:
    """The parts that hold something; a mail within the mail is one part."""
    if part.get_content_type() != "message/rfc822" and part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _leaves(inner)
    else:
        yield part


def _said(mail: Message, *names: str) -> str:
    return _decoded(next((str(mail[name]) for name in names if mail[name] is not None), ""))


def _decoded(header: str) -> str:
    """RFC 2047 words read; what is written wrong stays as it is."""
    try:
        return plain(str(make_header(decode_header(header))))
    except (LookupError, ValueError):
        return plain(header)


def _addresses(mail: Message, *names: str) -> list[tuple[str, str]]:
    """(name, address) of every mailbox in these headers."""
    headers = [str(value) for name in names for value in mail.get_all(name, [])]
    pairs = [(_decoded(name).strip(), plain(address).strip().lower()) for name, address in getaddresses(headers)]
    return [(name, address) for name, address in pairs if "@" in address and len(address) <= 254]


def _answers(mail: Message) -> tuple[str, ...]:
    references = MESSAGE_ID.findall(_said(mail, "References"))[-MOST_REFERENCES:]
    return tuple(dict.fromkeys([*MESSAGE_ID.findall(_said(mail, "In-Reply-To"))[:5], *reversed(references)]))


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if moment.year >= 1990 else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _is_automatic(mail: Message) -> bool:
    submitted = _said(mail, "Auto-Submitted").strip().lower()
    return (
        submitted not in ("", "no")
        or _said(mail, "Precedence").strip().lower() in AUTOMATIC_PRECEDENCE
        or any(mail[name] is not None for name in AUTOMATIC_HEADERS)
    )


def _is_file(leaf: Message) -> bool:
    return leaf.get_content_disposition() == "attachment" or bool(leaf.get_filename())


def _text(leaves: list[Message]) -> str:
    """What it says: its plain text, else its HTML as text."""
    said = {"text/plain": "", "text/html": ""}
    for leaf in leaves:
        media_type = leaf.get_content_type()
        if media_type in said and not _is_file(leaf):
            said[media_type] += _content(leaf) + "\n"
    text = said["text/plain"].strip() or readable(said["text/html"])
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def readable(html: str) -> str:
    """HTML as text. It is cleaned first, so that what somebody wrote to be slow to read is not."""
    clean = nh3.clean(html[:LONGEST_HTML], tags=SAID_BY_TAGS, clean_content_tags=UNSEEN_TAGS, link_rel=None)
    return text_of(clean).strip()


def _content(leaf: Message) -> str:
    data = leaf.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return plain(data.decode(leaf.get_content_charset() or "utf-8", "replace"))
    except LookupError:
        return plain(data.decode("latin-1"))


def _files(leaves: list[Message]) -> Iterator[Part]:
    """What was attached; pictures that are part of the text (a logo under a signature) are not."""
    number = 0
    for leaf in leaves:
        media_type = leaf.get_content_type()
        is_drawn = (
            media_type.startswith("image/") and leaf["Content-ID"] and leaf.get_content_disposition() != "attachment"
        )
        data = leaf.get_payload(decode=True)
        if not _is_file(leaf) or is_drawn or media_type == "text/calendar" or not isinstance(data, bytes):
            continue
        number += 1
        if number > MOST_FILES:
            return
        yield Part(_decoded(leaf.get_filename() or "file"), media_type, data)


def _inner(leaf: Message) -> bytes:
    payload = leaf.get_payload()
    return payload[0].as_bytes() if isinstance(payload, list) and payload and isinstance(payload[0], Message) else b""
