"""Blocks -> MJML -> HTML with its styles inline, and the plain-text twin. Tokens pass through untouched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

import css_inline
from mjml import mjml2html

from crm.delivery.contents import Content
from crm.rich_text import guard, unguard
from marketing.blocks.parsing import Block
from marketing.calendars import public_url, when_of, where_of

FONTS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
INK, SOFT, ACCENT, PAPER, GROUND, LINE = "#1b2230", "#566074", "#3b55c9", "#ffffff", "#f2f4f8", "#e1e5ec"
SIZES = {"1": ("h1", 26), "2": ("h2", 20), "3": ("h3", 17)}
INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
ANCHOR = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.S)
LEAVE = '<a href="{{ unsubscribe_url }}">Unsubscribe</a> · <a href="{{ preferences_url }}">Preferences</a>'


@dataclass(frozen=True)
class Head:
    """What an email has besides its blocks."""

    name: str
    subject: str
    preheader: str = ""
    language: str = "en"


def compile_email(head: Head, blocks: Sequence[Block]) -> Content:
    """The content as delivery takes it: tokens still in it, links not yet tracked."""
    return Content(name=head.name, subject=head.subject, html=html_of(head, blocks), text=text_of(blocks))


def html_of(head: Head, blocks: Sequence[Block]) -> str:
    guarded, tokens = guard(_mjml(head, blocks))
    html = INLINER.inline(mjml2html(guarded, disable_comments=True, fonts={}))
    return unguard(html, [escape(token) for token in tokens])


def text_of(blocks: Sequence[Block]) -> str:
    """What a reader without HTML sees, and what spam filters compare with it."""
    parts = [part for block in blocks if (part := _words(block))]
    return "\n\n".join(parts).strip() + "\n"


def _mjml(head: Head, blocks: Sequence[Block]) -> str:
    inside = "".join(_element(block) for block in blocks if block.kind.name != "footer")
    feet = "".join(_element(block) for block in blocks if block.kind.name == "footer")
    paper = (
        f'<mj-section background-color="{PAPER}" border-radius="10px" padding="20px 8px">'
        f"<mj-column>{inside}</mj-column></mj-section>"
        if inside
        else ""
    )
    foot = f'<mj-section padding="12px 8px"><mj-column>{feet}</mj-column></mj-section>' if feet else ""
    preview = f"<mj-preview>{_plain(head.preheader)}</mj-preview>" if head.preheader else ""
    return (
        f'<mjml lang="{escape(head.language)}"><mj-head><mj-title>{_plain(head.subject)}</mj-title>{preview}'
        '<mj-raw><meta name="color-scheme" content="light dark"></mj-raw>'
        f'<mj-attributes><mj-all font-family="{FONTS}" /><mj-text color="{INK}" font-size="16px" line-height="1.55" '
        f'padding="8px 24px" /><mj-image padding="8px 24px" /></mj-attributes>'
        f"<mj-style>p {{ margin: 0 0 12px }} ul, ol {{ margin: 0 0 12px; padding-left: 22px }} a {{ color: {ACCENT} }} "
        f".foot a {{ color: {SOFT} }} h1, h2, h3 {{ margin: 0; font-size: inherit; font-weight: 700; line-height: 1.25 }}</mj-style></mj-head>"
        f'<mj-body background-color="{GROUND}" width="640px"><mj-section padding="8px 0" />{paper}{foot}</mj-body></mjml>'
    )


def _element(block: Block) -> str:
    match block.kind.name:
        case "heading":
            tag, size = SIZES[block["level"]]
            return f'<mj-text align="{block["align"]}" font-size="{size}px"><{tag}>{_plain(block["text"])}</{tag}></mj-text>'
        case "text":
            return f'<mj-text align="{block["align"]}">{block["html"]}</mj-text>'
        case "image":
            return _image(block)
        case "button":
            return _button(block["label"], block["url"], block["align"])
        case "divider":
            return f'<mj-divider border-color="{LINE}" border-width="1px" padding="12px 24px" />'
        case "spacer":
            return f'<mj-spacer height="{block["height"]}px" />'
        case "event":
            return _event(block)
        case "footer":
            return _foot(block)
    raise LookupError(f"Nobody draws a block of kind “{block.kind.name}”.")


def _image(block: Block) -> str:
    if not block["src"]:
        return ""
    link = f' href="{_attribute(block["link"])}"' if block["link"] else ""
    return f'<mj-image src="{_attribute(block["src"])}" alt="{_attribute(block["alt"])}" width="{block["width"]}px"{link} />'


def _button(label: str, url: str, align: str) -> str:
    return (
        f'<mj-button href="{_attribute(url)}" align="{align}" background-color="{ACCENT}" color="#ffffff" '
        f'border-radius="8px" font-size="16px" font-weight="600" inner-padding="13px 26px" padding="12px 24px">'
        f"{_plain(label)}</mj-button>"
    )


def _event(block: Block) -> str:
    event = block.event
    if event is None:
        return ""
    where = where_of(event, guest=False)
    summary = f"<p>{escape(event.summary)}</p>" if event.summary else ""
    return (
        f'<mj-text font-size="20px"><h2>{escape(event.title)}</h2></mj-text><mj-text>'
        f"<p><strong>{escape(when_of(event))}</strong>{'<br>' + escape(where) if where else ''}</p>{summary}</mj-text>"
        + _button(block["label"], public_url(event), "left")
    )


def _foot(block: Block) -> str:
    own = f"{block['html']}" if block["html"] else ""
    return (
        f'<mj-text css-class="foot" align="center" color="{SOFT}" font-size="13px">{own}'
        f"<p>{{{{ company.postal_address }}}}</p><p>{LEAVE}</p></mj-text>"
    )


def _words(block: Block) -> str:
    match block.kind.name:
        case "heading":
            return block["text"]
        case "text":
            return _from_html(block["html"])
        case "image":
            return f"[{block['alt']}]{' ' + block['link'] if block['link'] else ''}" if block["alt"] else block["link"]
        case "button":
            return f"{block['label']}:\n{block['url']}"
        case "divider":
            return "-" * 40
        case "event" if block.event:
            event, where = block.event, where_of(block.event, guest=False)
            lines = [event.title, when_of(event), where, event.summary, f"{block['label']}:\n{public_url(event)}"]
            return "\n".join(line for line in lines if line)
        case "footer":
            leave = "Unsubscribe: {{ unsubscribe_url }}\nPreferences: {{ preferences_url }}"
            return "\n".join(
                part for part in ("--", _from_html(block["html"]), "{{ company.postal_address }}", leave) if part
            )
    return ""


def _from_html(html: str) -> str:
    html, tokens = guard(html)
    html = ANCHOR.sub(lambda match: match[2] if match[2] == match[1] else f"{match[2]} ({match[1]})", html)
    html = re.sub(r"<li[^>]*>", "- ", html)
    html = re.sub(r"<br\s*/?>|</li>", "\n", html)
    html = re.sub(r"</(?:p|ul|ol)>", "\n\n", html)
    words = unescape(re.sub(r"<[^>]+>", "", html)).replace("\xa0", " ")
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in words.splitlines()))
    return unguard(tidy, tokens).strip()


def _plain(text: str) -> str:
    guarded, tokens = guard(text)
    return unguard(escape(guarded, quote=False), tokens)


def _attribute(text: str) -> str:
    guarded, tokens = guard(text)
    return unguard(escape(guarded), tokens)
