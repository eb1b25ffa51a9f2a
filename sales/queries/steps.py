"""What the stages of the process ask for, and what of it an opportunity still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sales.models import Opportunity, ProcessState, ProcessStep, Stage, StageVisit
from sales.models.processes import ORDER

# The fields a step may ask for: what a person fills in on the opportunity itself.
STEP_FIELDS = (
    "account",
    "contact",
    "estimated_revenue",
    "estimated_close",
    "purchase_timeframe",
    "budget_amount",
    "budget_status",
    "need",
    "purchase_process",
    "decision_maker",
    "description",
    "current_situation",
    "customer_need",
    "pain_points",
    "proposed_solution",
    "proposal_developed",
    "proposal_reviewed",
    "proposal_presented",
    "final_proposal_ready",
    "decision_expected_on",
    "thank_you_sent",
    "debrief_filed",
)


@dataclass(frozen=True)
class Step:
    """One step of a stage, as it stands on one opportunity. `path` is the field's name in forms and the API."""

    stage: Stage
    path: str
    label: str
    is_required: bool
    is_done: bool

    @property
    def is_missing(self) -> bool:
        return self.is_required and not self.is_done


@dataclass(frozen=True)
class StageState:
    """A chip of the process bar. `state` is done, current or ahead; `spent` is None for a stage never entered."""

    stage: Stage
    state: str
    spent: timedelta | None
    steps: list[Step]

    @property
    def to_do(self) -> int:
        return sum(step.is_missing for step in self.steps)


def steps_of(opportunity: Opportunity, stages: Iterable[str] | None = None) -> dict[str, list[Step]]:
    """The steps of each stage, in the order of the process."""
    found: dict[str, list[Step]] = {stage: [] for stage in Stage}
    for step in opportunity.process.steps.all():
        found[step.stage].append(_step(opportunity, step))
    return found if stages is None else {stage: found[stage] for stage in stages}


def missing_steps(opportunity: Opportunity, stages: Iterable[str]) -> list[Step]:
    """The required steps of these stages that have no value yet; a required yes/no must be yes.

    A field that several of the stages ask for is named once.
    """
    found = [step for steps in steps_of(opportunity, stages).values() for step in steps if step.is_missing]
    return list({step.path: step for step in reversed(found)}.values())[::-1]


def asked_on_the_way(opportunity: Opportunity, to: str) -> list[Stage]:
    """The stages whose steps must be filled to reach this one: all before it, since a step may have been emptied later."""
    here, there = ORDER.index(Stage(opportunity.stage)), ORDER.index(Stage(to))
    return ORDER[:there] if there > here else []


def asked_to_win(opportunity: Opportunity) -> list[Stage]:
    """Those passed, and the last one for a deal that stands in it. An abandoned process asks for nothing."""
    if opportunity.process_state == ProcessState.ABANDONED:
        return []
    here = ORDER.index(Stage(opportunity.stage))
    return ORDER if opportunity.stage == Stage.CLOSE else ORDER[:here]


@dataclass(frozen=True)
class ProcessBar:
    """The way of one opportunity: a chip a stage, and how long it has taken in all."""

    chips: list[StageState]
    spent: timedelta
    is_stalled: bool

    def __iter__(self) -> Iterator[StageState]:
        return iter(self.chips)


def process_bar(opportunity: Opportunity, now: datetime) -> ProcessBar:
    """A closed deal, or one that left its process, has nothing to do in any stage."""
    steps = steps_of(opportunity) if opportunity.is_under_way else {stage: [] for stage in Stage}
    visits = list(opportunity.visits.all())
    here = ORDER.index(Stage(opportunity.stage))
    chips = [
        StageState(stage, _state(number, here), _spent(stage, visits, now), steps[stage])
        for number, stage in enumerate(ORDER)
    ]
    in_all = sum((chip.spent for chip in chips if chip.spent), timedelta())
    return ProcessBar(chips, in_all, opportunity.is_stalled(now))


def field_label(name: str) -> str:
    label = str(Opportunity._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def _step(opportunity: Opportunity, step: ProcessStep) -> Step:
    return Step(
        Stage(step.stage),
        step.field,
        step.label or field_label(step.field),
        step.is_required,
        _is_filled(opportunity, step.field),
    )


def _is_filled(opportunity: Opportunity, name: str) -> bool:
    value: Any = getattr(opportunity, Opportunity._meta.get_field(name).attname)  # type: ignore[union-attr]
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _state(number: int, here: int) -> str:
    return "done" if number < here else "current" if number == here else "ahead"


def _spent(stage: Stage, visits: list[StageVisit], now: datetime) -> timedelta | None:
    stays = [(visit.left_at or now) - visit.entered_at for visit in visits if visit.stage == stage]
    return sum(stays, timedelta()) if stays else None
