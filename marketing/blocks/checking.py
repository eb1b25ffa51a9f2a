"""The check before an email may be sent. It yields problems with their block; the caller decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from crm.delivery import templates
from crm.delivery.contents import Content
from crm.delivery.senders import default_sender
from crm.models import Company, Purpose
from crm.rich_text import TOKEN
from marketing.blocks.compiling import Head, html_of
from marketing.blocks.parsing import Block
from marketing.models import EventStatus, MarketingEmail

GMAIL_CUTS_AT = 102 * 1024
HREF = re.compile(r'<a href="([^"]*)"')
OWN_LINKS = ("unsubscribe_url", "preferences_url")


@dataclass(frozen=True)
class Problem:
    """`block` is its id, "" where it is about the whole; `path` is for the API. An error forbids the send."""

    message: str
    field: str = ""
    block: str = ""
    path: str = ""
    is_error: bool = True

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_email(email: MarketingEmail, blocks: Sequence[Block]) -> list[Problem]:
    """Everything that is wrong, errors first."""
    found = [*_about_the_whole(email, blocks), *_about_blocks(blocks), *_about_size(email, blocks)]
    return sorted(found, key=lambda problem: not problem.is_error)


def _about_the_whole(email: MarketingEmail, blocks: Sequence[Block]) -> Iterator[Problem]:
    if not email.subject.strip():
        yield Problem("The subject is missing.", "subject", path="subject")
    if email.sender_id is None and default_sender() is None:
        yield Problem("Nobody is set as the sender. Choose one, or make a sender the default.", "sender", path="sender")
    for name in ("subject", "preheader"):
        yield from _tokens(getattr(email, name), name, path=name)
    if not [block for block in blocks if block.kind.name != "footer"]:
        yield Problem("There is nothing in it yet: add a block.", "blocks", path="blocks")
    if email.purpose != Purpose.TRANSACTIONAL:
        if not any(_can_leave(block) for block in blocks):
            yield Problem("A commercial email needs a link to unsubscribe: add a footer.", "blocks", path="blocks")
        company = Company.objects.first()
        if company is None or not (company.street or company.city):
            yield Problem(
                "Your postal address is not set: most countries want it at the foot of commercial mail. Set it under Company.",
                is_error=False,
            )


def _about_blocks(blocks: Sequence[Block]) -> Iterator[Problem]:
    for index, block in enumerate(blocks):
        for problem in [*_of_kind(block), *_of_fields(block)]:
            yield Problem(
                problem.message, problem.field, block.id, f"blocks[{index}].{problem.field}", problem.is_error
            )


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
        case "event":
            yield from _of_event(block)


def _of_event(block: Block) -> Iterator[Problem]:
    if block.event is None:
        yield Problem("Choose the event.", "event")
    elif block.event.status == EventStatus.DRAFT:
        yield Problem(f"“{block.event}” is not published yet: its link leads nowhere.", "event")
    elif block.event.status != EventStatus.LIVE:
        yield Problem(f"“{block.event}” is {block.event.get_status_display().lower()}.", "event")


def _of_fields(block: Block) -> Iterator[Problem]:
    for field in block.kind.fields:
        value = block[field.name]
        if not isinstance(value, str) or not value or field.kind == "choice":
            continue
        if field.kind == "url" and not _is_link(value):
            yield Problem(f"“{value[:60]}” is not a link. It begins with https://", field.name)
        if field.kind == "rich":
            for link in HREF.findall(value):
                if not _is_link(link):
                    yield Problem(f"“{link[:60]}” is not a link. It begins with https://", field.name)
        yield from _tokens(value, field.name)


def _tokens(source: str, field: str, path: str = "") -> Iterator[Problem]:
    for problem in templates.check(Content(name="", html=source)) if source else []:
        yield Problem(problem.message, field, path=path)


def _can_leave(block: Block) -> bool:
    return block.kind.name == "footer" or any("unsubscribe_url" in str(value) for value in block.values.values())


def _is_link(value: str) -> bool:
    """A web address, a mail address or number, or one of our own links as a token."""
    if any(name in value for name in OWN_LINKS) and TOKEN.fullmatch(value.strip()):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme in ("http", "https") and parts.netloc) or parts.scheme in ("mailto", "tel")


def _about_size(email: MarketingEmail, blocks: Sequence[Block]) -> Iterator[Problem]:
    head = Head(email.name, email.subject, email.preheader, email.language)
    size = len(html_of(head, blocks).encode())
    if size > GMAIL_CUTS_AT:
        yield Problem(
            f"It has {size // 1024} KB; Gmail cuts off what is longer than 102 KB, and the way to unsubscribe with it.",
            "blocks",
            path="blocks",
            is_error=False,
        )
