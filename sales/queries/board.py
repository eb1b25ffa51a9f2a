"""The board: open deals in columns, with count, sum and weighted sum in the base currency, exact however many there are.

A column pages by key in the order of `place`. Sums are one GROUP BY over what the reader sees; cards are read column by
column from an index, so that a page costs the same among a hundred deals and among a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType

from crm.models import Activity
from crm.queries.keyset import KeysetPage, Order, page_of
from crm.queries.lists import ListQuery
from sales.models import Opportunity
from sales.queries.board_columns import Column, Grouping
from sales.queries.sums import Sums, sums_by

CARDS = 12
"""More than a screen shows of a column; the rest comes as it is scrolled."""
LANES = 50
"""So many columns come at once: a company may have a thousand owners."""
FILLED = 6
"""So many columns come with their cards; further ones fetch them when they are scrolled to."""
BY_PLACE = Order(("place",))
RELATED = ("account", "contact", "owner", "process")
LATE = timedelta(seconds=10)
"""Longer than a transaction lasts: what was written before a look and committed after it is found by the next one."""
MOST_CHANGES = 100
MOST_SHOWN = 2000


@dataclass(frozen=True)
class Lane:
    """One column. `count`, `sum` and `weighted` are of all its deals; `page` has the first cards, None where they come later."""

    column: Column
    count: int
    sum: Decimal
    weighted: Decimal
    page: KeysetPage | None = None


@dataclass(frozen=True)
class Board:
    """What one reader sees for a query string of the list, grouped."""

    asked: ListQuery
    grouping: Grouping
    today: date

    @cached_property
    def deals(self) -> Any:
        """The open deals that match, whoever may see them."""
        return self.asked.matching.open()  # type: ignore[attr-defined]

    @cached_property
    def columns(self) -> Sequence[Column]:
        return self.grouping.columns(self.today, list(self._sums))

    @cached_property
    def _sums(self) -> dict[str, Sums]:
        """By the key of the column."""
        seen = self.deals.visible_to(self.asked.user)
        return sums_by(seen, self.grouping.column, named=lambda value: self.grouping.key_of(value, self.today))

    @cached_property
    def total(self) -> Sums:
        """Of all its deals, also those in columns that are not shown yet."""
        lanes, zero = self._sums.values(), Decimal(0)
        return Sums(
            sum(one.count for one in lanes),
            sum((one.sum for one in lanes), zero),
            sum((one.weighted for one in lanes), zero),
        )

    def heads(self, most: int | None = None) -> list[Lane]:
        """Every column with its numbers and no cards, or so many of them."""
        return [self._lane(column) for column in self.columns[:most]]

    def lanes(self, first: int = 0) -> list[Lane]:
        """The columns from a number on, the first ones of the board with their first cards."""
        return [
            self._lane(column, self.page(column) if number < FILLED and column.key in self._sums else None)
            for number, column in enumerate(self.columns[first : first + LANES], start=first)
        ]

    def lanes_after(self, first: int) -> int:
        """How many columns there are behind those that `lanes(first)` answers."""
        return max(len(self.columns) - first - LANES, 0)

    def page(self, column: Column, after: str = "") -> KeysetPage:
        rows = self.deals.filter(column.rows).select_related(*RELATED)
        return page_of(rows, BY_PLACE, self.asked.ways, size=CARDS, after=after)

    def cards(self, keys: Sequence[int]) -> list[Opportunity]:
        """Those of these deals that stand on this board, in its order."""
        rows = self.deals.filter(pk__in=keys).visible_to(self.asked.user).select_related(*RELATED)
        return list(rows.order_by("place", "pk"))

    def standing(self, keys: Sequence[int]) -> set[int]:
        """Which of these deals stand on this board."""
        rows = self.deals.filter(pk__in=keys).visible_to(self.asked.user).order_by()
        return set(rows.values_list("pk", flat=True))

    def column_of(self, card: Opportunity) -> str:
        return self.grouping.place_of(card, self.today)

    def _lane(self, column: Column, page: KeysetPage | None = None) -> Lane:
        sums = self._sums.get(column.key, Sums())
        return Lane(column, sums.count, sums.sum, sums.weighted, page)


def changed_since(moment: datetime) -> list[int]:
    """The keys of the deals that were changed or placed since, or about which something was planned or done, by an index
    each; one more than `MOST_CHANGES` of a sort at most.
    """
    since = moment - LATE
    rows = Opportunity.objects.order_by()
    found = (
        rows.filter(updated_at__gt=since).values_list("pk", flat=True),
        rows.filter(placed_at__gt=since).values_list("pk", flat=True),
        Activity.objects.order_by()
        .filter(updated_at__gt=since, regarding_type=ContentType.objects.get_for_model(Opportunity))
        .values_list("regarding_id", flat=True),
    )
    return sorted({key for keys in found for key in keys[: MOST_CHANGES + 1] if key})
