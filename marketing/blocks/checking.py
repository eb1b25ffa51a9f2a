"""The check before an email may be sent. It yields problems with their block; the caller decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from liquid.exceptions import LiquidError

from crm.delivery import templates
from crm.delivery.contents import Content
from crm.delivery.purposes import is_free
from crm.delivery.senders import default_sender
from crm.models import Company, Purpose
from crm.rich_text import TOKEN
from marketing.blocks.compiling import Head, html_of
from marketing.blocks.conditions import LISTS, SHOWN, VALUE
from marketing.blocks.looks import Look, contrast, look_of
from marketing.blocks.parsing import Block, placed
from marketing.blocks.pictures import MOST
from marketing.blocks.wants import DATA, mentions, wants_of
from marketing.models import EventStatus, MarketingEmail

GMAIL_CUTS_AT = 102 * 1024
HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']*)["']""", re.I)
IMG = re.compile(r"<img\b[^>]*>", re.I)
ALT = re.compile(r"""\balt\s*=\s*["'][^"']""", re.I)
OWN_LINKS = ("unsubscribe_url", "preferences_url")
ONLY_BY_API = (
    "“{name}” is a value that a program gives: only an email that needs no consent, like a transactional one, has some."
)
READABLE, LARGE = 4.5, 3.0
"""WCAG 2.2, 1.4.3: the least contrast of text, and of large text."""


@dataclass(frozen=True)
class Problem:
    """`block` is its id, "" where it is about the whole; `path` is for the API. An error forbids the send.

    `url` is the page on which it is mended, where that is not the designer.
    """

    message: str
    field: str = ""
    block: str = ""
    path: str = ""
    is_error: bool = True
    url: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_email(email: MarketingEmail, blocks: Sequence[Block]) -> list[Problem]:
    """Everything that is wrong with what is arranged in the designer, errors first."""
    look, takes_values = look_of(email.brand), is_free(email.purpose)
    found = [
        *_about_head(email, takes_values),
        *_about_the_whole(email, blocks, look),
        *about_blocks(blocks, look, takes_values=takes_values),
        *_about_size(len(html_of(head_of(email, look), blocks).encode())),
    ]
    return sorted(found, key=lambda problem: not problem.is_error)


def check_html(email: MarketingEmail) -> list[Problem]:
    """The same of an email that brings its own HTML."""
    html, takes_values = email.html, is_free(email.purpose)
    found = [*_about_head(email, takes_values)]
    if not html.strip():
        found.append(Problem("There is nothing in it yet: paste your HTML, or choose a file.", "html", path="html"))
    found += _tokens(html, "html", takes_values, path="html")
    for link in HREF.findall(html):
        if not is_link(link):
            found.append(Problem(f"“{link[:60]}” is not a link. It begins with https://", "html", path="html"))
    if any(not ALT.search(image) for image in IMG.findall(html)):
        found.append(
            Problem(
                "An image says nothing instead of itself: give it an alt text.", "html", path="html", is_error=False
            )
        )
    if email.purpose != Purpose.TRANSACTIONAL and "unsubscribe_url" not in html:
        message = "It has no {{ unsubscribe_url }}: a line to unsubscribe is put at its end."
        found.append(Problem(message, "html", path="html", is_error=False))
    found += _about_size(len(html.encode()), "html")
    return sorted(found, key=lambda problem: not problem.is_error)


def head_of(email: MarketingEmail, look: Look | None = None) -> Head:
    return Head(email.name, email.subject, email.preheader, email.language, look or look_of(email.brand))


def _about_head(email: MarketingEmail, takes_values: bool) -> Iterator[Problem]:
    if not email.subject.strip():
        yield Problem("The subject is missing.", "subject", path="subject")
    if email.sender_id is None and default_sender() is None:
        yield Problem("Nobody is set as the sender. Choose one, or make a sender the default.", "sender", path="sender")
    for name in ("subject", "preheader"):
        yield from _tokens(getattr(email, name), name, takes_values, path=name)


