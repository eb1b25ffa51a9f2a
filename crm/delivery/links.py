"""The links of a content: found once, stored once as TrackedLink, replaced by slots that each message fills with a token."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

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


def stored_links(
    content_type: str, content_id: int, found: dict[str, str], utm: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Address → id of its TrackedLink; made where it is new, also by two workers at once. `utm` is where it leads now."""
    if not found:
        return {}
    targets = {address: with_utm(address, utm or {}) for address in found}
    TrackedLink.objects.bulk_create(
        [
            TrackedLink(
                content_type=content_type, content_id=content_id, url=address, label=label, target=targets[address]
            )
            for address, label in found.items()
        ],
        ignore_conflicts=True,
    )
    rows = list(TrackedLink.objects.filter(content_type=content_type, content_id=content_id, url__in=list(found)))
    moved = [row for row in rows if row.target != targets[row.url]]
    for row in moved:
        row.target = targets[row.url]
    TrackedLink.objects.bulk_update(moved, ["target"])
    return {row.url: row.pk for row in rows}


def with_utm(address: str, utm: Mapping[str, str]) -> str:
    """The address with these parameters; those that it has already win. "" where nothing is added."""
    try:
        parts = urlsplit(address)
        known = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return ""
    more = urlencode({name: value for name, value in utm.items() if value and name not in known})
    if not more:
        return ""
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))


def _trackable(match: re.Match[str]) -> str:
    address = unescape(match[2] if match[2] is not None else match[3]).strip()
    return address if address.lower().startswith(("http://", "https://")) and "{{" not in address else ""


def _is_in_token(text: str, match: re.Match[str]) -> bool:
    """`https://x.example/?for={{ contact.email }}` goes out as it is."""
    return text[match.end() : match.end() + 2] == "{{" or text[: match.start()].count("{{") > text[
        : match.start()
    ].count("}}")
