"""What deals are worth together, in the base currency: counted, summed and weighted by one GROUP BY, exact on both engines."""

from __future__ import annotations

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


def sums_by(deals: QuerySet, key: str) -> dict[Any, Sums]:
    """By the values of a column or an annotation."""
    rows = deals.order_by().values(key)
    rows = rows.annotate(n=Count("pk"), total=Sum(_amount()), share=Sum(_amount() * F("probability")))
    unit = Decimal(1) if connection.vendor == "postgresql" else Decimal(100)
    return {
        row[key]: Sums(
            row["n"],
            (Decimal(row["total"]) / unit).quantize(CENT),
            (Decimal(row["share"]) / unit / 100).quantize(CENT),
        )
        for row in rows
    }


def _amount() -> Any:
    """SQLite adds decimals as floating-point numbers; in cents they stay exact."""
    if connection.vendor == "postgresql":
        return F("estimated_revenue_base")
    return Cast(Round(F("estimated_revenue_base") * 100), BigIntegerField())
