"""Wait until so many days before or after a date that stands at the contact, at an hour of the person's own clock.

The date is looked at again when the wait is over: where somebody has moved it on meanwhile, the wait goes on. A local time
that the clocks leap over in spring is taken as much later, one that comes twice in autumn is its first (PEP 495, fold 0).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from crm.custom_fields.definitions import fields_of
from crm.hooks import records
from crm.hooks.records import Field
from crm.models import Contact
from crm.zones import clock_of
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepForm, StepKind, register
from journeys.steps.wait_until import zones_of

MISSING, PAST = "missing", "past"
CONTACT = "crm.contact"
MOST_DAYS = 1100
SIDES = [("before", "days before"), ("after", "days after")]
FURTHEST = date(9990, 1, 1)


def fields() -> dict[str, Field]:
    """What has a date: the moments of a contact, and the custom fields that are dates."""
    own = [field for field in records.get(CONTACT).fields if field.kind in ("day", "moment") and field.is_column]
    return {field.name: field for field in [*own, *fields_of(CONTACT)] if field.kind in ("day", "moment")}


class DateForm(StepForm):
    days = forms.IntegerField(label="How many days", min_value=0, max_value=MOST_DAYS, initial=0)
    side = forms.ChoiceField(label="Before or after", choices=SIDES, initial="before")
    field = forms.ChoiceField(
        label="Which date of the contact",
        choices=lambda: [("", "Choose a date…"), *((name, str(field.label)) for name, field in fields().items())],
        error_messages={"invalid_choice": "This date does not exist any more. Choose another one."},
    )
    yearly = forms.BooleanField(
        label="Its next anniversary", required=False, help_text="For a birthday or the day a contract began."
    )
    hour = forms.TimeField(
        label="At", initial=time(9), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="On the clock of the person; where their time zone is not known, on our company's.",
    )  # fmt: skip

    def to_params(self) -> Params:
        return {**super().to_params(), "hour": self.cleaned_data["hour"].strftime("%H:%M")}


def run(batch: Batch, now: datetime) -> Answer:
    """Two queries whatever the number of people; they are held in groups of one moment."""
    dates, zones = dates_of(batch.params, batch.contacts), zones_of(batch.contacts)
    answer = Answer()
    held: dict[datetime, list[int]] = defaultdict(list)
    for person in batch.people:
        asked_at = person.arrived_at if batch.params.get("yearly") else now
        until = moment(batch.params, dates.get(person.contact), zones[person.contact], asked_at)
        if until is None:
            answer.leave(MISSING, [person.id])
        elif until > now:
            held[until].append(person.id)
        else:
            answer.leave(NEXT if person.is_waiting else PAST, [person.id])
    for until, ids in held.items():
        answer.hold(until, ids)
    return answer


def dates_of(params: Params, contacts: list[int]) -> dict[int, Any]:
    """The date of each contact: a day, or a moment; those without one are left out."""
    field = fields().get(str(params.get("field")))
    if field is None:
        return {}
    rows = Contact.objects.filter(pk__in=contacts).order_by()
    if not field.is_custom:
        return {pk: at for pk, at in rows.values_list("pk", field.name) if at}
    return {pk: day for pk, custom in rows.values_list("pk", "custom") if (day := _day(custom, field.key))}


def _day(custom: Mapping[str, Any], key: str) -> date | None:
    try:
        return date.fromisoformat(str(custom.get(key) or ""))
    except ValueError:
        return None


def moment(params: Params, at: date | datetime | None, zone: str, now: datetime) -> datetime | None:
    """When the wait is over, in UTC; None without a date. A year's day that does not exist (29 February) is the day before."""
    if at is None:
        return None
    clock = clock_of(zone)
    day = at.astimezone(clock).date() if isinstance(at, datetime) else at
    if not params.get("yearly"):
        return _on(day, params, clock)
    for year in range(now.year - 5, now.year + 6):
        found = _on(_in_year(day, year), params, clock)
        if found and found > now:
            return found
    return None


def _on(day: date, params: Params, clock: Any) -> datetime | None:
    if not date(1900, 1, 1) < day < FURTHEST:
        return None
    shift = timedelta(days=int(params["days"]) * (-1 if params["side"] == "before" else 1))
    local = datetime.combine(day + shift, time.fromisoformat(params["hour"]), clock)
    return local.astimezone(UTC)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def in_words(params: Params) -> str:
    field = fields().get(str(params.get("field")))
    if field is None:
        return ""
    days, side = params.get("days", 0), "after" if params.get("side") == "after" else "before"
    when = f"{days} day{'' if days == 1 else 's'} {side}" if days else "on"
    each = "the next anniversary of " if params.get("yearly") else ""
    return f"{when} {each}“{field.label}”, {params.get('hour', '')}"


def outcomes(params: Params) -> list[Outcome]:
    return [
        Outcome(NEXT, "The day has come"),
        Outcome(PAST, "Was past already"),
        Outcome(MISSING, "No such date"),
    ]


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    until = moment(params, dates_of(params, [contact.pk]).get(contact.pk), zones_of([contact.pk])[contact.pk], now)
    if until is None:
        return Foretold(MISSING, "There is no such date at this contact.", now)
    if until <= now:
        return Foretold(PAST, f"That was on {until:%-d %b %Y, %H:%M} UTC.", now)
    return Foretold(NEXT, f"Waits until {until:%-d %b %Y, %H:%M} UTC.", until)


register(
    StepKind(
        "wait_for_date",
        "Wait for a date",
        "calendar-event",
        "Time",
        "Hold each person until days before or after a date of theirs: the end of a contract, a renewal, a birthday.",
        run,
        form=DateForm,
        outcomes=outcomes,
        summary=in_words,
        rests=lambda params, outcome: outcome == NEXT,
        foretell=foretell,
    )
)
