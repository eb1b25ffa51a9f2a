"""Pages by key, not by number: the next rows after the last one seen, in any order, both ways, at the same cost everywhere.

The order is a few columns and the key, all in one direction. Rows without a value come last in both directions; they are a
second stretch of the list, asked for only where a page reaches it, so that plain indexes serve on both engines.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, OrderBy, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from crm.access.ways import Ways
from crm.models import User

MOST_PEOPLE = 60
"""With more owners than this, walking the whole list and skipping costs less than asking for the first rows of each."""


@dataclass(frozen=True)
class Order:
    """`columns` of the model, then its key; only the first column may be empty."""

    columns: tuple[str, ...]
    is_descending: bool = False

    def by(self, *, is_back: bool) -> list[str]:
        sign = "-" if self.is_descending != is_back else ""
        return [f"{sign}{column}" for column in (*self.columns, "pk")]

    def is_kept_by_owner(self, model: type[Model]) -> bool:
        """Does an index hold the rows of each owner in this order?"""
        wanted = ["owner", *self.columns, "id"]
        return any(index.fields == wanted and index.condition is None for index in model._meta.indexes)

    def sorting(self, *, is_back: bool) -> list[OrderBy]:
        """The same order in words that no index knows, so that the few rows of an owner are read and sorted.

        PostgreSQL would rather walk all of the table in this order, and meet too few of theirs: four seconds at a million rows.
        """
        is_down = self.is_descending != is_back
        return [OrderBy(Coalesce(name, name), descending=is_down) for name in (*self.columns, "pk")]


@dataclass
class KeysetPage:
    """The rows of one page. `before` and `after` are the marks of the pages around it, "" where there is none."""

    rows: list[Any] = field(default_factory=list)
    before: str = ""
    after: str = ""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    @property
    def is_whole(self) -> bool:
        """Is this everything there is?"""
        return not self.before and not self.after


class Beyond(Func):
    """(a, b, key) > (1, 2, 3), as one comparison: an index positions on it, however many rows share a value."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: list[Any], values: list[Any], sign: str) -> None:
        super().__init__(*columns, *values)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        compiled = [compiler.compile(one) for one in self.source_expressions]
        half = len(compiled) // 2
        sides = (", ".join(sql for sql, _params in side) for side in (compiled[:half], compiled[half:]))
        return f"({next(sides)}) {self.sign} ({next(sides)})", [p for _sql, params in compiled for p in params]


def page_of(
    rows: QuerySet, order: Order, ways: Ways | None, *, size: int, after: str = "", before: str = ""
) -> KeysetPage:
    """The page after a mark, before one, or the first. `ways` are those by which the reader sees rows; None: all of them.

    A mark that cannot be read means the first page.
    """
    is_back = bool(before)
    mark = _read(rows.model, order, before or after)
    if mark is None:
        is_back = False
    found: list[Any] = []
    for stretch in _stretches(rows, order, mark, is_back):
        found += _first(stretch, order, is_back, ways, size + 1 - len(found))
        if len(found) > size:
            break
    has_more = len(found) > size
    if is_back and not has_more:
        return page_of(rows, order, ways, size=size)  # the first page is a whole page, whatever stood before the mark
    found = found[:size]
    if is_back:
        found.reverse()
    page = KeysetPage(found)
    if found and (has_more or is_back):
        page.after = _mark(found[-1], order)
    if found and mark is not None:
        page.before = _mark(found[0], order)
    return page


def _stretches(rows: QuerySet, order: Order, mark: list[Any] | None, is_back: bool) -> Iterator[QuerySet]:
    """The rows with a value in the first column and those without, in the order of reading, each from the mark on."""
    first = order.columns[0]
    if not rows.model._meta.get_field(first).null:
        yield rows if mark is None else rows.filter(_beyond(rows.model, order, order.columns, mark, is_back))
        return
    filled, empty = rows.filter(**{f"{first}__isnull": False}), rows.filter(**{f"{first}__isnull": True})
    is_empty = mark is not None and mark[0] is None
    if mark is not None:
        columns = order.columns[1:] if is_empty else order.columns
        stretch = (empty if is_empty else filled).filter(_beyond(rows.model, order, columns, mark, is_back))
        yield stretch
        if is_empty == is_back:
            yield filled if is_back else empty
        return
    yield from (filled, empty)


def _beyond(model: type[Model], order: Order, columns: tuple[str, ...], mark: list[Any], is_back: bool) -> Beyond:
    names = [*columns, "pk"]
    fields = [model._meta.get_field(name) for name in columns] + [model._meta.pk]
    values = [Value(value, output_field=f) for f, value in zip(fields, mark[-len(names) :], strict=True)]  # type: ignore[arg-type]
    return Beyond([F(name) for name in names], values, "<" if order.is_descending != is_back else ">")


def _first(rows: QuerySet, order: Order, is_back: bool, ways: Ways | None, size: int) -> list[Any]:
    """The first rows in this order among those that may be seen."""
    by = order.by(is_back=is_back)
    if ways is None:
        return list(rows.order_by(*by)[:size])
    if connection.vendor != "postgresql" or len(ways.people) > MOST_PEOPLE:
        return list(rows.filter(ways.as_q()).order_by(*by)[:size])
    model: Any = rows.model
    in_turn = by if order.is_kept_by_owner(model) else order.sorting(is_back=is_back)
    candidates = _candidates(rows, in_turn, ways, size)
    return list(_like(rows, model).filter(pk__in=candidates).order_by(*by)[:size])


def _like(rows: QuerySet, model: Any) -> QuerySet:
    """All rows of the model, loaded as `rows` loads them."""
    fresh = model._base_manager.all()
    fresh.query.select_related = rows.query.select_related
    fresh.query.annotations = dict(rows.query.annotations)
    return fresh


def _candidates(rows: QuerySet, by: Sequence[str | OrderBy], ways: Ways, size: int) -> QuerySet:
    """The keys of the first rows of each owner and of every other way: all that can be among the first of all.

    Each is read from an index in its order where there is one, so that the cost is that of the page; else it is that of what
    these people own, and never that of the table.
    """

    def first(way: Q) -> QuerySet:
        return rows.filter(way).order_by(*by).values("pk")[:size]

    keys = Cast(ArraySubquery(first(Q(owner=OuterRef("pk")))), ArrayField(BigIntegerField()))  # none have a type, too
    of_each = Func(keys, function="unnest", output_field=BigIntegerField())
    owned = User.objects.filter(pk__in=ways.people).order_by().values(key=of_each)
    return owned.union(*(first(way) for way in ways.others))


def _mark(row: Any, order: Order) -> str:
    values = [getattr(row, column) for column in order.columns]
    text = json.dumps([*values, row.pk], default=str)  # to the microsecond: a rounded mark would show a row twice
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(model: type[Model], order: Order, mark: str) -> list[Any] | None:
    """The values of a mark as the model's columns hold them; None where it is none of this order."""
    if not mark:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(f"{mark}{'=' * (-len(mark) % 4)}"))
        fields = [*(model._meta.get_field(column) for column in order.columns), model._meta.pk]
        if not isinstance(said, list) or len(said) != len(fields) or any("\0" in str(v) for v in said):
            return None
        return [None if v is None else f.to_python(v) for f, v in zip(fields, said, strict=True)]  # type: ignore[union-attr]
    except (ValueError, binascii.Error, UnicodeDecodeError, ValidationError, RecursionError, TypeError):
        return None
