"""Starts by the calendar: a segment again and again, and the dates of contacts. What is planned becomes turns at the door."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from crm.custom_fields import questions
from crm.hooks import records
from crm.models import Contact
from crm.rules import use
from crm.zones import clock_of, company_zone, zone_of_country
from journeys import entering
from journeys.entering import Arrival
from journeys.models import Journey

FIRST_PLACE = "Etc/GMT-14"
"""Where each day begins first: who is let in by the hour of each person's place, is looked for from then on."""
LOOK_EVERY = timedelta(hours=1)
AHEAD = timedelta(days=2)
MADE_GOOD = timedelta(days=1)
"""So late a date may still let in, after a pause: nobody wants birthday wishes of last month."""
_CHUNK = 1000


def zone_of(params: dict[str, Any]) -> str:
    return FIRST_PLACE if params.get("clock") == "person" else company_zone()


def next_run(params: dict[str, Any], after: datetime) -> datetime:
    """The first planned moment of a repeating segment after this one, counted on the clock of its place."""
    clock, hour = clock_of(zone_of(params)), time.fromisoformat(params["hour"])
    first = after.astimezone(clock).date()
    for ahead in range(63):
        day = first + timedelta(days=ahead)
        at = datetime.combine(day, hour, clock).astimezone(UTC)
        if at > after and _is_day(params, day):
            return at
    raise ValueError("This schedule never comes round.")  # the form lets none such through


def _is_day(params: dict[str, Any], day: date) -> bool:
    match params.get("every", "day"):
        case "week":
            return day.weekday() == params["weekday"]
        case "month":
            return day.day == min(params["day"], calendar.monthrange(day.year, day.month)[1])
    return True


def day_of(params: dict[str, Any], run: datetime) -> date:
    """The day that a planned run is for."""
    return run.astimezone(clock_of(zone_of(params))).date()


def at_their_hour(contacts: Collection[int], day: date, params: dict[str, Any]) -> Iterator[tuple[int, datetime]]:
    """When the clock of each shows the hour of that day: their own clock, or for all that of our company. One query."""
    hour, ours = time.fromisoformat(params["hour"]), company_zone()
    for pk, zone, country in Contact.objects.filter(pk__in=contacts).values_list("pk", "time_zone", "country"):
        place = (zone or zone_of_country(country) or ours) if params.get("clock") == "person" else ours
        yield pk, datetime.combine(day, hour, clock_of(place)).astimezone(UTC)


# Dates of contacts


def with_date(params: dict[str, Any], day: date) -> QuerySet[Contact]:
    """Those whose turn this day is, by the date and the shift that the params name."""
    shift = params.get("shift", 0) * (1 if params.get("side", "before") == "before" else -1)
    question = _on(params["field"], day + timedelta(days=shift), is_yearly=bool(params.get("yearly")))
    found = Contact.objects.alive().filter(question, is_active=True)
    if params.get("who"):
        found = found.filter(pk__in=use.those(params["who"], datetime.combine(day, time(12), UTC)).values("pk"))
    return found


def _on(name: str, day: date, *, is_yearly: bool) -> Q:
    field = records.get("crm.contact").field(name)
    if not is_yearly:
        return _is_day_of(field, day)
    days = [(day.month, day.day)]
    if days == [(2, 28)] and not calendar.isleap(day.year):
        days.append((2, 29))  # who is born on the leap day celebrates a day earlier in other years
    return reduce(or_, (_is_date_in_year(field, *one) for one in days))


def _is_date_in_year(field: records.Field, month: int, day: int) -> Q:
    if field.is_custom:
        return questions.compare(field, "custom", "iendswith", f"-{month:02}-{day:02}")
    return Q(**{f"{field.name}__month": month, f"{field.name}__day": day})


def _is_day_of(field: records.Field, day: date) -> Q:
    if field.is_custom:
        return questions.compare(field, "custom", "exact", day)
    start = datetime.combine(day, time.min, clock_of(company_zone()))
    if field.kind == "moment":
        return Q(**{f"{field.name}__gte": start, f"{field.name}__lt": start + timedelta(days=1)})
    return Q(**{field.name: day})


def plan_dates(journey: Journey, params: dict[str, Any], since: datetime, now: datetime) -> int:
    """Turns for everybody whose date and hour come between `since` and two days ahead. Planned twice is planned once."""
    day, planned = (since - timedelta(days=1)).date(), 0
    while day <= (now + AHEAD).date():
        found = list(with_date(params, day).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(found), _CHUNK):
            coming = at_their_hour(found[start : start + _CHUNK], day, params)
            planned += entering.wait(journey, [(Arrival(pk, _key(day), at), at) for pk, at in coming if at > since])
        day += timedelta(days=1)
    return planned


def _key(day: date) -> str:
    return f"date:{day:%Y-%m-%d}"


def still_so(params: dict[str, Any], arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those whose date is still the one they were planned for: it may have been changed since."""
    by_day: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        by_day.setdefault(arrival.key, []).append(arrival)
    kept: list[Arrival] = []
    for key, some in by_day.items():
        if not key.startswith("date:"):
            kept += some  # added by hand
            continue
        people = with_date(params, date.fromisoformat(key.removeprefix("date:")))
        fit = set(people.filter(pk__in=[one.contact for one in some]).values_list("pk", flat=True))
        kept += [one for one in some if one.contact in fit]
    return kept
