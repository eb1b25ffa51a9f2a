"""The simulator: one contact walks through a draft. Nothing is written, nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from crm.models import Contact
from journeys import graph as graphs
from journeys.models import Journey

LONGEST_WALK = 60


@dataclass(frozen=True)
class Stop:
    """One step of the walk: when, by which way out, and why in words."""

    name: str
    icon: str
    at: datetime
    way: str
    why: str
    is_problem: bool = False


def walk(journey: Journey, contact: Contact, now: datetime | None = None) -> list[Stop]:
    """From the first step to the end, or to the step that cannot go on."""
    entered = now = now or timezone.now()
    graph = graphs.parse(journey.draft)
    wrong = {problem.node: problem.message for problem in graphs.check(journey.draft)}
    here, stops = graph.first, list[Stop]()
    while here in graph.nodes and len(stops) < LONGEST_WALK:
        node = graph.nodes[here]
        if here in wrong and any(node.step.complaints(node.params)):
            stops.append(Stop(node.name, node.step.icon, now, "", f"Cannot go on: {wrong[here]}", True))
            return stops
        told = node.step.foretell(node.params, contact, entered, now)
        labels = {outcome.name: outcome.label for outcome in node.step.outcomes(node.params)}
        way = labels.get(told.outcome, "") if len(labels) > 1 else ""
        stops.append(Stop(node.name, node.step.icon, now, way, told.why))
        now, here = told.at, graph.after(here, told.outcome)
    return stops
