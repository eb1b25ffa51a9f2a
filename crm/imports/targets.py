"""What the columns of a file may become: the fields of a kind of record as targets, and the targets that others share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.access.depths import may
from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.importers import Habits, Target
from crm.hooks.records import Field
from crm.imports import cells
from crm.imports.headers import WORDS
from crm.models import Campaign, Currency, Tag, Team, User

LONG = 20_000
ID = Target("id", _("Id in Tandem"), "number", ("id", "recordid", "tandemid"), cells.whole_number(False, 1, 2**62), 20)
"""For round trips: what was exported, changed in a spreadsheet, and comes back."""


def targets_of(name: str, habits: Habits, *, leave_out: Sequence[str] = ()) -> list[Target]:
    """The editable fields of a kind of record, custom ones included, as targets."""
    kind = records.get(name)
    return [
        target_of(kind.model, field, habits)
        for field in kind.all_fields()
        if field.is_editable and field.name not in leave_out and (field.name != "team" or may_assign(habits.by, name))
    ]


def target_of(model: Any, field: Field, habits: Habits) -> Target:
    """One field as a target; a column keeps the limits of its model."""
    column: Any = None if field.is_custom or field.name == "tags" else model._meta.get_field(field.name)
    longest = LONG if field.kind == "longtext" else 500
    if field.kind not in ("choice", "choices"):  # a choice may be written as its label, which is longer
        longest = getattr(column, "max_length", None) or longest
    is_looked_up_later = field.kind == "lookup" and field.to not in _SMALL and not field.is_custom
    return Target(
        field.name,
        field.label,
        field.kind,
        WORDS.get(field.name, ()),
        None if is_looked_up_later else _cleaner(model, field, column, habits),
        300 if column is not None and column.is_relation else longest,
        field.to if is_looked_up_later else "",
        "" if is_looked_up_later else "crm.currency" if field.name == "currency" else field.to,
    )


def _cleaner(model: Any, field: Field, column: Any, habits: Habits) -> Callable[[str], Any] | None:
    if field.check is not None:
        return custom_value(field, _read(field, column, habits), habits)
    if field.name in _BY_NAME:
        return _BY_NAME[field.name](habits)
    return _read(field, column, habits)


def custom_value(field: Field, read: Callable[[str], Any] | None, habits: Habits) -> Callable[[str], Any]:
    """A cell read by its kind, then judged by the field itself. Another record is named by its id."""
    check: Any = field.check

    def clean(cell: str) -> Any:
        try:
            return check(read(cell) if read else cell, habits.by, None)
        except Invalid as problem:
            raise ValueError(problem.message.removeprefix(f"{field.label}: ")) from None

    return clean


def _read(field: Field, column: Any, habits: Habits) -> Callable[[str], Any] | None:
    match field.kind:
        case "email":
            return cells.email
        case "url":
            return cells.url
        case "number" | "money":
            return _number(field, column, habits)
        case "day":
            return cells.day(habits.day_first)
        case "moment":
            return cells.moment(habits.day_first, habits.by.time_zone or "UTC")
        case "yesno":
            return cells.yes_or_no
        case "choice":
            return cells.one_of(field.choices() if field.choices else ())
        case "choices":
            return cells.several_of(field.choices() if field.choices else ())
        case "person":
            return person()
        case "tags":
            return tags(habits)
        case "lookup" if field.to in _SMALL:
            return _SMALL[field.to](habits)
    return None


def _number(field: Field, column: Any, habits: Habits) -> Callable[[str], Any]:
    if column is None:
        return cells.number(habits.decimal_comma, 18, 2 if field.kind == "money" else 6)
    if column.get_internal_type() == "DecimalField":
        least = next((Decimal(v.limit_value) for v in column.validators if isinstance(v, MinValueValidator)), None)
        return cells.number(habits.decimal_comma, column.max_digits, column.decimal_places, least)
    limits = [v.limit_value for v in column.validators if isinstance(v, MaxValueValidator)]
    most = min([2_147_483_647, *limits])
    return cells.whole_number(habits.decimal_comma, most=most)


def may_assign(user: User, resource: str) -> bool:
    """May this person give such records to somebody else?"""
    return may(user, resource, "assign")


# What every kind of record may name


def person() -> Callable[[str], Any]:
    """A user by email or full name, as other systems write owners, or by id."""

    def rows() -> Mapping[str, Any]:
        people = User.objects.filter(is_active=True).values_list("pk", "email", "name")
        return cells.by_names((pk, email, name, pk) for pk, email, name in people)

    return cells.row_named(rows, "active user")


def tags(habits: Habits) -> Callable[[str], Any]:
    """Words. Those that no tag has yet become tags, where the importer lets them."""
    known: list[frozenset[str]] = []

    def clean(cell: str) -> list[str]:
        found = cells.words(cell)
        if too_long := next((word for word in found if len(word) > 60), None):
            raise ValueError(f"A tag has at most 60 characters; “{too_long[:40]}…” has {len(too_long)}.")
        if not habits.creates_related:
            if not known:
                known.append(frozenset(name.casefold() for name in Tag.objects.values_list("name", flat=True)))
            if unknown := next((word for word in found if word.casefold() not in known[0]), None):
                raise ValueError(f"There is no tag “{unknown}”, and this import makes none.")
        return found

    return clean


def campaign(habits: Habits) -> Callable[[str], Any]:
    def rows() -> Mapping[str, Any]:
        seen = Campaign.objects.visible_to(habits.by).values_list("pk", "name")
        return cells.by_names((pk, name, pk) for pk, name in seen)

    return cells.row_named(rows, "campaign")


def team(habits: Habits) -> Callable[[str], Any]:
    return cells.row_named(
        lambda: cells.by_names((pk, name, pk) for pk, name in Team.objects.values_list("pk", "name")), "team"
    )


def currency(habits: Habits) -> Callable[[str], Any]:
    def rows() -> Mapping[str, Any]:
        known = Currency.objects.filter(~Q(code="")).values_list("code", "name", "symbol")
        return cells.by_names((code, code, name, symbol) for code, name, symbol in known)

    return cells.row_named(rows, "currency")


_SMALL: dict[str, Callable[[Habits], Callable[[str], Any]]] = {"crm.team": team, "crm.campaign": campaign}
_BY_NAME: dict[str, Callable[[Habits], Callable[[str], Any]]] = {
    "country": lambda habits: cells.country,
    "language": lambda habits: cells.language,
    "time_zone": lambda habits: cells.time_zone,
    "currency": currency,
    "employees": lambda habits: cells.whole_number(habits.decimal_comma),
}
