"""Mails shown to be read: their HTML shut in, their text with its addresses clickable."""

from __future__ import annotations

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from crm.delivery.links import ADDRESS

READERS_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline' *; font-src *; frame-ancestors 'self'"  # fmt: skip
"""No script runs, nothing but pictures and styles is fetched, links open in a new tab."""


def linked(text: str) -> SafeString:
    """Plain text with its addresses clickable."""
    pieces, position = [], 0
    for match in ADDRESS.finditer(text):
        pieces.append(escape(text[position : match.start()]))
        pieces.append(format_html('<a href="{0}" target="_blank" rel="noopener">{0}</a>', match[0]))
        position = match.end()
    pieces.append(escape(text[position:]))
    return SafeString("".join(pieces))
