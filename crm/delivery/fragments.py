"""Where in a template Liquid is needed and where not: a condition or a list is a fragment, the words between them are constant.

Only what cannot reach beyond itself is taken apart. A template that sets names (assign, capture), counts through (increment,
cycle) or trims the words around a tag is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MARK = re.compile(r"\{%(-?)\s*(\w*)(.*?)(-?)%\}|\{\{(-?).*?(-?)\}\}", re.S)
BLOCKS = frozenset({"if", "unless", "case", "for"})
WITHIN = frozenset({"elsif", "else", "when", "break", "continue", *(f"end{name}" for name in BLOCKS)})
GOES_ON = re.compile(r"\boffset\s*:?\s*continue\b")
"""A loop that begins where the one before it ended."""


class Whole(Exception):
    """It cannot be taken apart."""


def taken_apart(source: str) -> list[str]:
    """Its pieces in turn: constants at even places, fragments (with all they hold) at odd ones; [source] is a constant.

    Raises Whole.
    """
    pieces, position = [], 0
    for begin, end in _fragments(source):
        pieces += [source[position:begin], source[begin:end]]
        position = end
    return [*pieces, source[position:]]


def _fragments(source: str) -> Iterator[tuple[int, int]]:
    depth = begin = 0
    for mark in MARK.finditer(source):
        if "-" in mark.group(1, 4, 5, 6):
            raise Whole
        name = mark[2]
        if name is None:
            if not depth:
                yield mark.span()
            continue
        if name not in BLOCKS | WITHIN or GOES_ON.search(mark[3]):
            raise Whole
        if name in BLOCKS:
            begin = begin if depth else mark.start()
            depth += 1
        elif name.startswith("end"):
            depth -= 1
            if depth < 0:
                raise Whole
            if not depth:
                yield begin, mark.end()
        elif not depth:
            raise Whole
    if depth:
        raise Whole
