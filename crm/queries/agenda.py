"""What a calendar shows: the activities of a stretch of days that have a time, as far as its reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from crm.access.depths import Depth, depth_of, people_within
from crm.models import Activity, User
from crm.queries.attendance import attended_by

MOST = 1000
VIEWS = ("day", "week", "month", "agenda")


@dataclass(frozen=True)
class Stretch:
    """The days from `first` to before `after`, in the zone of whoever looks."""

    view: str
    first: date
    after: date

    @classmethod
    def around(cls, view: str, day: date) -> Stretch:
        """The day itself, its week from Monday, or its month."""
        if view == "day":
            return cls(view, day, day + timedelta(days=1))
        if view == "week":
            monday = day - timedelta(days=day.weekday())
            return cls(view, monday, monday + timedelta(days=7))
        first = day.replace(day=1)
        return cls(view, first, (first + timedelta(days=32)).replace(day=1))

    @property
    def earlier(self) -> date:
        return self.first - timedelta(days=1)

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def shown(self) -> tuple[date, date]:
        """A month is drawn in whole weeks."""
        if self.view != "month":
            return self.first, self.after
        return self.first - timedelta(days=self.first.weekday()), self.last + timedelta(days=7 - self.last.weekday())


def agenda(user: User, stretch: Stretch, whose: User | None) -> list[Activity]:
    """Those of one person (what they own or take part in), or of everybody the user may see; without what was cancelled."""
    start, end = (_midnight(day) for day in stretch.shown)
    rows = Activity.objects.visible_to(user).filter(due_at__gte=start, due_at__lt=end)
    rows = rows.exclude(status=Activity.Status.CANCELLED)
    if whose is not None:
        rows = rows.filter(Q(owner=whose) | Q(pk__in=attended_by(whose)))
    return list(rows.select_related("owner", "contact").order_by("due_at", "pk")[:MOST])


def whose_calendars(user: User) -> list[User]:
    """Those whose activities the user may see, the user first."""
    depth = depth_of(user, "crm.activity", "view")
    people = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("name", "pk")
    if depth != Depth.ALL:
        people = people.filter(pk__in=people_within(user, depth)) if depth > Depth.OWN else people.none()
    return [user, *people[:200]]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
