"""The pictures of Home: each answers one question, with the rows behind it and the way to their records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Case, CharField, Count, DurationField, ExpressionWrapper, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sales.models import LeadStatus, OpportunityStatus, Stage, StageVisit
from sales.queries.home import FEW, Home

YEAR = timedelta(days=365)
AGES = ((30, _("Up to 30 days")), (60, _("31 to 60 days")), (90, _("61 to 90 days")), (None, _("Over 90 days")))
NO_SOURCE = _("No source")


@dataclass(frozen=True)
class Bar:
    """One row of a picture. `share` is its part of the largest, 0 to 100; `query` finds its records in their list."""

    label: Any
    value: Any
    share: int = 0
    beside: Any = ""
    query: str = ""


def funnel(home: Home) -> list[Bar]:
    """Of the leads of the last twelve months: how many were qualified, became a deal, were won?"""
    since = home.now - YEAR
    leads = home.leads.filter(created_at__gte=since)
    counts = leads.aggregate(
        all=Count("pk"),
        qualified=Count("pk", filter=Q(status=LeadStatus.QUALIFIED)),
    )
    deals = home.deals.filter(lead__in=leads)
    ends = deals.aggregate(deals=Count("lead", distinct=True), won=Count("lead", distinct=True, filter=Q(status="won")))
    day = f"created_at__from={since:%Y-%m-%d}"
    rows = [
        (_("Leads"), counts["all"], f"leads?view=all&{day}"),
        (_("Qualified"), counts["qualified"], f"leads?view=all&status=qualified&{day}"),
        (_("Deals"), ends["deals"], ""),
        (_("Won"), ends["won"], ""),
    ]
    most = counts["all"] or 1
    return [Bar(label, n, n * 100 // most, f"{n * 100 // most} %", query) for label, n, query in rows]


def stage_duration(home: Home) -> list[Bar]:
    """How long do deals stay in a stage? The mean of stays that ended in the last twelve months, in days."""
    stay = ExpressionWrapper(F("left_at") - F("entered_at"), output_field=DurationField())
    visits = StageVisit.objects.filter(left_at__gte=home.now - YEAR, opportunity__in=home.deals).order_by()
    means = dict(visits.values("stage").annotate(mean=Avg(stay)).values_list("stage", "mean"))
    days = {stage: round(means[stage].total_seconds() / 86400, 1) for stage in Stage if means.get(stage)}
    most = max(days.values(), default=0) or 1
    return [Bar(stage.label, days[stage], int(days[stage] * 100 / most), _("days")) for stage in Stage if stage in days]


def win_rate(home: Home) -> list[Bar]:
    """Which sources bring deals that are won? Of the deals that ended in the last twelve months."""
    source = Case(
        When(lead__isnull=False, then=F("lead__source")),
        When(campaign__isnull=False, then=F("campaign__name")),
        default=Value(""),
        output_field=CharField(),
    )
    ended = home.deals.exclude(status=OpportunityStatus.OPEN).filter(closed_on__gte=home.today - YEAR)
    rows = (
        ended.annotate(came_by=Coalesce(source, Value("")))
        .values("came_by")
        .annotate(n=Count("pk"), won=Count("pk", filter=Q(status="won")))
    )
    most = sorted(rows, key=lambda row: -row["n"])[:FEW]
    return [
        Bar(
            row["came_by"] or NO_SOURCE,
            f"{row['won'] * 100 // row['n']} %",
            row["won"] * 100 // row["n"],
            f"{row['won']} / {row['n']}",
        )
        for row in most
    ]


def ageing(home: Home) -> list[Bar]:
    """How old are the open deals?"""
    bands, last = [], None
    for days, label in AGES:
        first = home.today - timedelta(days=days) if days else None
        bands.append((label, {"from": first, "to": last}))
        last = first and first - timedelta(days=1)
    marks: dict[str, Any] = {}
    for number, (_label, ends) in enumerate(bands):
        lookups = {"from": "created_at__date__gte", "to": "created_at__date__lte"}
        inside = Q(**{lookups[name]: day for name, day in ends.items() if day})
        marks |= {f"n{number}": Count("pk", filter=inside), f"s{number}": Sum("estimated_revenue_base", filter=inside)}
    found = home.deals.open().aggregate(**marks)
    most = max(found[f"n{number}"] for number in range(len(bands))) or 1
    bars = []
    for number, (label, ends) in enumerate(bands):
        bounds = [f"created_at__{name}={day:%Y-%m-%d}" for name, day in ends.items() if day]
        query = "&".join(["opportunities?view=all", "status=open", *bounds])
        n, worth = found[f"n{number}"], found[f"s{number}"] or Decimal(0)
        bars.append(Bar(label, n, n * 100 // most, worth, query))
    return bars


PICTURES = {
    "funnel": (_("From lead to deal"), _("Leads of the last twelve months"), funnel),
    "win-rate": (_("Win rate by source"), _("Deals that ended in the last twelve months"), win_rate),
    "stage-duration": (_("Days in each stage"), _("Stays that ended in the last twelve months"), stage_duration),
    "ageing": (_("Age of open deals"), _("Since they were opened"), ageing),
}
