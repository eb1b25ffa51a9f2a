"""What a step is given and what it answers: people of one node at once, never one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from journeys.models import Journey, JourneyVersion

NEXT = "next"


class Person(NamedTuple):
    """One participant as the engine claimed them. `is_waiting`: the step has held them before."""

    id: int
    contact: int
    visit: int
    is_waiting: bool
    entered_at: datetime
    arrived_at: datetime
    depth: int


@dataclass(frozen=True)
class Batch:
    """People of one node, locked by the engine's transaction until they have moved."""

    journey: Journey
    version: JourneyVersion
    node: str
    params: dict[str, Any]
    people: Sequence[Person]

    @property
    def ids(self) -> list[int]:
        return [person.id for person in self.people]

    @property
    def contacts(self) -> list[int]:
        return [person.contact for person in self.people]

    def key(self, person: Person) -> str:
        """The key of every side effect: (participant, node, visit)."""
        return f"journey:{person.id}:{self.node}:{person.visit}"

    @property
    def source(self) -> str:
        return f"Journey: {self.journey.name}"


@dataclass
class Answer:
    """Each person either leaves by an outcome, is held until a time, or fails with a reason.

    `details` go into the diary: {participant id: {…}}.
    """

    outcomes: dict[str, list[int]] = field(default_factory=dict)
    holds: dict[datetime, list[int]] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    details: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def everyone(cls, batch: Batch, outcome: str = NEXT) -> Answer:
        return cls(outcomes={outcome: batch.ids})

    def leave(self, outcome: str, ids: Iterable[int]) -> None:
        if ids := list(ids):
            self.outcomes.setdefault(outcome, []).extend(ids)

    def hold(self, until: datetime, ids: Iterable[int]) -> None:
        if ids := list(ids):
            self.holds.setdefault(until, []).extend(ids)
