"""Which values an email wants of the program that sends it: what stands under “data” in its Liquid, and of what shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import LiquidError

from crm.delivery import templates
from crm.delivery.contents import Content

DATA = "data"
ROW = "[]"
"""The name under which a list has the shape of its rows."""
MENTIONED = re.compile(rf"(?:\{{\{{|\{{%)[^}}]*?\b({DATA}(?:\.\w+)*)")
LEADS = re.compile(rf"""\bhref\s*=\s*["']\s*\{{\{{-?\s*{DATA}\.(\w+(?:\.\w+)*)""", re.I)
"""The names of values that a link begins with."""
KEEP_ROWS = {"sort", "sort_natural", "reverse", "where", "reject", "uniq", "compact", "concat"}
OF_LISTS = {"join", "map", "size", "sum", "first", "last", "find", "has"}

Way = tuple[str, ...]
Names = Mapping[str, Way | None]


@dataclass
class Want:
    """One value. `inner`: of an object by name, of a list what a row is under “[]”. Not `is_needed`: it may be left out."""

    is_needed: bool = False
    is_number: bool = False
    is_any: bool = False
    is_link: bool = False
    inner: dict[str, Want] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        if ROW in self.inner:
            return "list"
        if self.inner:
            return "object"
        if self.is_link:
            return "link"
        return "any" if self.is_any else "number" if self.is_number else "text"

    def as_json(self) -> dict[str, Any]:
        inner = {name: one.as_json() for name, one in sorted(self.inner.items()) if self.kind != "list" or name == ROW}
        return {"kind": self.kind, "needed": self.is_needed, **({"inner": inner} if inner else {})}


def wants_of(content: Content) -> dict[str, Any]:
    """By name, {"kind": text, link, number, list, object or any; "needed": …; "inner": …}; in all languages; {} for most emails.

    A value is needed that is printed without a default, and a list that is looped over without an “else”; what stands
    inside a condition on such a value may be left out. Raises LiquidError where something is written wrong.
    """
    reading = _Reading()
    for one in (content, *content.variants.values()):
        for source, is_html in ((one.subject, False), (one.html, True), (one.text, False)):
            if DATA in source:
                reading.read(source, is_html=is_html)
    found: dict[str, Any] = reading.root.as_json().get("inner", {})
    return found


def mentions(source: str) -> list[str]:
    """The names of such values in a text, as they stand there: “data.order_number”."""
    return sorted(set(MENTIONED.findall(source)))


