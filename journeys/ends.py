"""What lets people out of the whole journey before its end: the goal, and the exits. Stored as “goal” and “exits”.

"goal": {"kind", "source", "where", "target", "unit", "listen"} | null
"exits": {"happenings": [{"kind", "source", "where"}], "segments": [7], "rule": {…} | null}
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms

from crm.log import kinds
from crm.rules import use
from crm.rules.forms import RuleField
from journeys import conditions, sources
from journeys.condition_fields import ConditionsField, HappeningsField
from journeys.steps.kind import Params, StepForm

UNITS = [("people", "people"), ("percent", "percent of all who came in")]
USUAL_LISTENING = 3
GOAL, EXCLUDED = "goal", "excluded"
_GOAL = ("kind", "source", "where", "target", "unit", "listen")
_EXITS = ("happenings", "segments", "rule")


class EndsForm(StepForm):
    """The goal and the exits, as fields below those of the way in."""

    goal_kind = forms.ChoiceField(
        label="Goal",
        choices=sources.behaviours,
        required=False,
        help_text="Whoever does this leaves the journey at once. May stay empty.",
    )
    goal_source = sources.SourceField(label="Goal, on")
    goal_where = ConditionsField(label="Goal, where")
    goal_target = forms.IntegerField(label="Wanted", min_value=1, required=False, help_text="May stay empty.")
    goal_unit = forms.ChoiceField(label="Of them", choices=UNITS, required=False)
    goal_listen = forms.IntegerField(
        label="Counts for so many days after they left",
        min_value=0,
        max_value=90,
        required=False,
        help_text=f"Empty: {USUAL_LISTENING}.",
    )
    exit_happenings = HappeningsField(label="Whoever does one of these")
    exit_segments = sources.SegmentsField(label="Whoever enters one of these segments")
    exit_rule = RuleField(
        label="Whoever fulfils this", required=False, help_text="Looked at when they come in and whenever they change."
    )

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        return [
            *super().groups,  # type: ignore[misc]
            ("Goal", tuple(f"goal_{name}" for name in _GOAL)),
            ("Leaving early", tuple(f"exit_{name}" for name in _EXITS)),
        ]

    def clean(self) -> Params:
        values = super().clean() or {}
        if values.get("goal_target") and not values.get("goal_kind"):
            self.add_error("goal_kind", "Say what they should do.")
        if values.get("goal_unit") == "percent" and (values.get("goal_target") or 0) > 100:
            self.add_error("goal_target", "No more than 100 percent can reach it.")
        return values


def to_data(goal: dict[str, Any] | None, exits: dict[str, Any] | None) -> dict[str, Any]:
    """Stored goal and exits as values of EndsForm."""
    said = {f"goal_{name}": value for name, value in (goal or {}).items() if name in _GOAL}
    return said | {f"exit_{name}": value for name, value in (exits or {}).items() if name in _EXITS}


def taken_from(params: Params) -> tuple[Params, dict[str, Any] | None, dict[str, Any] | None]:
    """The params of the whole form parted: those of the way in, the goal, the exits."""
    goal = {name: params[f"goal_{name}"] for name in _GOAL if f"goal_{name}" in params}
    exits = {name: params[f"exit_{name}"] for name in _EXITS if params.get(f"exit_{name}")}
    rest = {name: value for name, value in params.items() if not name.startswith(("goal_", "exit_"))}
    if not goal.get("kind"):
        return rest, None, exits or None
    if "target" not in goal:
        goal.pop("unit", None)
    return rest, {"source": "", **goal}, exits or None


def goal_complaints(goal: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(path inside the goal, sentence)"""
    if not kinds.known(str(goal.get("kind"))):
        yield "", f"The goal names “{goal.get('kind')}”, which is not a kind of interaction."
        return
    yield from _complaints(to_data(goal, None), "goal_")


def exit_complaints(exits: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if unknown := exits.keys() - set(_EXITS):
        yield "", f"“exits” has no “{sorted(unknown)[0]}”. Known: {', '.join(_EXITS)}."
    yield from _complaints(to_data(None, exits), "exit_")


def _complaints(data: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    form = EndsForm(data)
    for name, errors in form.errors.items():
        for error in errors:
            if name.startswith(prefix):
                yield name.removeprefix(prefix), f"{form.fields[name].label}: {error}"


def listening(goal: dict[str, Any]) -> timedelta:
    """How long it counts after somebody left."""
    return timedelta(days=goal.get("listen", USUAL_LISTENING))


def goal_in_words(goal: dict[str, Any]) -> str:
    said = sources.in_words(str(goal.get("kind", "")), str(goal.get("source") or ""))
    where = goal.get("where")
    return f"{said}, where {conditions.in_words(where)}" if where else said


def reason(graph: dict[str, Any], outcome: str) -> str:
    """Why somebody left early, in words, from the outcome kept on the participant; "" for an outcome of a step."""
    exits = graph.get("exits") or {}
    name, _, which = outcome.partition(":")
    match name:
        case "goal":
            return f"reached the goal: {goal_in_words(graph.get('goal') or {})}"
        case "did":
            happenings = exits.get("happenings") or []
            one = happenings[int(which)] if which.isdigit() and int(which) < len(happenings) else {}
            return sources.in_words(one.get("kind", ""), one.get("source", ""))
        case "entered":
            return f"entered “{sources.name_of_segment(which)}”"
        case "excluded":
            return f"entered “{sources.name_of_segment(which)}”, whose people this journey leaves out"
        case "fulfilled":
            return f"fulfilled: {use.words(exits.get('rule'))}"
        case "stopped":
            return "the journey was stopped"
        case "removed":
            return "taken out by hand"
        case "merged":
            return "merged with somebody who is in it too"
        case "forgotten":
            return "forgotten at their own wish"
    return ""
