"""The kinds of step, one file each; wiring.py imports journeys.steps.every, which registers them."""

from journeys.steps.batch import NEXT, Answer, Batch, Person
from journeys.steps.kind import Foretold, Outcome, StepForm, StepKind, all_kinds, get, known, register

GO_TO = "go_to"

__all__ = [
    "GO_TO",
    "NEXT",
    "Answer",
    "Batch",
    "Foretold",
    "Outcome",
    "Person",
    "StepForm",
    "StepKind",
    "all_kinds",
    "get",
    "known",
    "register",
]