def _about_the_whole(email: MarketingEmail, blocks: Sequence[Block], look: Look) -> Iterator[Problem]:
    every = [block for _, block in placed(blocks)]
    if not [block for block in every if block.kind.name not in ("footer", "section")]:
        yield Problem("There is nothing in it yet: add a block.", "blocks", path="blocks")
    if email.purpose != Purpose.TRANSACTIONAL:
        if not any(_can_leave(block) for block in blocks):
            yield Problem("A commercial email needs a link to unsubscribe: add a footer.", "blocks", path="blocks")
        company = Company.objects.first()
        if not look.postal_address and (company is None or not (company.street or company.city)):
            yield Problem(
                "Your postal address is not set: most countries want it at the foot of commercial mail. Set it under Company.",
                is_error=False,
            )


def about_blocks(blocks: Sequence[Block], look: Look, *, takes_values: bool = True) -> Iterator[Problem]:
    """What is wrong with single blocks, each with its id and path. `takes_values`: a program may give some (data.…)."""
    grounds: dict[str, str] = {}
    for path, block in placed(blocks):
        for column in block.columns:
            grounds.update({one.id: block["background"] or look.paper for one in column})
        ground = grounds.get(block.id, look.paper)
        values = [] if takes_values else _of_values(block)
        for problem in [*_of_kind(block), *_of_fields(block), *values, *_of_contrast(block, look, ground)]:
            yield replace(problem, block=block.id, path=f"{path}.{problem.field}")
        if block.kind.name == "content" and block.shown:
            for problem in about_blocks(block.shown, look):  # its values are told by _of_values
                message = f"In the reusable block: {problem.message}"
                yield replace(problem, message=message, field="content", block=block.id, path=f"{path}.content")


def _of_kind(block: Block) -> Iterator[Problem]:
    match block.kind.name:
        case "heading" if not block["text"]:
            yield Problem("The heading is empty.", "text")
        case "image":
            if not block["src"]:
                yield Problem("The image has no address.", "src")
            elif not block["alt"]:
                yield Problem("Say what the image shows, for readers who do not see it.", "alt", is_error=False)
        case "button":
            if not block["label"]:
                yield Problem("The button has no text.", "label")
            if not block["url"]:
                yield Problem("The button leads nowhere.", "url")
        case "video":
            if not block["url"]:
                yield Problem("The video has no address.", "url")
            if block["src"] and not block["alt"]:
                yield Problem("Say what the video shows, for readers who do not see it.", "alt", is_error=False)
        case "qr":
            if not block["text"]:
                yield Problem("The QR code says nothing yet.", "text")
            elif TOKEN.search(block["text"]):
                yield Problem("A QR code is the same for every reader: leave the token out.", "text")
            elif (size := len(block["text"].encode())) > MOST:
                yield Problem(f"The QR code has {size:,} bytes; {MOST:,} are the most.", "text")
        case "event":
            yield from _of_event(block)
        case "product" if block.shown is None:
            said = (
                "This product is not offered any more: choose another." if block["product"] else "Choose the product."
            )
            yield Problem(said, "product")
        case "content" if block.shown is None:
            yield Problem("Choose the reusable block." if not block["content"] else "This block is no more.", "content")
        case "html":
            for image in IMG.findall(block["html"]):
                if not ALT.search(image):
                    yield Problem(
                        "An image says nothing instead of itself: give it an alt text.", "html", is_error=False
                    )


def _of_event(block: Block) -> Iterator[Problem]:
    if block.shown is None:
        yield Problem("Choose the event.", "event")
    elif block.shown.status == EventStatus.DRAFT:
        yield Problem(f"“{block.shown}” is not published yet: its link leads nowhere.", "event")
    elif block.shown.status != EventStatus.LIVE:
        yield Problem(f"“{block.shown}” is {block.shown.get_status_display().lower()}.", "event")


