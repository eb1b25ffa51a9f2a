"""HTML that a marketer brings: what a mail can carry stays, what acts or loads goes. Tokens stay as they were typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3

from crm.rich_text import as_text, guard, unguard

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em", "font",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_EVERYWHERE = {"align", "bgcolor", "class", "dir", "height", "lang", "role", "style", "title", "valign", "width"}
ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href", "name", "target"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type"},
    "font": {"color", "face", "size"},
}


COMMENT = re.compile(r"<!--.*?-->", re.S)
MARKED = re.compile(r"<!--(xtokn\d+x)-->")
WORD = re.compile(r"<[^>]*>|xtokn(\d+)x")
"""A guarded token; or a whole element, whose attributes are left as they are."""


def clean_markup(html: str) -> str:
    guarded, tokens = guard(COMMENT.sub("", html))
    cleaned = nh3.clean(
        in_comments(guarded, lambda number: number < len(tokens) and tokens[number].startswith("{%")),
        tags=TAGS,
        attributes=ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
        clean_content_tags={"script", "style", "title", "iframe", "object", "form"},
        strip_comments=False,
    )
    return unguard(COMMENT.sub("", MARKED.sub(r"\1", cleaned)), as_text(tokens)).strip()


def in_comments(guarded: str, is_tag: Callable[[int], bool]) -> str:
    """Loops and conditions as comments, where they stand between elements: text between the rows of a table would be thrown
    out of it. `is_tag(7)`: is the guarded token 7 one of those?"""

    def marked(match: re.Match[str]) -> str:
        return f"<!--{match[0]}-->" if match[1] and is_tag(int(match[1])) else match[0]

    return WORD.sub(marked, guarded)
