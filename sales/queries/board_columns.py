"""What the columns of the board can stand for: the stage, the forecast category, the owner, or the month of the close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.hooks.registry import Text
from crm.models import User
from sales.models import ForecastCategory, Opportunity, Stage

MONTHS = 6
MOST_OWNERS = 50
NONE, PAST, LATER = "none", "past", "later"


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
    """`keyed` annotates rows with `lane`, `key_of` turns that into the key of a column; `place_of` says it of one deal.

    `columns(today, keys)` are those to show, where `keys` have deals.
    """

    name: str
    label: Text
    keyed: Callable[[QuerySet, date], QuerySet]
    columns: Callable[[date, Sequence[str]], Sequence[Column]]
    place_of: Callable[[Opportunity, date], str]
    key_of: Callable[[Any], str] = str


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
    """Who owns deals here, by name, fifty at most; who sees more narrows the board."""
    people = User.objects.filter(pk__in=[key for key in keys if key != NONE]).order_by("name", "pk")[:MOST_OWNERS]
    found = [Column(str(one.pk), one.name, Q(owner=one.pk), {"owner": str(one.pk)}) for one in people]
    nobody = Column(NONE, _("Nobody"), Q(owner=None), {"owner__empty": "yes"}, is_target=False)
    return [nobody, *found] if NONE in keys else found


def _months(today: date, keys: Sequence[str]) -> list[Column]:
    day = "estimated_close"
    columns = [_between(PAST, _("Overdue"), None, today - timedelta(days=1))]
    for number in range(MONTHS):
        first = first_of(today, number)
        last = first_of(today, number + 1) - timedelta(days=1)
        columns.append(_between(f"{first:%Y-%m}", formats.date_format(first, "F Y"), max(first, today), last))
    columns.append(_between(LATER, _("Later"), first_of(today, MONTHS), None))
    columns.append(Column(NONE, _("No day"), Q(**{day: None}), {f"{day}__empty": "yes"}))
    return columns


def _between(key: str, label: str, first: date | None, last: date | None) -> Column:
    day, ends = "estimated_close", {"gte": first, "lte": last}
    rows = Q(**{f"{day}__{op}": end for op, end in ends.items() if end})
    words = {"gte": f"{day}__from", "lte": f"{day}__to"}
    narrowed = {words[op]: end.isoformat() for op, end in ends.items() if end}
    return Column(key, label, rows, narrowed, is_target=bool(first and last))


def first_of(today: date, months_on: int) -> date:
    """The first day of the month so many months on."""
    months = today.year * 12 + today.month - 1 + months_on
    return date(months // 12, months % 12 + 1, 1)


def _month_of(card: Opportunity, today: date) -> str:
    day = card.estimated_close
    if day is None:
        return NONE
    if day < today:
        return PAST
    return LATER if day >= first_of(today, MONTHS) else f"{day:%Y-%m}"


def _keyed_by_month(rows: QuerySet, today: date) -> QuerySet:
    whens = [When(column.rows, then=Value(column.key)) for column in _months(today, ())]
    return rows.annotate(lane=Case(*whens, output_field=CharField()))


def _by(name: str) -> Callable[[QuerySet, date], QuerySet]:
    return lambda rows, today: rows.annotate(lane=F(name))


GROUPINGS = {
    one.name: one
    for one in (
        Grouping("stage", lazy("Stage"), _by("stage"), _stages, lambda card, today: card.stage),
        Grouping(
            "category",
            lazy("Forecast category"),
            _by("forecast_category"),
            _categories,
            lambda card, today: card.forecast_category,
        ),
        Grouping(
            "owner",
            lazy("Owner"),
            _by("owner"),
            _owners,
            lambda card, today: str(card.owner_id or NONE),
            lambda value: str(value or NONE),
        ),
        Grouping("month", lazy("Month of the close"), _keyed_by_month, _months, _month_of),
    )
}
