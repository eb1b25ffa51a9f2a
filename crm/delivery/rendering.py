"""From a content and a person to what goes out: compiled once per run, filled for each message."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape, unescape
from itertools import count
from typing import Any

from django.conf import settings

from crm.delivery import links, templates, tokens
from crm.delivery.contents import Content
from crm.delivery.leave_words import leave_words
from crm.delivery.mime import Parts, Segments, compile_mail
from crm.delivery.persons import values_of
from crm.delivery.senders import From, as_from, default_sender
from crm.delivery.templates import Liquid, Plain, Slot, Template
from crm.models import Company, Contact, Purpose

END_OF_BODY = re.compile(r"</body\s*>", re.I)
INVISIBLE = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|/table)\b[^>]*>", re.I)
ANCHOR = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>""", re.I | re.S)


@dataclass(frozen=True)
class Rendered:
    """What the reader would see."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class Frame:
    """What surrounds a content: who sends it, in whose name, for what."""

    sender: From
    company_name: str
    postal_address: str
    is_commercial: bool

    @property
    def values(self) -> dict[str, str]:
        return {
            "sender.name": self.sender.name,
            "sender.email": self.sender.email,
            "company.name": self.company_name,
            "company.postal_address": self.postal_address,
        }


@dataclass(frozen=True)
class Compiled:
    """A content ready to be filled: a mail in segments, or a text; and the ids of the links in it."""

    frame: Frame
    mail: Segments | None
    text: Template
    subject: Template
    links: tuple[int, ...]
    is_plain: bool


def frame_of(sender: From, *, is_commercial: bool) -> Frame:
    company = Company.objects.first()
    return Frame(sender, company.name if company else "", company.postal_address if company else "", is_commercial)


def preview(
    content: Content,
    contact: Contact | None = None,
    variables: Mapping[str, Any] | None = None,
    purpose: str = "commercial",
    sender: From | None = None,
    frame: Frame | None = None,
) -> Rendered:
    """As `contact` would read it, links as they are and nothing counted. Raises LiquidError where it is written wrong.

    Who shows several gives the `frame` (of `frame_of`) that is the same for all.
    """
    frame = frame or frame_of(sender or as_from(default_sender()), is_commercial=purpose != Purpose.TRANSACTIONAL)
    frame = _addressed(frame, content)
    content = with_footer(content, frame) if content.html else content
    example = f"{settings.PUBLIC_URL}/preferences/example"
    values = {
        **values_of(contact),
        **facts_about(content, contact),
        **frame.values,
        "unsubscribe_url": example,
        "preferences_url": example,
        **(variables or {}),
    }
    said = {
        field: templates.parse(source, is_html=field == "html", is_literal=content.is_literal).render(
            values, is_html=field == "html"
        )
        for field, source in (("subject", content.subject), ("html", content.html), ("text", content.text))
    }
    return Rendered(**said)


def compile_content(ref: tuple[str, int], content: Content, frame: Frame, *, channel: str) -> Compiled:
    """Raises LiquidError where the content is written wrong (it was checked before, so that is a rare accident)."""
    if channel != "email":
        return _compile_text(ref, content, frame)
    frame = _addressed(frame, content)
    content = with_footer(_with_text(content), frame)
    ids: dict[str, int] = {}
    if content.tracked and not content.is_literal:
        found = {**links.links_in_text(content.text), **links.links_in_html(content.html)}
        ids = links.stored_links(*ref, found, content.utm)
        content = _with_tracking(content, ids)
    literal = content.is_literal
    subject = templates.parse(content.subject, is_html=False, is_literal=literal)
    text = _own_links(templates.parse(content.text, is_html=False, is_literal=literal))
    html = _own_links(templates.parse(content.html, is_html=True, is_literal=literal)) if content.html else None
    headers: list[tuple[str, str | Plain]] = [("Feedback-ID", f"{ref[1]}:{ref[0]}:tandem")]
    if frame.is_commercial:
        headers += [
            ("List-Unsubscribe", Plain((f"<{settings.PUBLIC_URL}/unsubscribe/", Slot("tandem.leave"), ">"))),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    mail = compile_mail(Parts(frame.sender, subject, text, html, headers, f"=_{uuid.uuid4().hex}"))
    is_plain = all(isinstance(template, Plain | None) for template in (subject, text, html))
    return Compiled(frame, mail, text, subject, tuple(ids.values()), is_plain)


def values_for(compiled: Compiled, message: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a message's slots ask for: facts of the person and of the message, and its signed tokens."""
    leave = tokens.for_leaving(message)
    values = {**facts, **compiled.frame.values, "tandem.leave": leave, "tandem.open": tokens.for_open(message)}
    for link in compiled.links:
        values[f"tandem.link_{link}"] = tokens.for_click(message, link)
    if not compiled.is_plain:
        values["unsubscribe_url"] = f"{settings.PUBLIC_URL}/unsubscribe/{leave}"
        values["preferences_url"] = f"{settings.PUBLIC_URL}/preferences/{leave}"
    return values


