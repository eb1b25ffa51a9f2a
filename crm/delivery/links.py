"""The links of a content: found once, stored once as TrackedLink, replaced by slots that each message fills with a token."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from crm.models import TrackedLink

HREF = re.compile(r"""(<a\b[^>]*?\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')([^>]*>)(.*?)</a>""", re.I | re.S)
ADDRESS = re.compile(r"""https?://[^\s<>"'{}]+[^\s<>"'{}.,;:!?)\]]""")
TAG = re.compile(r"<[^>]+>")


def links_in_html(html: str) -> dict[str, str]:
    """Address → what it says, for every http(s) link without a token."""
    found: dict[str, str] = {}
    for match in HREF.finditer(html):
        if address := _trackable(match):
            found.setdefault(address, " ".join(unescape(TAG.sub(" ", match[5])).split())[:200])
    return found


def links_in_text(text: str) -> dict[str, str]:
    return {match[0]: "" for match in ADDRESS.finditer(text) if not _is_in_token(text, match)}


def replace_in_html(html: str, slot: Callable[[str], str]) -> str:
    """Each trackable address becomes what `slot(address)` says."""

    def replaced(match: re.Match[str]) -> str:
        address = _trackable(match)
        if not address:
            return match[0]
        return f'{match[1]}"{slot(address)}"{match[4]}{match[5]}</a>'

    return HREF.sub(replaced, html)


def replace_in_text(text: str, slot: Callable[[str], str]) -> str:
    return ADDRESS.sub(lambda match: match[0] if _is_in_token(text, match) else slot(match[0]), text)


def stored_links(content_type: str, content_id: int, found: dict[str, str]) -> dict[str, int]:
    """Address → id of its TrackedLink; made where it is new, also by two workers at once."""
    if not found:
        return {}
    TrackedLink.objects.bulk_create(
        [
            TrackedLink(content_type=content_type, content_id=content_id, url=address, label=label)
            for address, label in found.items()
        ],
        ignore_conflicts=True,
    )
    rows = TrackedLink.objects.filter(content_type=content_type, content_id=content_id, url__in=list(found))
    return dict(rows.values_list("url", "pk"))


def _trackable(match: re.Match[str]) -> str:
    address = unescape(match[2] if match[2] is not None else match[3]).strip()
    return address if address.lower().startswith(("http://", "https://")) and "{{" not in address else ""


def _is_in_token(text: str, match: re.Match[str]) -> bool:
    """`https://x.example/?for={{ contact.email }}` goes out as it is."""
    return text[match.end() : match.end() + 2] == "{{" or text[: match.start()].count("{{") > text[
        : match.start()
    ].count("}}")
