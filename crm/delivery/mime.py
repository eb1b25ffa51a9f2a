"""A MIME message compiled once and filled many times: constant bytes in quoted-printable, and slots between them.

A soft line break stands before and after every slot, so that a value begins at the left edge and no line grows beyond
76 letters. A value is encoded once and remembered. What is one letter to one person is built by the standard library.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from html import escape
from typing import Any

from crm.delivery.senders import From
from crm.delivery.templates import Liquid, Plain, Slot, Template, filled

SOFT = b"=\r\n"
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
SIMPLE = re.compile(r"[A-Za-z0-9 .'()&/!?,:;%+*#\-]*")
OURS = "tandem."  # slots for signed tokens: plain letters, another value in each message
NEW_LINE = re.compile(r"\r\n|\r|\n")

Fill = Callable[[Mapping[str, Any]], bytes]


class Segments:
    """Bytes and fillers in turn, joined for each message."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.fillers: list[tuple[int, Fill]] = []

    def say(self, data: bytes) -> None:
        self.pieces.append(data)

    def leave(self, fill: Fill) -> None:
        self.fillers.append((len(self.pieces), fill))
        self.pieces.append(b"")

    def fill(self, values: Mapping[str, Any]) -> bytes:
        pieces = self.pieces.copy()
        for place, fill in self.fillers:
            pieces[place] = fill(values)
        return b"".join(pieces)

    def merged(self) -> Segments:
        """Neighbouring constants become one."""
        slots, merged, waiting = dict(self.fillers), Segments(), b""
        for place, piece in enumerate(self.pieces):
            if place in slots:
                merged.say(waiting)
                merged.leave(slots[place])
                waiting = b""
            else:
                waiting += piece
        merged.say(waiting)
        return merged


@dataclass(frozen=True)
class Parts:
    """What a mail is made of. Headers are (name, template or text); templates are filled for each message."""

    sender: From
    subject: Template
    text: Template
    html: Template | None
    headers: Sequence[tuple[str, str | Plain]]
    boundary: str


def compile_mail(parts: Parts) -> Segments:
    """Needs `to`, `date` and `message_id` among the values, besides what the templates ask for."""
    mail = Segments()
    mail.say(f"From: {address_header(parts.sender.name, parts.sender.email)}\r\nTo: ".encode())
    mail.leave(lambda values: values["to"])
    mail.say(b"\r\nSubject: ")
    mail.leave(_subject(parts.subject))
    mail.say(b"\r\nDate: ")
    mail.leave(lambda values: values["date"])
    mail.say(b"\r\nMessage-ID: ")
    mail.leave(lambda values: values["message_id"])
    mail.leave(_reply_to(parts.sender.reply_to))
    for name, value in parts.headers:
        mail.say(f"\r\n{name}: ".encode())
        if isinstance(value, str):
            mail.say(header_text(value))
        else:
            _leave_ascii(mail, value)
    mail.say(b"\r\nMIME-Version: 1.0\r\n")
    if parts.html is None:
        _part(mail, "text/plain", parts.text, is_html=False)
        return mail.merged()
    mail.say(f'Content-Type: multipart/alternative; boundary="{parts.boundary}"\r\n\r\n'.encode())
    for media_type, template, is_html in (("text/plain", parts.text, False), ("text/html", parts.html, True)):
        mail.say(f"--{parts.boundary}\r\n".encode())
        _part(mail, media_type, template, is_html=is_html)
        mail.say(b"\r\n")
    mail.say(f"--{parts.boundary}--\r\n".encode())
    return mail.merged()


def _reply_to(of_sender: str) -> Fill:
    """The header, where there is one: the message's own (`reply_to` among its values), else the sender's."""
    said = _reply_header(of_sender)
    return lambda values: _reply_header(own) if (own := values.get("reply_to")) else said


@lru_cache(maxsize=1_000)
def _reply_header(address: str) -> bytes:
    return f"\r\nReply-To: {address_header('', address)}".encode() if address else b""


