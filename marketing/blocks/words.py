"""Blocks -> the plain-text twin of an email. Tokens and conditions pass through untouched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from crm.delivery.leave_words import leave_words
from crm.rich_text import guard, unguard
from marketing.blocks.conditions import LISTS, list_name
from marketing.blocks.looks import Look, pages_in
from marketing.blocks.parsing import Block
from marketing.calendars import public_url, when_of, where_of

ANCHOR = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.S)


def text_of(blocks: Sequence[Block], look: Look, language: str = "en") -> str:
    """What a reader without HTML sees, and what spam filters compare with it."""
    return "\n\n".join(_parts(blocks, look, language)).strip() + "\n"


def _parts(blocks: Sequence[Block], look: Look, language: str) -> list[str]:
    parts = []
    for block in blocks:
        inner = [one for column in block.columns for one in column] or (block.kind.name == "content" and block.shown)
        said = "\n\n".join(_parts(inner, look, language)) if inner else _words(block, look, language)
        if said:
            parts.append(f"{block.when.opening}{said}{{% endif %}}" if block.when else said)
    return parts


def _words(block: Block, look: Look, language: str) -> str:
    match block.kind.name:
        case "heading":
            return str(block["text"])
        case "text" | "html":
            return from_html(block["html"])
        case "image":
            return f"[{block['alt']}]{' ' + block['link'] if block['link'] else ''}" if block["alt"] else block["link"]
        case "button" | "video":
            return f"{block['label']}:\n{block['url']}"
        case "divider":
            return "-" * 40
        case "quotation":
            who = ", ".join(block[name] for name in ("author", "role") if block[name])
            return f"“{block['text']}”" + (f"\n— {who}" if who else "")
        case "social":
            return "\n".join(f"{name}: {url}" for name, url in pages_in(block["pages"]) or look.pages)
        case "qr":
            return str(block["text"])
        case "event" if block.shown:
            event, where = block.shown, where_of(block.shown, guest=False)
            lines = [
                event.title,
                when_of(event, language),
                where,
                event.summary,
                f"{block['label']}:\n{public_url(event)}",
            ]
            return "\n".join(line for line in lines if line)
        case "product" if block.shown:
            card, url = block.shown, block["url"] or block.shown.url
            price = card.price if block["price"] == "shown" else ""
            lines = [card.title, card.text, price, f"{block['label']}:\n{url}" if url else ""]
            return "\n".join(line for line in lines if line)
        case "list":
            empty = f"{{% else %}}{block['empty']}" if block["empty"] else ""
            source = f"{LISTS}.{list_name(block['source'])}"
            row = "- {{ item.title }} {{ item.text }} {{ item.price }} {{ item.url }}\n"
            return f"{{% for item in {source} limit: {block['most']} %}}{row}{empty}{{% endfor %}}"
        case "footer":
            unsubscribe, preferences = leave_words(language)
            leave = f"{unsubscribe}: {{{{ unsubscribe_url }}}}\n{preferences}: {{{{ preferences_url }}}}"
            own = from_html(block["html"]) or look.footer
            return "\n".join(part for part in ("--", own, "{{ company.postal_address }}", leave) if part)
    return ""


def from_html(html: str) -> str:
    html, tokens = guard(html)
    html = ANCHOR.sub(lambda match: match[2] if match[2] == match[1] else f"{match[2]} ({match[1]})", html)
    html = re.sub(r"<li[^>]*>", "- ", html)
    html = re.sub(r"<br\s*/?>|</(?:li|tr|h\d)>", "\n", html)
    html = re.sub(r"</(?:p|ul|ol|div|table)>", "\n\n", html)
    words = unescape(re.sub(r"<[^>]+>", "", html)).replace("\xa0", " ")
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in words.splitlines()))
    return unguard(tidy, tokens).strip()
