"""The board: what stands in each stage, with count, sum and weighted sum in the base currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber

from sales.models import Opportunity, Stage

CARDS = 50


@dataclass(frozen=True)
class Lane:
    """One column of the board. It shows the first 50 cards by closing day; `count` counts them all."""

    stage: Stage
    cards: list[Opportunity]
    count: int
    sum: Decimal
    weighted: Decimal

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


def board_of(user: Any, owner: Any = None) -> list[Lane]:
    """One query for the cards and one for the sums, however many there are."""
    deals = Opportunity.objects.visible_to(user).open()
    if owner:
        deals = deals.filter(owner=owner)
    place = Window(
        RowNumber(), partition_by=F("stage"), order_by=[F("estimated_close").asc(nulls_last=True), F("pk").asc()]
    )
    cards = deals.select_related("account", "contact", "owner").annotate(place=place).filter(place__lte=CARDS)
    cards = cards.order_by("place")
    sums = {
        row["stage"]: row
        for row in deals.order_by()
        .values("stage")
        .annotate(
            n=Count("pk"),
            total=Sum("estimated_revenue_base"),
            share=Sum(F("estimated_revenue_base") * F("probability")),
        )
    }
    lanes: dict[str, list[Opportunity]] = {stage: [] for stage in Stage}
    for card in cards:
        lanes[card.stage].append(card)
    return [_lane(stage, lanes[stage], dict(sums.get(stage, {}))) for stage in Stage]


def _lane(stage: Stage, cards: list[Opportunity], sums: dict[str, Any]) -> Lane:
    share = Decimal(sums.get("share") or 0) / 100
    return Lane(stage, cards, sums.get("n", 0), sums.get("total") or Decimal(0), share.quantize(Decimal("0.01")))
