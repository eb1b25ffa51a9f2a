"""How far a journey is with its goal: different people who reached it, of those who came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from journeys.models import JourneyVersion, Participant


@dataclass(frozen=True)
class Goal:
    """People, each counted once however often they came in. `target` is in words, "" where none was named."""

    reached: int
    entered: int
    target: str
    is_met: bool

    @property
    def share(self) -> str:
        """Percent of those who came in."""
        return f"{100 * self.reached / self.entered:.0f}" if self.entered else "0"


def goal_of(version: JourneyVersion) -> Goal | None:
    """Over the whole journey, by the goal of this version; None where it has none. One query."""
    goal = version.graph.get("goal")
    if not goal:
        return None
    people = Count("contact", distinct=True)
    counts = Participant.objects.filter(journey=version.journey_id).aggregate(
        entered=people, reached=Count("contact", distinct=True, filter=~Q(reached_at=None))
    )
    return Goal(counts["reached"], counts["entered"], *_target(goal, counts))


def _target(goal: dict[str, Any], counts: dict[str, int]) -> tuple[str, bool]:
    wanted = goal.get("target")
    if not wanted:
        return "", False
    if goal.get("unit") == "percent":
        return f"{wanted} %", 100 * counts["reached"] >= wanted * max(counts["entered"], 1)
    return f"{wanted:,}", counts["reached"] >= wanted
