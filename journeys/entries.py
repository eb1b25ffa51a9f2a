"""How people come in, by name: a segment, a happening, a score, a record, a date, by hand or the API. And what ends it early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.hooks import records
from crm.hooks.registry import Registry
from journeys import conditions, ends, entry_forms, sources
from journeys.steps.kind import StepForm
from journeys.weekdays import WEEKDAYS


@dataclass(frozen=True)
class EntryKind:
    name: str
    label: str
    icon: str
    help: str
    form: type[entry_forms.EntryForm]


_kinds: Registry[EntryKind] = Registry("way in")
for _kind in (
    EntryKind(
        "segment",
        "People of a segment",
        "users",
        "Its members when you publish, all who enter it later, or all of them again and again.",
        entry_forms.SegmentEntryForm,
    ),
    EntryKind(
        "interaction",
        "Something happened",
        "bolt",
        "Whoever does it comes in, within seconds.",
        entry_forms.InteractionEntryForm,
    ),
    EntryKind(
        "score",
        "A score rises",
        "trophy",
        "Whoever reaches so many points, each time they cross them upwards.",
        entry_forms.ScoreEntryForm,
    ),
    EntryKind(
        "record",
        "A record is created or changed",
        "pencil",
        "The contact itself, or the contact of a lead or an opportunity. What an import writes lets nobody in.",
        entry_forms.RecordEntryForm,
    ),
    EntryKind(
        "date",
        "A date of the contact",
        "calendar-event",
        "A birthday, the end of a contract: on the day, or some days before or after it.",
        entry_forms.DateEntryForm,
    ),
    EntryKind(
        "by_hand",
        "Added by hand or by the API",
        "hand-finger",
        "People you add from a contact or a list, and those that another program sends.",
        entry_forms.ByHandForm,
    ),
):
    _kinds.register(_kind.name, _kind)


def all_kinds() -> list[EntryKind]:
    return _kinds.values()


def get(name: str) -> EntryKind:
    return _kinds.get(name)


def form_with_ends(name: str) -> type[StepForm]:
    """The form of a way in, with the goal and the exits of the journey below it."""

    class Form(ends.EndsForm, get(name).form):  # type: ignore[misc]
        pass

    return Form


def segments_of(params: dict[str, Any]) -> list[int]:
    """The segments of a start: the chosen one, then the further ones."""
    return list(dict.fromkeys([params["segment"], *params.get("also", [])]))


def complaints(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry: (path, sentence)."""
    if entry["kind"] not in _kinds:
        known = ", ".join(kind.name for kind in all_kinds())
        yield "kind", f"There is no way in called “{entry['kind']}”. Known: {known}."
        return
    form_class = get(entry["kind"]).form
    form = form_class(form_class.to_data(entry["params"]))
    for name, errors in form.errors.items():
        for error in errors:
            label = form.fields[name].label if name in form.fields else ""
            yield f"params/{name}", f"{label}: {error}" if label else str(error)


def in_words(entry: dict[str, Any]) -> str:
    """“Members of “Webinar audience””, for the first box of the canvas."""
    params = entry.get("params", {})
    match entry.get("kind"):
        case "segment":
            return _segment_in_words(params)
        case "interaction":
            said = sources.in_words(params.get("kind", ""), params.get("source", ""))
            where = params.get("where")
            return f"{said}, where {conditions.in_words(where)}" if where and not conditions.complaint(where) else said
        case "score":
            name = sources.name_of_source(f"marketing.scoringmodel:{params.get('model')}") or "A score"
            return f"“{name}” rises to {params.get('points', '…')}"
        case "record":
            return _record_in_words(params)
        case "date":
            return _date_in_words(params)
        case _:
            return "Added by hand or by the API"


def _segment_in_words(params: dict[str, Any]) -> str:
    names = [sources.name_of_segment(pk) for pk in [params.get("segment"), *params.get("also", [])]]
    who = "Members of " + ", ".join(f"“{name}”" for name in names)
    if params.get("mode") != "repeat":
        return who
    every = params.get("every", "day")
    day = dict(WEEKDAYS).get(params.get("weekday", 0), "") if every == "week" else f"day {params.get('day')}"
    on = "" if every == "day" else f" on {day}"
    return f"{who}, every {every}{on} at {params.get('hour', '…')}"


def _record_in_words(params: dict[str, Any]) -> str:
    name = params.get("record", "")
    if not records.known(name):
        return "A record is created or changed"
    kind = records.get(name)
    if params.get("event") != "changed":
        return f"{kind.label} created"
    label = next((str(f.label) for f in kind.all_fields() if f.name == params.get("field")), "a field")
    to = f" to “{_value_in_words(kind, params)}”" if params.get("value") else ""
    return f"{kind.label}: {label} changed{to}"


def _value_in_words(kind: records.RecordKind, params: dict[str, Any]) -> str:
    field = next((f for f in kind.all_fields() if f.name == params.get("field")), None)
    labels = {str(value): str(label) for value, label in field.choices()} if field and field.choices else {}
    return labels.get(params["value"], params["value"])


def _date_in_words(params: dict[str, Any]) -> str:
    labels = {name: str(label) for name, label in entry_forms.date_fields()}
    name = labels.get(params.get("field", ""), "a date")
    shift = params.get("shift")
    when = (
        f"{shift} {'day' if shift == 1 else 'days'} {params.get('side', 'before')} “{name}”"
        if shift
        else f"On “{name}”"
    )
    return f"{when}{', every year' if params.get('yearly') else ''}, at {params.get('hour', '…')}"
