"""What deals are worth together, in the base currency: counted, summed and weighted by one GROUP BY, exact on both engines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Count, F, QuerySet, Sum
from django.db.models.functions import Cast, Round

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sums:
    """`weighted` counts each deal by its probability."""

    count: int = 0
    sum: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)


def sums_by(deals: QuerySet, key: str, *, named: Callable[[Any], Any] = lambda value: value) -> dict[Any, Sums]:
    """By what `named` makes of the values of a column.

    The base adds up amounts for each value and probability, which an index holds; these few lines are weighted here, so that
    nothing is multiplied deal by deal.
    """
    rows = deals.order_by().values(key, "probability").annotate(n=Count("*"), total=Sum(_amount()))
    unit = Decimal(1) if connection.vendor == "postgresql" else Decimal(100)
    counts: dict[Any, int] = defaultdict(int)
    totals: dict[Any, Decimal] = defaultdict(Decimal)
    shares: dict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        name, total = named(row[key]), Decimal(row["total"])
        counts[name] += row["n"]
        totals[name] += total
        shares[name] += total * row["probability"]
    return {
        name: Sums(count, (totals[name] / unit).quantize(CENT), (shares[name] / unit / 100).quantize(CENT))
        for name, count in counts.items()
    }


def _amount() -> Any:
    """SQLite adds decimals as floating-point numbers; in cents they stay exact."""
    if connection.vendor == "postgresql":
        return F("estimated_revenue_base")
    return Cast(Round(F("estimated_revenue_base") * 100), BigIntegerField())