def facts_about(content: Content, contact: Contact | None) -> Mapping[str, Any]:
    """What the content asks about one reader beyond her values; of nobody in particular nothing is true."""
    return content.facts([contact.pk]).get(contact.pk, {}) if content.facts and contact else {}


def _addressed(frame: Frame, content: Content) -> Frame:
    return replace(frame, postal_address=content.postal_address) if content.postal_address else frame


def with_footer(content: Content, frame: Frame) -> Content:
    """A commercial mail always says whose it is and how to leave, whatever its author forgot."""
    if not frame.is_commercial or content.is_literal:
        return content
    html, text = content.html, content.text
    unsubscribe, preferences = leave_words(content.language)
    if html:
        said = [] if "company.postal_address" in html else ["{{ company.postal_address }}"]
        if "unsubscribe_url" not in html:
            said.append(f'<a href="{{{{ unsubscribe_url }}}}">{escape(unsubscribe)}</a>')
            said.append(f'<a href="{{{{ preferences_url }}}}">{escape(preferences)}</a>')
        if said:
            html = before_end(html, f'<p style="font-size:12px;color:#666;text-align:center">{" · ".join(said)}</p>')
    if text:
        if "company.postal_address" not in text:
            text += "\n\n--\n{{ company.postal_address }}"
        if "unsubscribe_url" not in text:
            text += f"\n{unsubscribe}: {{{{ unsubscribe_url }}}}\n{preferences}: {{{{ preferences_url }}}}\n"
    return replace(content, html=html, text=text)


def text_of(html: str) -> str:
    """A plain-text twin for a mail whose author wrote none: words, and addresses behind them."""
    html = INVISIBLE.sub("", html)
    html = ANCHOR.sub(lambda match: f"{match[2]} ({match[1]})", html)
    html = BREAKS.sub("\n", re.sub(r"\s+", " ", html))
    lines = (" ".join(line.split()) for line in unescape(links.TAG.sub("", html)).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _with_text(content: Content) -> Content:
    return content if content.text or not content.html else replace(content, text=text_of(content.html))


def _with_tracking(content: Content, ids: Mapping[str, int]) -> Content:
    """Addresses become slots, those of the HTML with their place among its links (`?p=`); a pixel ends the mail."""
    click = f"{settings.PUBLIC_URL}/t/c/"
    places = count()

    def slot(address: str) -> str:
        return f"{click}{{{{ tandem.link_{ids[address]} }}}}"

    def placed(address: str) -> str:
        return f"{slot(address)}?p={next(places)}"

    html = content.html and links.replace_in_html(content.html, placed)
    pixel = f'<img src="{settings.PUBLIC_URL}/t/o/{{{{ tandem.open }}}}.gif" width="1" height="1" alt="">'
    return replace(content, html=html and before_end(html, pixel), text=links.replace_in_text(content.text, slot))


def _own_links(template: Template) -> Template:
    """Between fragments, unsubscribe and preference links are constant but for their token."""
    if isinstance(template, Liquid):
        return template
    pieces: list[Any] = []
    for piece in template.pieces:
        if isinstance(piece, Slot) and piece.name in ("unsubscribe_url", "preferences_url"):
            page = piece.name.partition("_")[0]
            pieces += [f"{settings.PUBLIC_URL}/{page}/", Slot("tandem.leave")]
        else:
            pieces.append(piece)
    return type(template)(tuple(pieces))


def _compile_text(ref: tuple[str, int], content: Content, frame: Frame) -> Compiled:
    text, ids = content.text, {}
    if content.tracked and not content.is_literal:
        ids = links.stored_links(*ref, links.links_in_text(text), content.utm)
        text = _with_tracking(replace(content, html=""), ids).text
    template = _own_links(templates.parse(text, is_html=False, is_literal=content.is_literal))
    subject = Plain((content.name,))
    return Compiled(frame, None, template, subject, tuple(ids.values()), isinstance(template, Plain))


def before_end(html: str, addition: str) -> str:
    found = list(END_OF_BODY.finditer(html))
    place = found[-1].start() if found else len(html)
    return html[:place] + addition + html[place:]
