"""Wait until a date and time, or until the next such weekday and hour where the person lives."""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.models import Contact
from crm.zones import clock_of, company_zone
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register

MODES = [("moment", "A date and time"), ("weekday", "The next weekday and hour, in the person's time zone")]
WEEKDAYS = [("any", "Any day"), ("workday", "Monday to Friday")] + [
    (str(number), name)
    for number, name in enumerate(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
]


class UntilForm(StepForm):
    mode = forms.ChoiceField(label="Wait until", choices=MODES, initial="moment")
    at = forms.DateTimeField(
        label="Date and time",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        help_text="In your time zone. Who arrives later goes straight on.",
    )
    weekday = forms.ChoiceField(label="Day", choices=WEEKDAYS, required=False)
    hour = forms.TimeField(label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self) -> Params:
        values = super().clean() or {}
        if values.get("mode") == "moment" and not values.get("at") and "at" not in self.errors:
            self.add_error("at", "Say until when.")
        if values.get("mode") == "weekday" and not values.get("hour") and "hour" not in self.errors:
            self.add_error("hour", "Say at what time.")
        return values

    def to_params(self) -> Params:
        values = self.cleaned_data
        if values["mode"] == "moment":
            return {"mode": "moment", "at": values["at"].astimezone(zoneinfo.ZoneInfo("UTC")).isoformat()}
        return {"mode": "weekday", "weekday": values["weekday"] or "any", "hour": values["hour"].strftime("%H:%M")}


def moment(params: Params) -> datetime | None:
    found = parse_datetime(str(params.get("at") or ""))
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


def in_words(params: Params) -> str:
    if params.get("mode") == "weekday":
        return f"{dict(WEEKDAYS).get(params.get('weekday', 'any'), '')}, {params.get('hour', '')}"
    at = moment(params)
    return timezone.localtime(at).strftime("%-d %b %Y, %H:%M") if at else ""


def next_such_hour(params: Params, zone: str, now: datetime) -> datetime:
    """The first time after `now` that is this weekday and hour in `zone`; compared in UTC, where no hour comes twice."""
    clock = clock_of(zone)
    today = now.astimezone(clock).date()
    hour = time.fromisoformat(params["hour"])
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        candidate = datetime.combine(day, hour, clock).astimezone(zoneinfo.ZoneInfo("UTC"))
        if candidate > now and _is_day(params.get("weekday", "any"), day.weekday()):
            return candidate
    raise ValueError(f"“{params.get('weekday')}” is not a day.")


def _is_day(wanted: str, weekday: int) -> bool:
    return wanted == "any" or (wanted == "workday" and weekday < 5) or wanted == str(weekday)


def held_until(params: Params, now: datetime) -> datetime | None:
    at = moment(params) if params.get("mode") == "moment" else None
    return at if at and at > now else None


def run(batch: Batch, now: datetime) -> Answer:
    """By weekday, people are held in groups: one a time zone."""
    answer = Answer()
    arrived = [person for person in batch.people if not person.is_waiting]
    answer.leave(NEXT, (person.id for person in batch.people if person.is_waiting))
    if batch.params["mode"] == "moment":
        until = held_until(batch.params, now)
        if until is None:
            answer.leave(NEXT, (person.id for person in arrived))
        else:
            answer.hold(until, (person.id for person in arrived))
        return answer
    zones = zones_of([person.contact for person in arrived])
    by_zone: dict[str, list[int]] = defaultdict(list)
    for person in arrived:
        by_zone[zones[person.contact]].append(person.id)
    for zone, ids in by_zone.items():
        answer.hold(next_such_hour(batch.params, zone, now), ids)
    return answer


def zones_of(contacts: list[int]) -> dict[int, str]:
    """The time zone of each contact; where none is known, that of our company."""
    ours = company_zone()
    known = Contact.objects.filter(pk__in=contacts).values_list("pk", "time_zone")
    return {pk: zone or ours for pk, zone in known}


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    if params["mode"] == "weekday":
        until: datetime | None = next_such_hour(params, zones_of([contact.pk])[contact.pk], now)
    else:
        until = held_until(params, now)
    return Foretold(
        NEXT, f"Waits until {in_words(params)}." if until else "That time has passed: goes straight on.", until or now
    )


register(
    StepKind(
        "wait_until",
        "Wait until",
        "calendar-time",
        "Time",
        "Hold everybody until one moment, or until the next Tuesday at ten where they live.",
        run,
        form=UntilForm,
        summary=in_words,
        rests=lambda params, outcome: params.get("mode") == "weekday",
        held_until=held_until,
        foretell=foretell,
    )
)
