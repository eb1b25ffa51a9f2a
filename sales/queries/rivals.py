"""How we stand against a competitor: the deals it is in, what was won against it, what it took."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.hooks.registry import Text
from crm.queries.rates import base_currency
from sales.models import Competitor, Opportunity, OpportunityStatus, Rivalry

FEW = 8
IS_OPEN, IS_WON, IS_LOST = (Q(status=status) for status in OpportunityStatus.values)


@dataclass(frozen=True)
class Share:
    """Deals of one outcome: how many, what they are worth in the company's currency, the newest few, the door to all."""

    label: Text
    count: int
    worth: Decimal
    deals: list[Opportunity]
    address: str


@dataclass(frozen=True)
class Standing:
    """As far as the reader sees the deals. `won_of_closed` is a percentage, None while nothing is closed."""

    shares: list[Share]
    won_of_closed: int | None
    currency: str


def deals_against(competitor: Competitor, user: Any) -> QuerySet[Opportunity]:
    """The deals it is named in, and those it took, that the reader sees."""
    found: QuerySet[Opportunity] = Opportunity.objects.visible_to(user).filter(named_in(competitor.pk))
    return found


def named_in(competitor: int) -> Q:
    """Deals that name it: among their competitors, or as the one they were lost to."""
    return Q(lost_to=competitor) | Q(pk__in=Rivalry.objects.filter(competitor=competitor).values("opportunity"))


def standing_of(competitor: Competitor, user: Any) -> Standing:
    """Lost counts only what went to this one; a deal that was lost otherwise was not lost to it."""
    taken = IS_LOST & Q(lost_to=competitor.pk)
    deals = deals_against(competitor, user)
    sums = deals.aggregate(
        open=Count("pk", filter=IS_OPEN), open_worth=Sum("estimated_revenue_base", filter=IS_OPEN),
        won=Count("pk", filter=IS_WON), won_worth=Sum("actual_revenue_base", filter=IS_WON),
        lost=Count("pk", filter=taken), lost_worth=Sum("estimated_revenue_base", filter=taken),
    )  # fmt: skip
    wanted = [
        ("open", _("Open against it"), IS_OPEN),
        ("won", _("Won against it"), IS_WON),
        ("lost", _("Lost to it"), taken),
    ]
    shares = [_share(competitor, name, label, sums, deals.filter(which)) for name, label, which in wanted]
    closed = sums["won"] + sums["lost"]
    return Standing(shares, round(100 * sums["won"] / closed) if closed else None, base_currency())


def _share(competitor: Competitor, name: str, label: Text, sums: dict[str, Any], deals: QuerySet[Opportunity]) -> Share:
    newest = deals.select_related("account", "contact").order_by(F("closed_on").desc(nulls_last=True), "-pk")
    asked = "lost_to" if name == "lost" else "competitor"
    address = f"{reverse('sales:opportunities')}?view=all&status={name}&{asked}={competitor.pk}"
    few = list(newest[:FEW]) if sums[name] else []
    return Share(label, sums[name], sums[f"{name}_worth"] or Decimal(0), few, address)
