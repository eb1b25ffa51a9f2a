"""The forms of the ways in: what each asks for, and the door that all have in common. Groups with a title are folded."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django import forms
from django.utils import timezone

from crm.hooks import records
from crm.hooks.records import RecordKind
from crm.rules.forms import RuleField
from journeys import sources
from journeys.condition_fields import ConditionsField
from journeys.doors import AGAIN, PERIODS, moment
from journeys.steps.kind import Params, StepForm
from journeys.weekdays import WEEKDAYS
from marketing.models import ScoringModel

DOOR = (
    ("Who may not come in", ("without", "pull_out")),
    ("How many at a time", ("rate", "per", "weekdays", "opens", "closes")),
    ("From when until when", ("starts_at", "ends_at")),
)
MODES = [
    ("later", "Its members now, and whoever enters it later"),
    ("once", "Its members now, nobody later"),
    ("repeat", "Everybody in it, again and again"),
]
EVERY = [("day", "day"), ("week", "week"), ("month", "month")]
CLOCKS = [("company", "Where our company is"), ("person", "Where each person lives")]
CONTACT = "crm.contact"


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EntryForm(StepForm):
    """The door: what every way in asks below its own questions (`own`)."""

    own: tuple[str, ...] = ()
    turning: tuple[str, ...] = ()
    """What other questions depend on: a change of it asks for the form anew."""
    folded: tuple[tuple[str, tuple[str, ...]], ...] = ()
    usual_again = "never"

    again = forms.ChoiceField(label="May the same person come in again?", choices=AGAIN, required=False)
    days = forms.IntegerField(
        label="Days",
        min_value=1,
        max_value=3650,
        required=False,
        help_text="Only for “some days after they have left”.",
    )
    without = sources.SegmentsField(label="Not the people of these segments")
    pull_out = forms.BooleanField(label="Who enters one of them later leaves this journey at once", required=False)
    rate = forms.IntegerField(
        label="At most so many people",
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="Let in evenly, one after the other. Empty: no limit.",
    )
    per = forms.ChoiceField(
        label="Per",
        choices=[(name, label.removeprefix("an ").removeprefix("a ")) for name, label in PERIODS],
        required=False,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label="Only on", choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(label="From", required=False, widget=_clock(), help_text="Where our company is.")
    closes = forms.TimeField(label="Until", required=False, widget=_clock())
    starts_at = forms.DateTimeField(
        label="Nobody before", required=False, widget=_moment(), help_text="In your time zone."
    )
    ends_at = forms.DateTimeField(
        label="Nobody after", required=False, widget=_moment(), help_text="Who is inside then goes on to the end."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("again", *self.turning):
            self.fields[name].widget.attrs["data-redraw"] = ""
        if not self.is_bound:
            self.fields["again"].initial = self.usual_again

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        again = ("again", "days") if self["again"].value() == "after_days" else ("again",)
        return [("", (*self.asked, *again)), *self.folded, *DOOR]

    @property
    def asked(self) -> tuple[str, ...]:
        """Those of its own questions that make sense with what is chosen so far."""
        return self.own

    def clean_again(self) -> str:
        return self.cleaned_data["again"] or self.usual_again

    def clean(self) -> Params:
        values = super().clean() or {}
        if values.get("again") == "after_days" and not values.get("days") and "days" not in self.errors:
            self.add_error("days", "Say after how many days.")
        if values.get("pull_out") and not values.get("without") and "without" not in self.errors:
            self.add_error("without", "Choose the segments whose people leave the journey.")
        opens, closes = values.get("opens"), values.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", "This is not after the time it opens.")
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "This is not after its start: nobody could ever come in.")
        elif ends and ends <= timezone.now():
            self.add_error("ends_at", "This has passed: nobody could come in any more.")
        return values

    def to_params(self) -> Params:
        said = self.cleaned_data.items()
        values = {
            name: value for name, value in said if value not in ("", []) and value is not None and value is not False
        }
        if not values.get("rate"):
            values.pop("per", None)
        if values.get("again") != "after_days":
            values.pop("days", None)
        for name in ("starts_at", "ends_at"):
            if name in values:
                values[name] = values[name].astimezone(UTC).isoformat()
        for name in ("opens", "closes", "hour"):
            if name in values:
                values[name] = values[name].strftime("%H:%M")
        return values

    @classmethod
    def to_data(cls, params: Params) -> dict[str, Any]:
        data = dict(params)
        for name in ("starts_at", "ends_at"):
            if stored := moment(data.get(name)):
                data[name] = timezone.localtime(stored).strftime("%Y-%m-%dT%H:%M:%S")
        return data


class ByHandForm(EntryForm):
    pass


class SegmentEntryForm(EntryForm):
    turning = ("mode", "every")
    folded = (("More segments", ("also",)),)

    segment = sources.SegmentField(label="Segment")
    also = sources.SegmentsField(label="And the people of")
    mode = forms.ChoiceField(label="Who of it", choices=MODES, required=False)
    every = forms.ChoiceField(label="Every", choices=EVERY, required=False)
    weekday = forms.TypedChoiceField(label="On", choices=WEEKDAYS, coerce=int, required=False, empty_value=None)
    day = forms.IntegerField(
        label="On day", min_value=1, max_value=31, required=False, help_text="The last day of shorter months."
    )
    hour = forms.TimeField(label="At", required=False, widget=_clock())
    clock = forms.ChoiceField(label="By the clock", choices=CLOCKS, required=False)

    @property
    def asked(self) -> tuple[str, ...]:
        if self["mode"].value() != "repeat":
            return ("segment", "mode")
        more = {"week": ("weekday",), "month": ("day",)}.get(self["every"].value(), ())
        return ("segment", "mode", "every", *more, "hour", "clock")

    def clean(self) -> Params:
        values = super().clean() or {}
        if values.get("mode") == "repeat":
            every = values.get("every") or "day"
            if not values.get("hour") and "hour" not in self.errors:
                self.add_error("hour", "Say at what time.")
            if every == "week" and values.get("weekday") is None:
                self.add_error("weekday", "Say on which day of the week.")
            if every == "month" and not values.get("day") and "day" not in self.errors:
                self.add_error("day", "Say on which day of the month.")
            if values.get("again") == "never":
                self.add_error("again", "It repeats, so the same people must be let in again: choose when.")
        return values

    def to_params(self) -> Params:
        values = super().to_params()
        if values.get("mode") != "repeat":
            for name in ("every", "weekday", "day", "hour", "clock"):
                values.pop(name, None)
            return values
        values.setdefault("every", "day")
        values.setdefault("clock", "company")
        if values["every"] != "week":
            values.pop("weekday", None)
        if values["every"] != "month":
            values.pop("day", None)
        return values


class HappeningEntryForm(EntryForm):
    """Below the conditions on what came with it, one about the person."""

    folded = (("Only some of them", ("where", "who")),)

    where = ConditionsField(label="Where", help_text="All must hold. What is missing fulfils nothing.")
    who = RuleField(label="And the person fulfils", required=False)


class InteractionEntryForm(HappeningEntryForm):
    own = ("kind", "source")

    kind = forms.ChoiceField(label="What happened", choices=sources.behaviours)
    source = sources.SourceField(label="On")


class ScoreEntryForm(EntryForm):
    own = ("model", "points")
    folded = (("Only some of them", ("who",)),)

    model = forms.TypedChoiceField(
        label="Score",
        coerce=int,
        choices=lambda: [("", "Choose a score…"), *ScoringModel.objects.alive().values_list("pk", "name")],
        error_messages={"invalid_choice": "This score does not exist any more. Choose another one."},
    )
    points = forms.IntegerField(
        label="Rises to at least",
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text="Points. Whoever has them already does not come in.",
    )
    who = RuleField(label="The person fulfils", required=False)


class RecordEntryForm(EntryForm):
    """Something was written on a contact, a lead, an opportunity: whatever has a history and belongs to a contact."""

    turning = ("record", "event", "field")
    folded = (("Only some of them", ("who",)),)

    record = forms.ChoiceField(label="Record", choices=lambda: [(kind.name, kind.label) for kind in kinds_of_records()])
    event = forms.ChoiceField(label="Was", choices=[("created", "created"), ("changed", "changed")], required=False)
    field = forms.CharField(label="Field", required=False, max_length=100)
    value = forms.CharField(label="To", required=False, max_length=200, help_text="Empty: to anything.")
    who = RuleField(label="The person fulfils", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self._kind()
        fields = [] if kind is None else [(f.name, f.label) for f in fields_of(kind)]
        self.fields["field"].widget = forms.Select({"data-redraw": ""}, [("", "Choose a field…"), *fields])
        chosen = next((f for f in fields_of(kind) if f.name == self["field"].value()), None) if kind else None
        if chosen is not None and chosen.kind in ("choice", "person") and chosen.choices:
            offered = [(str(value), label) for value, label in chosen.choices()]
            self.fields["value"].widget = forms.Select(choices=[("", "anything"), *offered])

    @property
    def asked(self) -> tuple[str, ...]:
        return ("record", "event", "field", "value") if self["event"].value() == "changed" else ("record", "event")

    def _kind(self) -> RecordKind | None:
        name = self["record"].value() or CONTACT
        return next((kind for kind in kinds_of_records() if kind.name == name), None)

    def clean(self) -> Params:
        values = super().clean() or {}
        kind = self._kind()
        if values.get("event") == "changed" and kind is not None:
            if not values.get("field"):
                self.add_error("field", "Say which field.")
            elif values["field"] not in {f.name for f in fields_of(kind)}:
                self.add_error("field", f"{kind.label} has no field “{values['field']}” whose changes are kept.")
        return values

    def to_params(self) -> Params:
        values = super().to_params()
        values.setdefault("event", "created")
        if values["event"] != "changed":
            values.pop("field", None)
            values.pop("value", None)
        return values


class DateEntryForm(EntryForm):
    own = ("field", "yearly", "shift", "side", "hour", "clock")
    folded = (("Only some of them", ("who",)),)
    usual_again = "after_leaving"

    field = forms.ChoiceField(label="Date of the contact", choices=lambda: [("", "Choose a date…"), *date_fields()])
    yearly = forms.BooleanField(label="Every year, like a birthday", required=False)
    shift = forms.IntegerField(
        label="Days", min_value=0, max_value=365, required=False, help_text="0 or empty: on the day."
    )
    side = forms.ChoiceField(
        label="Before or after it", choices=[("before", "before"), ("after", "after")], required=False
    )
    hour = forms.TimeField(label="At", widget=_clock())
    clock = forms.ChoiceField(label="By the clock", choices=CLOCKS[::-1], required=False)
    who = RuleField(label="The person fulfils", required=False)


def kinds_of_records() -> list[RecordKind]:
    """Contacts, and what has one of them and a history: leads, opportunities, activities."""
    from auditlog.registry import auditlog

    return [
        kind
        for kind in records.all_kinds()
        if auditlog.contains(kind.model)
        and (kind.name == CONTACT or any(f.name == "contact" for f in kind.model._meta.concrete_fields))
    ]


def fields_of(kind: RecordKind) -> list[records.Field]:
    """Those whose changes the history keeps under their own name."""
    return [f for f in kind.all_fields() if f.is_column and f.kind not in ("tags", "choices")]


def date_fields() -> list[tuple[str, Any]]:
    return [(f.name, f.label) for f in records.get(CONTACT).all_fields() if f.kind in ("day", "moment") and f.is_column]
