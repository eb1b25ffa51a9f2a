"""Asking for a custom value in a query: true or false for every row, never unknown."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django.db.models import Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)

from crm.custom_fields.sql import NUMBERS, TEXTS, CustomValue, HasChoices
from crm.hooks.records import Field
from crm.rules.columns import Compare, answer

_LOOKUPS: dict[str, Any] = {
    "exact": Exact,
    "iexact": Exact,
    "icontains": Contains,
    "istartswith": StartsWith,
    "iendswith": EndsWith,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
}


def compare(field: Field, path: str, lookup: str, value: Any) -> Q:
    """One of Django's lookups, asked of the value under the field's key in the JSON column at `path`."""
    made = CustomValue(field.kind, field.key, path)
    if lookup == "isnull":
        return Q(IsNull(made, value))
    asked = In(made, list(value)) if lookup == "in" else _LOOKUPS[lookup](made, _compared_with(field, value))
    return Q(IsNull(made, False)) & Q(asked)


def _compared_with(field: Field, value: Any) -> Combinable:
    if field.kind in NUMBERS:
        return Value(float(value))
    if field.kind in TEXTS:
        return Lower(Value(value))
    if field.kind == "yesno":
        return Value("true" if value else "false")
    return Value(value.isoformat() if isinstance(value, date) else str(value))


def to_q(field: Field, path: str = "custom") -> Compare:
    """The answer to every operator of the rules (crm/rules/operators.py) for this field."""
    if field.kind == "choices":
        return partial(_several, field, path)
    return lambda op, value: answer(op, value, partial(compare, field, path), is_text=field.kind in TEXTS)


def _several(field: Field, path: str, op: str, value: Any) -> Q:
    filled = compare(field, path, "isnull", False)
    match op:
        case "is_filled":
            return filled
        case "is_empty":
            return ~filled
        case "has_any_of":
            return filled & Q(HasChoices(field.key, tuple(value), path))
        case "has_all_of":
            return filled & Q(HasChoices(field.key, tuple(value), path, every=True))
        case "has_none_of":
            return ~_several(field, path, "has_any_of", value)
    raise LookupError(f"Several choices cannot be tested with “{op}”.")
