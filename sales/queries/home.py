"""What Home tells: what changed, what is due, what is hot, how far to quota, and the pictures that each answer one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Activity, User
from sales.models import Lead, LeadStatus, Opportunity, OpportunityClose, OpportunityStatus, Quota, Stage, StageVisit
from sales.models.choices import Rating

FEW = 12
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


@dataclass(frozen=True)
class StageSum:
    stage: Stage
    count: int
    sum: Decimal
    weighted: Decimal
    share: int


@dataclass(frozen=True)
class Standing:
    """A person in the month: what they won, of which quota (None where none is set), in the base currency."""

    user: User
    won: Decimal
    count: int
    quota: Decimal | None

    @property
    def percent(self) -> int | None:
        return int(self.won * 100 / self.quota) if self.quota else None


@dataclass(frozen=True)
class News:
    at: datetime
    what: Any
    record: Any
    icon: str
    by: Any = None


class Home:
    """For one reader: `is_all` tells of everything they see, else of their own. Each part is one query or two."""

    def __init__(self, user: Any, *, is_all: bool, now: datetime | None = None) -> None:
        self.user, self.is_all = user, is_all
        self.now = now or timezone.now()
        self.today = timezone.localdate(self.now)
        self.month = self.today.replace(day=1)

    @property
    def deals(self) -> Any:
        return self._theirs(Opportunity.objects.visible_to(self.user)).order_by()

    @property
    def leads(self) -> Any:
        return self._theirs(Lead.objects.visible_to(self.user)).order_by()

    def _theirs(self, rows: QuerySet) -> QuerySet:
        return rows if self.is_all else rows.filter(owner=self.user.pk)

    def due_today(self) -> int:
        """Their open activities that are due until midnight, overdue ones too."""
        midnight = timezone.localtime(self.now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        rows = self._theirs(Activity.objects.visible_to(self.user))
        return rows.filter(status=Activity.Status.OPEN, due_at__lt=midnight).count()

    def hot_leads(self) -> int:
        return self.leads.open().filter(rating=Rating.HOT).count()

    def pipeline(self) -> list[StageSum]:
        share = Sum(F("estimated_revenue_base") * F("probability"))
        rows = (
            self.deals.open().values("stage").annotate(n=Count("pk"), total=Sum("estimated_revenue_base"), share=share)
        )
        found = {row["stage"]: row for row in rows}
        most = max((row["total"] for row in found.values()), default=Decimal(0)) or Decimal(1)
        none = {"n": 0, "total": Decimal(0), "share": Decimal(0)}
        sums = []
        for stage in Stage:
            row = found.get(stage, none)
            weighted = (row["share"] / 100).quantize(Decimal("0.01"))
            sums.append(StageSum(stage, row["n"], row["total"], weighted, int(row["total"] * 100 / most)))
        return sums

    def leaderboard(self) -> list[Standing]:
        """Who won how much this month, of those whose deals the reader sees; whoever has a quota stands there with nothing won."""
        won = (
            Opportunity.objects.visible_to(self.user)
            .won()
            .filter(closed_on__gte=self.month, owner__isnull=False)
            .order_by()
        )
        sums = {
            row["owner"]: (row["total"] or Decimal(0), row["n"])
            for row in won.values("owner").annotate(total=Sum("actual_revenue_base"), n=Count("pk"))
        }
        quota = Quota.objects.filter(user=OuterRef("pk"), month=self.month).values("amount")
        mates = Q(team=self.user.team_id) if self.user.team_id else Q(pk=self.user.pk)
        wanted = Q(pk__in=sums) | Q(pk=self.user.pk) | (Q(quota__isnull=False) & mates)
        people = User.objects.annotate(quota=Subquery(quota)).filter(wanted, is_active=True)
        found = [Standing(user, *sums.get(user.pk, (Decimal(0), 0)), user.quota) for user in people]
        return sorted(found, key=lambda one: (-one.won, str(one.user)))[:FEW]

    def news(self) -> list[News]:
        """Since yesterday morning: leads that came, deals that moved, deals that ended. The newest first."""
        since = timezone.localtime(self.now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        deals = {"opportunity__in": self.deals}
        moved = StageVisit.objects.filter(
            entered_at__gte=since, opportunity__created_at__lt=F("entered_at") - timedelta(seconds=2), **deals
        )
        ended = OpportunityClose.objects.filter(at__gte=since, **deals)
        came = self.leads.filter(created_at__gte=since)
        found = [
            News(lead.created_at, _("New lead"), lead, "user-star", lead.owner)
            for lead in came.select_related("owner").order_by("-created_at")[:FEW]
        ]
        for visit in moved.select_related("opportunity", "by").order_by("-entered_at")[:FEW]:
            found.append(
                News(
                    visit.entered_at,
                    _("Now in %s") % visit.get_stage_display(),
                    visit.opportunity,
                    "arrow-right",
                    visit.by,
                )
            )
        for close in ended.select_related("opportunity", "by").order_by("-at")[:FEW]:
            found.append(
                News(
                    close.at,
                    close.get_status_display(),
                    close.opportunity,
                    "trophy" if close.status == OpportunityStatus.WON else "circle-x",
                    close.by,
                )
            )
        return sorted(found, key=lambda one: one.at, reverse=True)[:FEW]


# The pictures: each answers one question, of the last twelve months


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
    edges = [(home.today - timedelta(days=days), label) if days else (None, label) for days, label in AGES]
    bars: list[tuple[Any, int, Decimal, str]] = []
    newer: date | None = None
    marks: dict[str, Any] = {}
    for number, (until, _label) in enumerate(edges):
        inside = Q()
        if until:
            inside &= Q(created_at__date__gte=until)
        if newer:
            inside &= Q(created_at__date__lt=newer)
        marks |= {f"n{number}": Count("pk", filter=inside), f"s{number}": Sum("estimated_revenue_base", filter=inside)}
        newer = until
    found = home.deals.open().aggregate(**marks)
    newer = None
    for number, (until, label) in enumerate(edges):
        bounds = [f"created_at__from={until:%Y-%m-%d}"] if until else []
        bounds += [f"created_at__to={newer - timedelta(days=1):%Y-%m-%d}"] if newer else []
        query = "&".join(["opportunities?view=all", "status=open", *bounds])
        bars.append((label, found[f"n{number}"], found[f"s{number}"] or Decimal(0), query))
        newer = until
    most = max((n for _label, n, _sum, _query in bars), default=0) or 1
    return [Bar(label, n, n * 100 // most, total, query) for label, n, total, query in bars]


PICTURES = {
    "funnel": (_("From lead to deal"), _("Leads of the last twelve months"), funnel),
    "win-rate": (_("Win rate by source"), _("Deals that ended in the last twelve months"), win_rate),
    "stage-duration": (_("Days in each stage"), _("Stays that ended in the last twelve months"), stage_duration),
    "ageing": (_("Age of open deals"), _("Since they were opened"), ageing),
}


def rows_of(bars: Sequence[Bar]) -> list[list[str]]:
    """For a file: what stands in the table behind the picture."""
    return [[str(bar.label), str(bar.value), str(bar.beside)] for bar in bars]
