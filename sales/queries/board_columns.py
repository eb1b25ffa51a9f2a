"""What the columns of the board can stand for: the stage, the forecast category, the owner, or the month of the close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.hooks.registry import Text
from crm.models import User
from sales.models import ForecastCategory, Opportunity, Stage
from sales.models.months import MonthOf, month_number

MONTHS = 6
NONE, PAST, LATER = "none", "past", "later"
DAY = "estimated_close"


@dataclass(frozen=True)
class Column:
    """`rows` are its deals, `narrowed` the same in words of the list. Only where `is_target` can a card be dropped."""

    key: str
    label: Text
    rows: Q
    narrowed: dict[str, str] = field(default_factory=dict)
    is_target: bool = True


@dataclass(frozen=True)
class Grouping:
    """Deals by a column of theirs; `key_of(value, today)` says which column of the board a value of it belongs to.

    `columns(today, keys)` are those to show, where `keys` have deals.
    """

    name: str
    label: Text
    column: str
    columns: Callable[[date, Sequence[str]], Sequence[Column]]
    key_of: Callable[[Any, date], str] = lambda value, today: str(value)

    def place_of(self, card: Opportunity, today: date) -> str:
        value = getattr(card, Opportunity._meta.get_field(self.column).attname)  # type: ignore[union-attr]
        return self.key_of(value, today)


def _stages(today: date, keys: Sequence[str]) -> list[Column]:
    return [Column(stage.value, stage.label, Q(stage=stage), {"stage": stage.value}) for stage in Stage]


def _categories(today: date, keys: Sequence[str]) -> list[Column]:
    closing = (ForecastCategory.WON, ForecastCategory.LOST)
    return [
        Column(one.value, one.label, Q(forecast_category=one), {"forecast_category": one.value})
        for one in ForecastCategory
        if one not in closing
    ]


def _owners(today: date, keys: Sequence[str]) -> list[Column]:
    """Who owns deals here, by name."""
    people = User.objects.filter(pk__in=[key for key in keys if key != NONE]).order_by("name", "pk")
    found = [Column(str(pk), name, Q(owner=pk), {"owner": str(pk)}) for pk, name in people.values_list("pk", "name")]
    nobody = Column(NONE, _("Nobody"), Q(owner=None), {"owner__empty": "yes"}, is_target=False)
    return [nobody, *found] if NONE in keys else found


def _months(today: date, keys: Sequence[str]) -> list[Column]:
    columns = [_between(PAST, _("Overdue"), None, today - timedelta(days=1))]
    for number in range(MONTHS):
        first = first_of(today, number)
        last = first_of(today, number + 1) - timedelta(days=1)
        # By the month an index holds the cards in their order; by the days they would all be sorted
        rows = Q(Exact(MonthOf(F(DAY)), month_number(first)))
        label = formats.date_format(first, "F Y")
        columns.append(_between(f"{first:%Y-%m}", label, max(first, today), last, rows))
    columns.append(_between(LATER, _("Later"), first_of(today, MONTHS), None))
    columns.append(Column(NONE, _("No day"), Q(**{DAY: None}), {f"{DAY}__empty": "yes"}))
    return columns


def _between(key: str, label: str, first: date | None, last: date | None, within: Q = Q()) -> Column:  # noqa: B008
    ends = {"gte": first, "lte": last}
    rows = Q(**{f"{DAY}__{op}": end for op, end in ends.items() if end})
    words = {"gte": f"{DAY}__from", "lte": f"{DAY}__to"}
    narrowed = {words[op]: end.isoformat() for op, end in ends.items() if end}
    return Column(key, label, within & rows, narrowed, is_target=bool(first and last))


def first_of(today: date, months_on: int) -> date:
    """The first day of the month so many months on."""
    months = today.year * 12 + today.month - 1 + months_on
    return date(months // 12, months % 12 + 1, 1)


def _month_of(day: date | None, today: date) -> str:
    if day is None:
        return NONE
    if day < today:
        return PAST
    return LATER if day >= first_of(today, MONTHS) else f"{day:%Y-%m}"


def _owner_of(owner: int | None, today: date) -> str:
    return str(owner or NONE)


GROUPINGS = {
    one.name: one
    for one in (
        Grouping("stage", lazy("Stage"), "stage", _stages),
        Grouping("category", lazy("Forecast category"), "forecast_category", _categories),
        Grouping("owner", lazy("Owner"), "owner", _owners, _owner_of),
        Grouping("month", lazy("Month of the close"), DAY, _months, _month_of),
    )
}
