"""How many rows a list has: exact as far as counting is cheap, beyond it what the database estimates."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

COUNTED = 10_000


@dataclass(frozen=True)
class Total:
    """`count` rows; where it is not exact, about so many, or more than so many where nothing better is known."""

    count: int
    is_exact: bool = True
    is_lower_bound: bool = False

    def __str__(self) -> str:
        written = number_format(self.count, force_grouping=True)
        if self.is_exact:
            return written
        return _("over %s") % written if self.is_lower_bound else _("about %s") % written


def total_of(rows: QuerySet) -> Total:
    """Exact up to 10,000, never an unbounded count.

    PostgreSQL is asked first what its planner expects, so that a million rows are not counted up to ten thousand for
    nothing; where it expects too many by mistake, the first ten thousand tell.
    """
    expected = _expected(rows)
    if expected is None or expected < 20 * COUNTED:
        counted = rows.order_by()[: COUNTED + 1].count()
        if counted <= COUNTED:
            return Total(counted)
    if expected is None or expected <= COUNTED:
        return Total(COUNTED, is_exact=False, is_lower_bound=True)
    return Total(_rounded(expected), is_exact=False)


def _expected(rows: QuerySet) -> int | None:
    """The number of rows PostgreSQL's planner expects; None elsewhere."""
    if connection.vendor != "postgresql":
        return None
    plan = json.loads(rows.order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def _rounded(number: int) -> int:
    """Three digits: more would look exact."""
    step = 10 ** max(len(str(number)) - 3, 0)
    return round(number / step) * step
