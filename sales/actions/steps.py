"""What a stage asks for before it lets a deal go on, or be won."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_fsm import can_proceed

from crm.errors import Invalid
from sales.models import Opportunity, Stage
from sales.queries.steps import STEP_FIELDS, Step, asked_on_the_way, asked_to_win, missing_steps


class StepsMissing(Invalid):
    """Required steps have no value yet; `steps` tells which, each with its field's path."""

    def __init__(self, steps: Sequence[Step], stages: Sequence[Stage]) -> None:
        names = ", ".join(f"“{step.label}”" for step in steps)
        *first, last = (str(stage.label) for stage in stages)
        where = f"{', '.join(first)} and {last} still need" if first else f"{last} still needs"
        super().__init__(f"{where} {names}.", field=steps[0].path)
        self.steps, self.stages = list(steps), list(stages)


def fill_steps(opportunity: Opportunity, values: dict[str, Any]) -> None:
    """Set what was filled on the way; saving is the caller's. Raises Invalid for a name that is no step."""
    if unknown := values.keys() - set(STEP_FIELDS):
        raise Invalid(f"“{min(unknown)}” is not a step of a stage.", field=min(unknown))
    for name, value in values.items():
        setattr(opportunity, name, value)


def must_be_complete(opportunity: Opportunity, stages: Sequence[Stage]) -> None:
    """Raises StepsMissing where one of these stages lacks a required step."""
    if missing := missing_steps(opportunity, stages):
        raise StepsMissing(missing, [s for s in stages if missing_steps(opportunity, [s])])


def missing_on_the_way(opportunity: Opportunity, to: str) -> list[Step]:
    """What a move to this stage still asks for; back asks for nothing."""
    return missing_steps(opportunity, asked_on_the_way(opportunity, to))


def missing_to_win(opportunity: Opportunity) -> list[Step]:
    """What a deal still needs to be won. Who says yes earlier need not wait for a stage."""
    return missing_steps(opportunity, asked_to_win(opportunity))


def complete_to_win(opportunity: Opportunity) -> None:
    """What was filled on the way is checked; in the last stage the process is finished. Saving is the caller's.

    Raises StepsMissing.
    """
    must_be_complete(opportunity, asked_to_win(opportunity))
    if can_proceed(opportunity.finish_process):
        opportunity.finish_process()
