"""The email itself with numbers on its links: who clicked where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from crm.delivery.contents import load
from crm.delivery.links import replace_in_html
from crm.delivery.rendering import before_end, preview
from marketing.queries.insights import Pair

PLACED = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']#place-(\d+)["'][^>]*>""", re.I)
COLOURS = ("#5b6472", "#0b62c4", "#a15c00", "#c2410c", "#b3123b")
"""From cold to hot; white words are read well on each."""


@dataclass(frozen=True)
class Place:
    """A link of the mail, counted from 0; `share` is per cent of those delivered."""

    number: int
    url: str
    clicked: Pair
    share: float


def places_of(ref: tuple[str, int, int], clicks: Mapping[int, Pair], delivered: int) -> list[Place]:
    """Every link of this version, in the order of the mail."""
    found: list[str] = []

    def note(address: str) -> str:
        found.append(address)
        return address

    replace_in_html(load(*ref).html, note)
    pairs = [clicks.get(number, Pair()) for number in range(len(found))]
    return [
        Place(number, url, pair, 100 * pair.human / delivered if delivered else 0.0)
        for number, (url, pair) in enumerate(zip(found, pairs, strict=True))
    ]


def drawn(ref: tuple[str, int, int], places: list[Place], purpose: str) -> str:
    """The mail as nobody in particular reads it, a number on each link. No link of it leads anywhere."""
    content = load(*ref)
    numbers = count()
    marked = replace_in_html(content.html, lambda address: f"#place-{next(numbers)}")
    html = preview(replace(content, html=marked), purpose=purpose).html
    most = max((one.clicked.human for one in places), default=0)
    shown = {one.number: one for one in places}

    def badge(match: re.Match[str]) -> str:
        place = shown.get(int(match[1]))
        return match[0] + _badge(place, most) if place else match[0]

    return before_end(PLACED.sub(badge, html), _rules())


def _badge(place: Place, most: int) -> str:
    """Out of the flow of the mail, so that nothing moves; at the corner of its link."""
    heat = 0 if not place.clicked.human else 1 + min(3, 3 * place.clicked.human // most)
    style = (
        "position:absolute;z-index:9;transform:translate(-8px,-24px);padding:1px 6px;border-radius:9px;white-space:nowrap;"
        f"font:600 11px/16px Arial,sans-serif;letter-spacing:0;text-transform:none;color:#fff;background:{COLOURS[heat]};"
        "border:1px solid #fff;text-decoration:none;opacity:1"
    )
    return f'<span class="heat heat-{heat}" style="{style}">{place.clicked.human} · {place.share:.1f} %</span>'


def _rules() -> str:
    lines = "".join(
        f"a:has(>.heat-{n}){{outline:2px solid {colour};outline-offset:1px}}" for n, colour in enumerate(COLOURS)
    )
    return f"<style>{lines}body{{padding-top:18px!important}}</style>"
