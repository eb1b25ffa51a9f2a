"""The value of a test, checked against what its operator takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from django.apps import apps

from crm.hooks.attributes import Choices
from crm.hooks.registry import Text
from crm.rules.operators import Operator

LONGEST_TEXT = 500
LONGEST_LIST = 1000
MAX_DAYS = 36_500


class BadValue(ValueError):
    """The value cannot be used; the message completes “City is: …”."""


def read_value(op: Operator, value: Any, choices: Choices | None, to: str = "") -> Any:
    """The value as rules use it: text, number (Decimal), date, bool, a choice's own value, an id, or a tuple of them.

    `to` is the kind of record that ids are of.
    """
    match op.takes:
        case "none":
            return None
        case "text":
            return _text(value)
        case "texts":
            return tuple(_text(one) for one in _list(value))
        case "choice":
            return _choice(value, choices)
        case "choices":
            return tuple(_choice(one, choices) for one in _list(value))
        case "record":
            return _records([value], to)[0]
        case "records":
            return _records(_list(value), to)
        case "number":
            return _number(value)
        case "numbers":
            return _two(value, _number)
        case "day":
            return _day(value)
        case "days":
            return _two(value, _day)
        case "count":
            return _count(value)
    if not isinstance(value, bool):
        raise BadValue("choose yes or no.")
    return value


def same_choice(given: Any, choices: Sequence[tuple[Any, Text]]) -> Any:
    """The choice meant by a value that came out of JSON or of a form (“3” and 3 are one), or None."""
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        return None
    return next((value for value, _ in choices if str(value) == str(given)), None)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadValue("write what to compare with.")
    if len(value) > LONGEST_TEXT or "\x00" in value:
        raise BadValue(f"that is no text of at most {LONGEST_TEXT} characters.")
    return value.strip()


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise BadValue("choose at least one.")
    if len(value) > LONGEST_LIST:
        raise BadValue(f"choose at most {LONGEST_LIST}.")
    return value


def _choice(value: Any, choices: Choices | None) -> Any:
    if value in (None, ""):
        raise BadValue("choose one.")
    found = same_choice(value, choices() if choices else [])
    if found is None:
        raise BadValue(f"“{value}” is not one of the choices.")
    return found


def _records(values: list[Any], to: str) -> tuple[int, ...]:
    """Ids of records that exist. Whether somebody may see them is asked where they are shown."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise BadValue("choose a record.")
    there = set(apps.get_model(to)._base_manager.filter(pk__in=values).values_list("pk", flat=True))
    for value in values:
        if value not in there:
            raise BadValue(f"there is no record {value} any more.")
    return tuple(values)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or abs(value) > 1e15:
        raise BadValue("write a number.")
    return Decimal(str(value))


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadValue("choose a date.") from None


def _two(value: Any, read: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadValue("give two values, from and to.")
    low, high = read(value[0]), read(value[1])
    if high < low:
        raise BadValue("the first must not be greater than the second.")
    return low, high


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_DAYS:
        raise BadValue("write a number of days, from 1.")
    return value
