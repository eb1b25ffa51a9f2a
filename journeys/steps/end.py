"""The end of a branch: people leave the journey as finished."""

from __future__ import annotations

from datetime import datetime

from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Outcome, Params, StepKind, register

ENDED = "ended"


def run(batch: Batch, now: datetime) -> Answer:
    return Answer.everyone(batch, ENDED)


def outcomes(params: Params) -> list[Outcome]:
    return []


register(StepKind("end", "End", "flag", "Flow", "People leave the journey here, finished.", run, outcomes=outcomes))
