"""HTML that a marketer brings: what a mail can carry stays, what acts or loads goes. Tokens stay as they were typed."""

from __future__ import annotations

import nh3

from crm.rich_text import guard, unguard

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


def clean_markup(html: str) -> str:
    guarded, tokens = guard(html)
    cleaned = nh3.clean(
        guarded,
        tags=TAGS,
        attributes=ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
        clean_content_tags={"script", "style", "title", "iframe", "object", "form"},
    )
    return unguard(cleaned, tokens).strip()