class _Reading:
    """Walks the trees of one email and notes what it meets."""

    def __init__(self) -> None:
        self.root = Want()

    def read(self, source: str, *, is_html: bool) -> None:
        names: dict[str, Way | None] = {}
        for node in templates.nodes_of(source, is_html=is_html):
            self._node(node, names, is_needed=True)
        for name in LEADS.findall(templates.readable(source)) if is_html else ():
            self._use(tuple(name.split(".")), is_needed=False).is_link = True
        _tidy(self.root)

    def _node(self, node: Any, names: dict[str, Way | None], *, is_needed: bool) -> None:
        match node:
            case OutputNode():
                self._said(node.expression, names, is_needed=is_needed)
                return
            case AssignNode():
                self._assigned(node, names, is_needed=is_needed)
                return
            case ForNode():
                names = self._looped(node, names, is_needed=is_needed)
            case _:
                for expression in node.expressions():
                    if self._tested(expression, names):
                        is_needed = False
        for child in node.children(None, include_partials=False):
            self._node(child, names, is_needed=is_needed)

    def _said(self, expression: Any, names: Names, *, is_needed: bool) -> None:
        """Printed: the value itself, and whatever its filters take."""
        filters = list(expression.filters or []) if isinstance(expression, FilteredExpression) else []
        left = expression.left if isinstance(expression, FilteredExpression) else expression
        used = {one.name for one in filters}
        if isinstance(left, Path):
            self._note(left, names, is_needed=is_needed and "default" not in used, is_any=bool(used & OF_LISTS))
            others = [argument for one in filters for argument in one.children()]
        else:
            others = [expression]
        for path in _paths(others):
            self._note(path, names, is_needed=is_needed)

    def _assigned(self, node: Any, names: dict[str, Way | None], *, is_needed: bool) -> None:
        """`{% assign rows = data.lines | sort: "price" %}`: another name for the same, where its filters leave the rows."""
        expression = node.expression
        left = expression.left if isinstance(expression, FilteredExpression) else None
        filters = {one.name for one in expression.filters or []} if left is not None else set()
        way = self._way(left, names) if isinstance(left, Path) and filters <= KEEP_ROWS else None
        if way is None:
            self._said(expression, names, is_needed=is_needed)
        names[node.name] = way

    def _looped(self, node: ForNode, names: Names, *, is_needed: bool) -> dict[str, Way | None]:
        """The names as they are inside: the loop's own stands for a row."""
        loop: LoopExpression = node.expression
        inside = {**names, "forloop": None, loop.identifier: None}
        if isinstance(loop.iterable, Path):
            way = self._way(loop.iterable, names)
            if way:
                self._use((*way, ROW), is_needed=False)
                self._use(way, is_needed=is_needed and node.default is None)
                inside[loop.identifier] = (*way, ROW)
        return inside

    def _tested(self, expression: Any, names: Names) -> bool:
        """Asked in a condition: known, and not needed. Answers whether it is about such a value at all."""
        found = [path for path in _paths([expression]) if self._note(path, names, is_needed=False)]
        for path in _compared_with_numbers(expression):
            if way := self._way(path, names):
                self._use(way, is_needed=False).is_number = True
        return bool(found)

    def _note(self, path: Path, names: Names, *, is_needed: bool, is_any: bool = False) -> bool:
        way = self._way(path, names)
        if way is None:
            return False
        if not way:
            raise LiquidError(f"“{DATA}” alone says nothing: name a value, like {DATA}.order_number", token=None)
        want = self._use(way, is_needed=is_needed)
        want.is_any = want.is_any or is_any
        return True

    def _way(self, path: Path, names: Names) -> Way | None:
        """Where it leads under “data”; None where it is about something else."""
        head, *rest = path.path
        base = names.get(head, () if head == DATA else None) if isinstance(head, str) else None
        if base is None:
            return None
        if any(isinstance(one, Path) for one in rest):
            raise LiquidError(f"“{path}” is looked up by another value, which cannot be checked", token=None)
        return (*base, *(ROW if isinstance(one, int) else str(one) for one in rest))

    def _use(self, way: Way, *, is_needed: bool) -> Want:
        """Note it; with a value the objects around it are needed, up to the row it stands in."""
        row = max((place for place, name in enumerate(way) if name == ROW), default=-1)
        want = self.root
        for place, name in enumerate(way):
            want = want.inner.setdefault(name, Want())
            want.is_needed = want.is_needed or (is_needed and place > row)
        return want


def _paths(expressions: Iterable[Any]) -> Iterator[Path]:
    for one in expressions:
        if isinstance(one, Path):
            yield one
        else:
            yield from _paths(one.children())


def _compared_with_numbers(expression: Any) -> Iterator[Path]:
    """`data.total > 100` fails for a text."""
    if type(expression).__name__ in ("GtExpression", "GeExpression", "LtExpression", "LeExpression"):
        sides = [expression.left, expression.right]
        if any(isinstance(side, IntegerLiteral | FloatLiteral) for side in sides):
            yield from (side for side in sides if isinstance(side, Path))
    for one in expression.children():
        if not isinstance(one, Path):
            yield from _compared_with_numbers(one)


def _tidy(want: Want) -> None:
    """`lines.size` asks how many rows a list has, and `lines.first` for one of them."""
    if ROW in want.inner:
        want.inner.pop("size", None)
        for name in ("first", "last"):
            _join(want.inner[ROW], want.inner.pop(name, Want()))
    for one in want.inner.values():
        _tidy(one)


def _join(want: Want, other: Want) -> None:
    want.is_number, want.is_any = want.is_number or other.is_number, want.is_any or other.is_any
    for name, one in other.inner.items():
        held = want.inner.setdefault(name, Want())
        held.is_needed = held.is_needed or one.is_needed
        _join(held, one)
