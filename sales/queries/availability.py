"""Who takes leads at a moment: nobody who is absent, outside working hours or full. Time comes in as an argument."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count

from crm.models import User
from sales.models import Absence, Lead, Seller

AWAY, OFF, FULL = "away", "off", "full"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """Weekdays (0 is Monday) with one time each day, in the person's own zone; no days: always at work."""

    days: frozenset[int] = frozenset()
    begin: time = time(9)
    end: time = time(17)

    @property
    def is_night(self) -> bool:
        return self.begin > self.end

    def include(self, local: datetime) -> bool:
        """Is this local time within them? A night shift belongs to the day it begins on."""
        if not self.days:
            return True
        at = local.time()
        if not self.is_night:
            return local.weekday() in self.days and self.begin <= at < self.end
        late = local.weekday() in self.days and at >= self.begin
        return late or ((local - DAY).weekday() in self.days and at < self.end)

    def next_begin(self, local: datetime) -> datetime:
        """The next time they begin after this local time. There must be days."""
        starts = (datetime.combine(local.date() + n * DAY, self.begin, local.tzinfo) for n in range(8))
        return next(start for start in starts if start.weekday() in self.days and start > local)


@dataclass(frozen=True)
class State:
    """Why somebody takes no lead now: `kind` is away, off or full. `until` is the day of return, or when work begins."""

    kind: str
    until: date | datetime | None = None
    open: int = 0
    capacity: int = 0


@dataclass
class Person:
    """Somebody who may be given leads, as far as that decides it. `open` counts on while leads are given."""

    pk: int
    name: str
    zone: ZoneInfo
    hours: Hours = Hours()
    capacity: int | None = None
    absences: list[tuple[date, date]] = field(default_factory=list)
    open: int = 0

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.open >= self.capacity

    def off(self, at: datetime, *, within_hours: bool) -> State | None:
        """Why the calendar forbids it at this moment, or None."""
        local = at.astimezone(self.zone)
        if back := self.back_on(local.date()):
            return State(AWAY, back)
        if within_hours and not self.hours.include(local):
            return State(OFF, self.hours.next_begin(local))
        return None

    def back_on(self, day: date) -> date | None:
        """The first day after all absences that follow each other from this day on; None where it is no absent day."""
        back = day
        for first, last in sorted(self.absences):
            if first <= back <= last:
                back = last + DAY
        return back if back != day else None

    def state(self, at: datetime, *, within_hours: bool = True) -> State | None:
        """What keeps leads away from this person, or None: they take one."""
        full = State(FULL, None, self.open, self.capacity or 0) if self.is_full else None
        return self.off(at, within_hours=within_hours) or full


def people(ids: Collection[int], since: datetime, until: datetime | None = None) -> dict[int, Person]:
    """Those of the users who work here, with all that decides between these moments, by four queries whatever their number."""
    found = {
        pk: Person(pk, name, ZoneInfo(zone))
        for pk, name, zone in User.objects.filter(pk__in=ids, is_active=True).values_list("pk", "name", "time_zone")
    }
    for seller in Seller.objects.filter(user__in=found):
        person = found[seller.user_id]
        person.capacity = seller.capacity
        person.hours = Hours(frozenset(seller.days), seller.works_from, seller.works_to)
    for absence in _absences(found, since, until or since):
        found[absence.user_id].absences.append((absence.first_day, absence.last_day))
    for owner, number in open_leads(found):
        found[owner].open = number
    return found


def _absences(ids: Iterable[int], since: datetime, until: datetime) -> Iterable[Absence]:
    """Also those that begin soon: one absence may follow on another. A day to spare, for whatever zone they are in."""
    return Absence.objects.filter(
        user__in=ids, last_day__gte=since.date() - DAY, first_day__lte=until.date() + 400 * DAY
    )


def open_leads(ids: Iterable[int]) -> Iterable[tuple[int, int]]:
    """(owner, how many open leads they have)."""
    rows = Lead.objects.alive().open().filter(owner__in=ids).order_by()
    return rows.values("owner").annotate(n=Count("pk")).values_list("owner", "n")
