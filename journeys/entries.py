"""How people come in: from a segment, by something that happened, or by hand. And how often the same person may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from crm.hooks.registry import Registry
from crm.log import kinds
from journeys import sources
from journeys.steps.kind import StepForm

AGAIN = [
    ("never", "Never: everybody once"),
    ("after_leaving", "After they have left"),
    ("always", "Always, even while inside"),
]


class EntryForm(StepForm):
    again = forms.ChoiceField(label="May the same person come in again?", choices=AGAIN, required=False)

    def clean_again(self) -> str:
        return self.cleaned_data["again"] or "never"


class SegmentEntryForm(EntryForm):
    segment = forms.TypedChoiceField(
        label="Segment", coerce=int, choices=sources.segments, help_text="Its members now, and whoever enters it later."
    )
    field_order = ["segment", "again"]


class InteractionEntryForm(EntryForm):
    kind = forms.ChoiceField(label="What happened", choices=sources.behaviours)
    source = sources.SourceField(label="On")
    field_order = ["kind", "source", "again"]


@dataclass(frozen=True)
class EntryKind:
    name: str
    label: str
    icon: str
    help: str
    form: type[EntryForm]


_kinds: Registry[EntryKind] = Registry("way in")
for _kind in (
    EntryKind(
        "segment",
        "People of a segment",
        "users",
        "Its members when you publish, and all who enter it later.",
        SegmentEntryForm,
    ),
    EntryKind(
        "interaction", "Something happened", "bolt", "Whoever does it comes in, within seconds.", InteractionEntryForm
    ),
    EntryKind(
        "by_hand", "Added by hand", "hand-finger", "People you add from a contact, a list or the API.", EntryForm
    ),
):
    _kinds.register(_kind.name, _kind)


def all_kinds() -> list[EntryKind]:
    return _kinds.values()


def get(name: str) -> EntryKind:
    return _kinds.get(name)


def form_with_goal(name: str) -> type[StepForm]:
    """The form of a way in, with the goal's two fields below it."""

    class Form(get(name).form):  # type: ignore[misc]
        goal_kind = forms.ChoiceField(
            label="Goal",
            choices=sources.behaviours,
            required=False,
            help_text="Whoever does this leaves the journey at once. May stay empty.",
        )
        goal_source = sources.SourceField(label="Goal, on")

    return Form


def complaints(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry: (path, sentence)."""
    if entry["kind"] not in _kinds:
        known = ", ".join(kind.name for kind in all_kinds())
        yield "kind", f"There is no way in called “{entry['kind']}”. Known: {known}."
        return
    form = get(entry["kind"]).form(entry["params"])
    for name, errors in form.errors.items():
        for error in errors:
            label = form.fields[name].label if name in form.fields else ""
            yield f"params/{name}", f"{label}: {error}" if label else str(error)


def goal_complaints(goal: dict[str, Any]) -> Iterator[str]:
    if not kinds.known(str(goal.get("kind"))):
        yield f"The goal names “{goal.get('kind')}”, which is not a kind of interaction."
    if goal.get("source") and sources.split(str(goal["source"])) is None:
        yield "The goal's source is written like “marketing.event:7”."


def in_words(entry: dict[str, Any]) -> str:
    """“Members of “Webinar audience””, for the first box of the canvas."""
    params = entry.get("params", {})
    match entry.get("kind"):
        case "segment":
            return f"Members of “{sources.name_of_segment(params.get('segment'))}”"
        case "interaction":
            return sources.in_words(params.get("kind", ""), params.get("source", ""))
        case _:
            return "Added by hand"
