"""A/B/n: people are shared out among paths until one is really better, by the test that judges variants of a send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from crm.models import Contact
from journeys import sources
from journeys.actions.path_tests import BEST, KEEP, test_of
from journeys.queries.path_tests import CLICKS, DEED, GOAL, OPENS
from journeys.steps.batch import Answer, Batch
from journeys.steps.growing import parts_in
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register
from journeys.steps.random_split import SplitForm, drawn, shares_in_words

METRICS = [
    (OPENS, "opens an email of this journey"),
    (CLICKS, "clicks in a message of this journey"),
    (GOAL, "reaches the goal of the journey"),
    (DEED, "does something else"),
]
UNDECIDED = [
    (KEEP, "People go on by their shares, and it is judged again every hour"),
    (BEST, "Everybody goes the way that leads, although that may be luck"),
]


class PathsForm(SplitForm):
    """`parts` is [{"outcome", "label", "share"}], as in a split."""

    part_label = "Path"
    most = 10
    metric = forms.ChoiceField(label="The better path is where a larger share", choices=METRICS)
    kind = forms.ChoiceField(label="What they do", choices=sources.behaviours)
    source = sources.SourceField(label="On")
    hours = forms.IntegerField(
        label="Decide after hours, at the earliest", min_value=1, max_value=24 * 90, initial=72,
        help_text="Counted from the first person who comes here.",
    )  # fmt: skip
    people = forms.IntegerField(
        label="and after this many people on each path", min_value=30, max_value=1_000_000, initial=100
    )
    confidence = forms.TypedChoiceField(
        label="How sure it must be", coerce=int, choices=[(n, f"{n} %") for n in (90, 95, 99)], initial=95
    )
    undecided = forms.ChoiceField(label="While it cannot be decided", choices=UNDECIDED, initial=KEEP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self["metric"].value() != DEED:
            for name in ("kind", "source"):
                del self.fields[name]
                self.own.remove(name)

    def clean(self) -> Params:
        values = super().clean() or {}
        labels = [str(part["label"] or "").casefold() for part in self.cleaned_parts("label")]
        if len(set(labels)) < len(labels):
            raise forms.ValidationError("Two paths have the same name.")
        return values

    @property
    def redraws(self) -> list[str]:
        return ["metric"]

    @classmethod
    def to_data(cls, params: Params) -> Params:
        return {**params, **cls.data_of(parts_in(params, "parts"))}

    def to_params(self) -> Params:
        chosen = {name: self.cleaned_data[name] for name in self.own if self.cleaned_data.get(name) not in (None, "")}
        return {**super().to_params(), **chosen}


def run(batch: Batch, now: datetime) -> Answer:
    parts = parts_in(batch.params, "parts")
    test = test_of(batch.journey, batch.node, batch.params, now)
    if test.winner:
        return Answer.everyone(batch, test.winner)
    answer = Answer()
    for person in batch.people:
        answer.leave(drawn(parts, batch.key(person)), [person.id])
    return answer


def outcomes(params: Params) -> list[Outcome]:
    parts = parts_in(params, "parts")
    if not parts:
        return [Outcome("a", "A · 50 %"), Outcome("b", "B · 50 %")]
    words = zip(parts, shares_in_words(parts), strict=True)
    return [Outcome(str(part.get("outcome", "")), f"{part.get('label', '')} · {share}") for part, share in words]


def in_words(params: Params) -> str:
    match params.get("metric"):
        case "deed":
            return sources.in_words(params.get("kind", ""), params.get("source", ""))
        case None:
            return ""
    return {OPENS: "by opens", CLICKS: "by clicks", GOAL: "by the goal"}.get(params["metric"], "")


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    parts = parts_in(params, "parts")
    said = f"By chance, until one path is better; {shares_in_words(parts)[0]} go this way."
    return Foretold(str(parts[0]["outcome"]), said, now)


register(
    StepKind(
        "ab_test",
        "A/B test",
        "test-pipe",
        "Flow",
        "Try up to ten paths; as soon as one is really better, everybody goes that way.",
        run,
        form=PathsForm,
        asks_for_goal=lambda params: params.get("metric") == GOAL,
        outcomes=outcomes,
        summary=in_words,
        foretell=foretell,
    )
)
