"""What Home tells: what changed, what is due, what is hot, how far to quota. Its pictures: sales/queries/pictures.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Activity, User
from sales.models import Lead, Opportunity, OpportunityClose, OpportunityStatus, Quota, Stage, StageVisit
from sales.models.choices import Rating
from sales.queries.sums import Sums, sums_by

FEW = 12
ENDS: dict[str, str] = {OpportunityStatus.WON: "trophy", OpportunityStatus.LOST: "circle-x"}
"""The icons of how a deal ended."""


@dataclass(frozen=True)
class StageSum:
    """`share` is its part of the largest stage, 0 to 100."""

    stage: Stage
    sums: Sums
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
        found = sums_by(self.deals.open(), "stage")
        most = max((sums.sum for sums in found.values()), default=Decimal(0)) or Decimal(1)
        stages = ((stage, found.get(stage, Sums())) for stage in Stage)
        return [StageSum(stage, sums, int(sums.sum * 100 / most)) for stage, sums in stages]

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
            *(
                News(lead.created_at, _("New lead"), lead, "user-star", lead.owner)
                for lead in came.select_related("owner").order_by("-created_at")[:FEW]
            ),
            *(
                News(
                    stay.entered_at, _("Now in %s") % stay.get_stage_display(), stay.opportunity, "arrow-right", stay.by
                )
                for stay in moved.select_related("opportunity", "by").order_by("-entered_at")[:FEW]
            ),
            *(
                News(one.at, one.get_status_display(), one.opportunity, ENDS[one.status], one.by)
                for one in ended.select_related("opportunity", "by").order_by("-at")[:FEW]
            ),
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)[:FEW]
