"""Plain columns as attributes: `column("city")` is the to_q of an attribute, for every operator of its kind.

Each answer is true or false, never unknown: a missing value is empty, is not “Berlin”, and is under nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import DecimalField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable, Value
from django.db.models.lookups import Exact, IContains, IEndsWith, IExact, IStartsWith

Compare = Callable[[str, Any], Q]
_EXPRESSION = {
    "exact": Exact,
    "iexact": IExact,
    "icontains": IContains,
    "istartswith": IStartsWith,
    "iendswith": IEndsWith,
}


def column(path: str) -> Compare:
    """The to_q of a column, also over foreign keys (“account__industry”), never over to-many relations."""

    return lambda op, value: answer(op, value, partial(_compare, path), is_text=False)


def _compare(path: str, lookup: str, value: Any) -> Q:
    """Over a relation, “not null” is asked outright: Django leaves it out of some negations, whose answer is then unknown."""
    asked = Q(**{f"{path}__{lookup}": _exact(value)})
    if "__" in path and lookup != "isnull":
        return Q(**{f"{path}__isnull": False}) & asked
    return asked


def _exact(value: Any) -> Any:
    """A column of whole numbers would cut 49.5 down to 49, so a fraction goes to the database as what it is."""
    if isinstance(value, Decimal) and value % 1:
        return Value(value, DecimalField(max_digits=40, decimal_places=10))
    return value


def text(path: str) -> Compare:
    """As `column`, for text: an empty string is empty too, and case does not matter."""
    return lambda op, value: answer(op, value, partial(_compare, path), is_text=True)


def expression(made: Combinable) -> Compare:
    """As `text`, for a text computed from columns that are never null."""

    def compare(lookup: str, value: Any) -> Q:
        if lookup == "isnull":
            return Q(pk__in=[])
        return Q(_EXPRESSION[lookup](made, Value(value)))

    return lambda op, value: answer(op, value, compare, is_text=True)


def flag(path: str) -> Compare:
    """The to_q of a yes-or-no column."""
    return lambda op, value: _compare(path, "exact", value)


_about_few: ContextVar[bool] = ContextVar("about_few", default=False)


@contextmanager
def about_few() -> Iterator[None]:
    """What is written in here is asked of a few people only: each is looked up by herself, and no table read whole."""
    before = _about_few.set(True)
    try:
        yield
    finally:
        _about_few.reset(before)


def is_about_few() -> bool:
    return _about_few.get()


def among(field: str, rows: QuerySet, key: str) -> Q:
    """Contacts whose `field` stands among `key` of `rows`: EXISTS for PostgreSQL, IN for SQLite (measured: each 3× better).

    Of a few people EXISTS is better everywhere: IN makes SQLite read all `rows` first. `key` must not be null in `rows`,
    else NOT IN is nobody.
    """
    if connection.vendor == "postgresql" or is_about_few():
        return Q(Exists(rows.filter(**{key: OuterRef(field)})))
    return Q(**{f"{field}__in": rows.values(key)})


def answer(op: str, value: Any, compare: Compare, *, is_text: bool) -> Q:
    """The question of an operator, put together from `compare(lookup, value)`; text is compared whatever its case."""
    exactly = "iexact" if is_text else "exact"
    empty = compare("isnull", True) | compare("exact", "") if is_text else compare("isnull", True)
    match op:
        case "is" | "equals":
            return compare(exactly, value)
        case "is_not":
            return ~compare(exactly, value)
        case "is_any_of":
            return reduce(or_, (compare("iexact", one) for one in value)) if is_text else compare("in", value)
        case "is_none_of":
            return ~compare("in", value)
        case "contains":
            return compare("icontains", value)
        case "contains_not":
            return ~compare("icontains", value)
        case "begins_with":
            return compare("istartswith", value)
        case "ends_with":
            return compare("iendswith", value)
        case "over":
            return compare("gt", value)
        case "at_least" | "from":
            return compare("gte", value)
        case "under" | "before":
            return compare("lt", value)
        case "at_most":
            return compare("lte", value)
        case "between":
            return compare("gte", value[0]) & compare("lt" if hasattr(value[0], "year") else "lte", value[1])
        case "is_empty":
            return empty
        case "is_filled":
            return ~empty
    raise LookupError(f"No column can be tested with “{op}”.")


def choice(path: str) -> Compare:
    """As `column`, for a choice stored as text, where the empty string is empty too."""
    plain, as_text = column(path), text(path)
    return lambda op, value: as_text(op, value) if op in ("is_empty", "is_filled") else plain(op, value)
