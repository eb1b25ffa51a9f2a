"""Go to another step of the same journey: the one way to draw a loop or to join branches."""

from __future__ import annotations

from datetime import datetime

from django import forms

from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Outcome, Params, StepForm, StepKind, register


class GoToForm(StepForm):
    step = forms.CharField(label="Go to", help_text="People go on there; a circle needs a wait in it.")
    step_fields = {"step": [("", "Choose a step…")]}


def run(batch: Batch, now: datetime) -> Answer:
    return Answer.everyone(batch)


def outcomes(params: Params) -> list[Outcome]:
    """None is drawn: the arrow is in the params (see Graph.after)."""
    return []


register(
    StepKind(
        "go_to",
        "Go to",
        "arrow-back-up",
        "Flow",
        "Come back to a step, or join another branch.",
        run,
        form=GoToForm,
        outcomes=outcomes,
    )
)