def _part(mail: Segments, media_type: str, template: Template, *, is_html: bool) -> None:
    mail.say(
        f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    )
    for piece in (template,) if isinstance(template, Liquid) else template.pieces:
        if isinstance(piece, str):
            mail.say(quoted(piece))
        else:
            mail.say(SOFT)
            mail.leave(_quoted_slot(piece, is_html) if isinstance(piece, Slot) else _quoted_liquid(piece, is_html))
            mail.say(SOFT)


def _leave_ascii(mail: Segments, template: Plain) -> None:
    """Slots in a header that hold tokens and addresses of ours: plain letters only."""
    for piece in template.pieces:
        if isinstance(piece, str):
            mail.say(piece.encode("ascii"))
        else:
            name = piece.name
            mail.leave(lambda values, name=name: values[name].encode("ascii"))  # type: ignore[misc]


def _quoted_slot(slot: Slot, is_html: bool) -> Fill:
    name, default = slot.name, slot.default
    if name.startswith(OURS):
        return lambda values: values[name].encode("ascii")
    return lambda values: _quoted_value(filled(values.get(name), default), is_html)


def _quoted_liquid(piece: Liquid, is_html: bool) -> Fill:
    return lambda values: quoted(piece.render(values, is_html=is_html))


@lru_cache(maxsize=4_000)
def _quoted_value(value: str, is_html: bool) -> bytes:
    return quoted(escape(value) if is_html else value)


def quoted(text: str) -> bytes:
    """Quoted-printable with CRLF, lines of at most 76 letters."""
    encoded = b2a_qp(NEW_LINE.sub("\n", text).encode(), istext=True)
    return encoded.replace(b"\n", b"\r\n")


def _subject(template: Template) -> Fill:
    if isinstance(template, Plain) and all(isinstance(piece, str) for piece in template.pieces):
        said = header_text(template.render({}, is_html=False))
        return lambda values: said
    return lambda values: header_text(template.render(values, is_html=False))


@lru_cache(maxsize=4_000)
def header_text(text: str) -> bytes:
    """One header's words: no line break of a value survives, other letters are encoded."""
    text = CONTROL.sub(" ", text).strip()
    if len(text) < 66 and SIMPLE.fullmatch(text):
        return text.encode("ascii")
    if text.isascii() and "=?" not in text and all(len(word) < 60 for word in text.split()):
        return Header(text, "us-ascii", maxlinelen=76, header_name="Subject").encode(linesep="\r\n").encode("ascii")
    return Header(text, "utf-8", maxlinelen=76, header_name="Subject").encode(linesep="\r\n").encode("ascii")


@lru_cache(maxsize=4_000)
def address_header(name: str, email: str) -> str:
    """“Name <address>” with the name encoded where it must be; the address as it is, without line breaks."""
    email = CONTROL.sub("", email)
    name = CONTROL.sub(" ", name).strip()
    if not name:
        return email
    if name.isascii() and len(name) < 60:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{email}>'
    return f"{Header(name, 'utf-8', maxlinelen=70).encode(linesep=chr(13) + chr(10))} <{email}>"


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    data: bytes


def letter_mail(
    *, sender: From, to: str, subject: str, text: str, html: str, files: Sequence[File], date: str, message_id: str,
    leave_url: str, cc: str = "", answers: str = "",
) -> bytes:  # fmt: skip
    """One letter with its files, by the standard library. A calendar file keeps its parameters (method=REQUEST).

    `answers` is the Message-ID of the mail that it is an answer to.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address_header(sender.name, sender.email)
    mail["To"] = to
    if cc:
        mail["Cc"] = cc
    mail["Subject"] = CONTROL.sub(" ", subject)
    mail["Date"] = date
    mail["Message-ID"] = message_id
    if sender.reply_to:
        mail["Reply-To"] = CONTROL.sub("", sender.reply_to)
    if answers:
        mail["In-Reply-To"] = mail["References"] = CONTROL.sub("", answers)
    if leave_url:
        mail["List-Unsubscribe"] = f"<{leave_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in files:
        kind, *params = (part.strip() for part in file.media_type.split(";"))
        main, _, sub = kind.partition("/")
        given = dict(param.partition("=")[::2] for param in params)
        mail.add_attachment(file.data, maintype=main, subtype=sub or "octet-stream", filename=file.name, params=given)
    return mail.as_bytes()
