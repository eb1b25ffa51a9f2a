"""When each reader's message is due: where she lives, at her usual hour, and no faster than asked. Expressions over contacts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, DateTimeField, F, Q, QuerySet, When, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber

from crm.models import Contact
from crm.sql import Later, typed
from crm.zones import clock_of, company_zone, zone_of_country

DAY = timedelta(days=1)
OWN, COUNTRY, COMPANY = "their time zone", "their country", "our company’s"


@dataclass(frozen=True)
class Place:
    """People who live by the same clock, and where we know it from."""

    zone: str
    why: str
    time_zone: str
    country: str
    people: int


@dataclass
class Clocks:
    """How many people's clock is known by what, and how many have the hour behind them today."""

    by: Counter[str] = field(default_factory=Counter)
    next_day: int = 0
    first: datetime | None = None
    last: datetime | None = None

    @property
    def known_by(self) -> list[tuple[str, int]]:
        return self.by.most_common()


def places_of(contacts: QuerySet[Contact]) -> list[Place]:
    """One query, whatever the number of people."""
    company = company_zone()
    rows = contacts.order_by().values_list("time_zone", "country").annotate(n=Count("pk"))
    found = []
    for time_zone, country, people in rows:
        by_country = zone_of_country(country)
        if time_zone:
            zone, why = time_zone, OWN
        elif by_country:
            zone, why = by_country, COUNTRY
        else:
            zone, why = company, COMPANY
        found.append(Place(zone, why, time_zone, country, people))
    return found


def moment_at(place: Place, wall_clock: datetime, now: datetime) -> datetime:
    """When the clock there shows `wall_clock` (only its numbers count); where that is past, a day later."""
    moment = wall_clock.replace(tzinfo=clock_of(place.zone))
    while moment < now - timedelta(minutes=5):
        moment += DAY  # on the wall: the same hour there, whatever the clocks do in between
    return moment


def clocks_of(places: list[Place], wall_clock: datetime, now: datetime) -> Clocks:
    """What the page before a send says."""
    found = Clocks()
    for place in places:
        moment = moment_at(place, wall_clock, now)
        found.by[place.why] += place.people
        if moment.date() != wall_clock.date():
            found.next_day += place.people
        found.first = min(found.first or moment, moment)
        found.last = max(found.last or moment, moment)
    return found


def when_local(places: list[Place], wall_clock: datetime, now: datetime) -> Combinable:
    """The moment at which each contact's own clock shows it."""
    by_moment: dict[datetime, list[Place]] = defaultdict(list)
    for place in places:
        by_moment[moment_at(place, wall_clock, now).astimezone(now.tzinfo)].append(place)
    whens = []
    for moment, there in sorted(by_moment.items()):
        zones = {place.time_zone for place in there if place.time_zone}
        countries = {place.country for place in there if not place.time_zone}
        is_there = Q(time_zone__in=zones) | Q(time_zone="", country__in=countries)
        whens.append(When(is_there, then=typed(moment, DateTimeField())))
    return Case(*whens, default=typed(now, DateTimeField()), output_field=DateTimeField())


def when_usual(hour: str, start: datetime) -> Combinable:
    """Within the day after `start`, at the hour (UTC) that the annotation `hour` says; at `start` where it says none."""
    begin = start.replace(minute=0, second=0, microsecond=0)
    whens = []
    for more in range(24):
        moment = begin + timedelta(hours=more)
        at = moment.astimezone(UTC).hour
        whens.append(When(**{hour: at}, then=typed(max(start, moment), DateTimeField())))
    return Case(*whens, default=typed(start, DateTimeField()), output_field=DateTimeField())


def smoothed(base: Any, per_hour: int, is_left_out: Any) -> Combinable:
    """Of those with the same base moment one after the other, at most so many an hour. Who is left out takes no turn."""
    place = Window(RowNumber(), partition_by=[base, is_left_out], order_by=F("pk").asc())
    return Later(base, place, 3600 / per_hour)