def _of_fields(block: Block) -> Iterator[Problem]:
    for field in block.kind.fields:
        value = block[field.name]
        if not isinstance(value, str) or not value or field.kind in ("choice", "list"):
            continue
        if field.kind == "url" and not is_link(value):
            yield Problem(f"“{value[:60]}” is not a link. It begins with https://", field.name)
        if field.kind == "picture" and not is_picture(value):
            yield Problem(f"“{value[:60]}” is no address of an image. It begins with https://", field.name)
        if field.kind in ("rich", "html"):
            for link in HREF.findall(value):
                if not is_link(link):
                    yield Problem(f"“{link[:60]}” is not a link. It begins with https://", field.name)
        yield from _tokens(value, field.name)


def _of_values(block: Block) -> Iterator[Problem]:
    """Values of a program in an email that no program sends; also those of a reusable block, and in its condition."""
    if block.when and VALUE.fullmatch(block.when.token):
        yield Problem(ONLY_BY_API.format(name=block.when.token), "when")
    for name, value in block.values.items():
        for found in mentions(value) if isinstance(value, str) else ():
            yield Problem(ONLY_BY_API.format(name=found), name)
    if block.kind.name == "content":
        for inner in block.shown or ():
            yield from (replace(problem, field="content") for problem in _of_values(inner))


def _of_contrast(block: Block, look: Look, ground: str) -> Iterator[Problem]:
    name = block.kind.name
    if name == "button":
        paint, color = block["background"] or look.accent, block["color"] or look.on_accent
        yield from _readable(color, paint, "background" if block["background"] else "color", READABLE, "The button")
    elif name in ("heading", "text"):
        least = LARGE if name == "heading" and block["level"] != "3" else READABLE
        yield from _readable(block["color"] or look.ink, ground, "color", least, "The text")


def _readable(color: str, paint: str, field: str, least: float, what: str) -> Iterator[Problem]:
    ratio = contrast(color, paint)
    if ratio < least:
        message = f"{what} is hard to read: {color} on {paint} has a contrast of {ratio:.1f}; {least:g} is the least."
        yield Problem(message, field, is_error=False)


def _tokens(source: str, field: str, takes_values: bool = True, path: str = "") -> Iterator[Problem]:
    content = Content(name="", html=source, variables=frozenset({SHOWN, LISTS, DATA}))
    found = templates.check(content) if source else []
    for problem in found:
        yield Problem(problem.message, field, path=path)
    if source and not found:
        try:
            wants_of(content)
        except LiquidError as problem:
            yield Problem(f"This is not written right: {str(problem).splitlines()[0]}.", field, path=path)
    for name in [] if takes_values else mentions(source):
        yield Problem(ONLY_BY_API.format(name=name), field, path=path)


def _can_leave(block: Block) -> bool:
    if block.when is not None:
        return False  # who does not see it could not leave
    inner = [one for column in block.columns for one in column]
    if block.kind.name == "content":
        inner += block.shown or ()
    return (
        block.kind.name == "footer"
        or any("unsubscribe_url" in str(value) for value in block.values.values())
        or any(_can_leave(one) for one in inner)
    )


def is_link(value: str) -> bool:
    """A web address, a mail address or number; as a token one of our own links, or one that a program gives."""
    if (any(name in value for name in OWN_LINKS) or mentions(value)) and TOKEN.fullmatch(value.strip()):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme in ("http", "https") and parts.netloc) or parts.scheme in ("mailto", "tel")


def is_picture(value: str) -> bool:
    return value.startswith("/m/") or (value.startswith(("http://", "https://")) and is_link(value))


def _about_size(size: int, field: str = "blocks") -> Iterator[Problem]:
    if size > GMAIL_CUTS_AT:
        yield Problem(
            f"It has {size // 1024} KB; Gmail cuts off what is longer than 102 KB, and the way to unsubscribe with it.",
            field,
            path=field,
            is_error=False,
        )
