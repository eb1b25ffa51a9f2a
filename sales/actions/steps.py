"""What a stage asks for before it lets a deal go on, or be won."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.errors import Invalid
from sales.models import Opportunity, Stage
from sales.queries.steps import STEP_FIELDS, Step, missing_steps


class StepsMissing(Invalid):
    """Required steps have no value yet; `steps` tells which, each with its field's path."""

    def __init__(self, steps: Sequence[Step], stages: Sequence[Stage]) -> None:
        names = ", ".join(f"“{step.label}”" for step in steps)
        where = " and ".join(str(stage.label) for stage in stages)
        super().__init__(f"{where} still needs {names}.", field=steps[0].path)
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


def missing_to_win(opportunity: Opportunity) -> list[Step]:
    """What the last stage still needs of a deal that stands in it. Who says yes earlier need not wait for a stage."""
    return missing_steps(opportunity, [Stage.CLOSE]) if opportunity.stage == Stage.CLOSE else []
