"""Rich text that people type: a few harmless tags, and tokens left as they were typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

import nh3

TAGS = {"p", "br", "strong", "b", "em", "i", "u", "a", "ul", "ol", "li"}
TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
STANDS = re.compile(r"xtokn([0-9]{1,6})x")


def clean_rich(html: str) -> str:
    """A few harmless tags stay; scripts, styles and everything else go. Tokens stay as they were typed."""
    guarded, tokens = guard(html)
    cleaned = nh3.clean(
        guarded,
        tags=TAGS,
        attributes={"a": {"href"}},
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    return unguard(cleaned, as_text(tokens)).strip()


def guard(text: str) -> tuple[str, list[str]]:
    """Tokens out of harm's way: each becomes a plain word that no compiler touches."""
    tokens: list[str] = []

    def keep(match: re.Match[str]) -> str:
        tokens.append(unescape(match[0]).replace("\xa0", " "))
        return f"xtokn{len(tokens) - 1}x"

    return TOKEN.sub(keep, text), tokens


def as_text(tokens: Sequence[str]) -> list[str]:
    """As they may stand in HTML: what looks like markup within a token is none, whoever shows it."""
    return [token.replace("<", "&lt;").replace(">", "&gt;") for token in tokens]


def unguard(text: str, tokens: Sequence[str]) -> str:
    return STANDS.sub(lambda match: tokens[int(match[1])] if int(match[1]) < len(tokens) else match[0], text)
