"""Who is still on an older version, step by step, and where they would go: what is asked before people are moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from journeys import graph as graphs
from journeys import steps
from journeys.models import Journey, JourneyVersion, Move, Participant

STAYS, CHANGED, GONE = "stays", "changed", "gone"


@dataclass(frozen=True)
class Spot:
    """People at one step of an older version. `fate`: the step is the same, says something else now, or is gone.

    `target` is the step of the newest version that is offered first; "" where it is gone.
    """

    node: str
    name: str
    count: int
    fate: str
    target: str


@dataclass(frozen=True)
class Older:
    """An older version with people on it; `move` is the one under way."""

    version: JourneyVersion
    spots: Sequence[Spot]
    move: Move | None

    @property
    def count(self) -> int:
        return sum(spot.count for spot in self.spots)


def on_older_versions(journey: Journey) -> int:
    """How many people are on another version than the newest."""
    return Participant.objects.active().filter(journey=journey).exclude(version=journey.live_version_id).count()


def older_of(journey: Journey) -> list[Older]:
    """The older versions with people on them, the newest first."""
    if journey.live_version is None:
        return []
    inside = Participant.objects.active().filter(journey=journey).exclude(version=journey.live_version)
    counts: dict[int, dict[str, int]] = {}
    for version, node, many in inside.order_by().values_list("version", "node").annotate(many=Count("pk")):
        counts.setdefault(version, {})[node] = many
    moves = {move.from_version_id: move for move in Move.objects.filter(from_version__in=counts, done_at=None)}
    new = graphs.parse(journey.live_version.graph)
    return [
        Older(version, _spots(graphs.parse(version.graph), new, counts[version.pk]), moves.get(version.pk))
        for version in JourneyVersion.objects.filter(pk__in=counts)
    ]


def targets(journey: Journey) -> list[tuple[str, str]]:
    """The steps of the newest version to which people can be moved."""
    assert journey.live_version is not None
    nodes = graphs.parse(journey.live_version.graph).nodes
    return [(key, node.name) for key, node in nodes.items() if node.kind != steps.GO_TO]


def _spots(old: graphs.Graph, new: graphs.Graph, counts: dict[str, int]) -> list[Spot]:
    found = []
    for key, node in old.nodes.items():
        if key not in counts:
            continue
        same = new.nodes.get(key)
        survives = same is not None and same.kind == node.kind
        fate = GONE if not survives else STAYS if same and same.params == node.params else CHANGED
        found.append(Spot(key, node.name, counts[key], fate, key if survives else ""))
    return found
