"""People in flight go over to another version: asked for once, carried out in batches that claim as the engine does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from crm import jobs
from crm.errors import Invalid, NotAllowed
from crm.models import User
from journeys import graph as graphs
from journeys import steps
from journeys.engine import leave
from journeys.models import OVER, Journey, JourneyVersion, Move, Participant, Passage, Visit

BATCH = 1000
MOVED = "moved"
"""The outcome by which people leave a step of the old version for another step of the new one."""


@transaction.atomic
def ask_to_move(version: JourneyVersion, *, places: Mapping[str, str], by: User, now: datetime | None = None) -> Move:
    """Everybody who is at a step of `places` goes to the step named there in the newest version; "" lets them out.

    Raises Invalid where a step is not one of the version, NotAllowed where the journey is over or they are moved already.
    """
    journey = Journey.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=version.journey_id)
    newest = journey.live_version
    if journey.status in OVER or newest is None:
        raise NotAllowed(f"“{journey}” is over; nobody is in it any more.")
    if newest.pk == version.pk:
        raise NotAllowed(f"Version {version.number} is the newest already.")
    if Move.objects.filter(from_version=version, done_at=None).exists():
        raise NotAllowed(f"The people of version {version.number} are being moved already.")
    old, new = graphs.parse(version.graph), graphs.parse(newest.graph)
    for here, there in places.items():
        if here not in old.nodes:
            raise Invalid(f"Version {version.number} has no step “{here}”.", field="places")
        if there and (there not in new.nodes or new.nodes[there].kind == steps.GO_TO):
            raise Invalid(
                f"Nobody can be moved to “{there}”: version {newest.number} has no such step.", field="places"
            )
    if not places:
        raise Invalid("Say for at least one step where its people go.", field="places")
    move = Move.objects.create(
        from_version=version, to_version=newest, places=dict(places), by=by, asked_at=now or timezone.now()
    )
    jobs.nudge("journeys.tasks.move_people")
    return move


def carry_on(move: Move, now: datetime | None = None) -> int:
    """The next batch; answers how many people it took. The move is done when nobody is left whom it means.

    Whom the engine is just looking at is passed over and taken by a later batch, at whatever step they are then.
    """
    now = now or timezone.now()
    with transaction.atomic():
        move = (
            Move.objects.select_for_update(of=("self",))
            .select_related("from_version__journey", "to_version")
            .get(pk=move.pk)
        )
        if move.done_at is not None:
            return 0
        meant = Participant.objects.active().filter(version=move.from_version, node__in=list(move.places))
        claimed = meant.order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            claimed = claimed.select_for_update(skip_locked=True, of=("self",))
        by_node: dict[str, list[int]] = {}
        for pk, node in claimed.values_list("pk", "node")[:BATCH]:
            by_node.setdefault(node, []).append(pk)
        for node, ids in by_node.items():
            _move(move, node, ids, now)
        taken = sum(map(len, by_node.values()))
        if not taken and not meant.exists():
            move.done_at = now
        move.save()
        return taken


def _move(move: Move, node: str, ids: list[int], now: datetime) -> None:
    people, target = Participant.objects.filter(pk__in=ids), move.places[node]
    if not target:
        _note(move, node, ids, "let_out", now)
        leave(move.from_version.journey, people, status="exited", outcome="moved_out", now=now)
        move.let_out += len(ids)
        return
    here, there = move.from_version.graph["nodes"][node], move.to_version.graph["nodes"][target]
    move.moved += len(ids)
    if target != node or here["kind"] != there["kind"]:
        _note(move, node, ids, MOVED, now)
        _arrive(people, move.to_version, target, now)
    elif here.get("params") == there.get("params"):
        people.update(version=move.to_version)
    else:
        _count_anew(people, move.to_version, there, now)


def _arrive(people: Any, version: JourneyVersion, target: str, now: datetime) -> None:
    """At another step they are as if they had just come there."""
    node = graphs.parse(version.graph).nodes[target]
    held = node.step.held_until(node.params, now)
    people.update(
        version=version,
        node=target,
        visit=F("visit") + 1,
        status="waiting" if held else "ready",
        due_at=held or now,
        arrived_at=now,
    )


def _count_anew(people: Any, version: JourneyVersion, there: dict[str, Any], now: datetime) -> None:
    """The same step says something else now: a wait is counted from when they came, everything else looks at them again."""
    kind, params = steps.get(there["kind"]), there.get("params", {})
    if span := kind.lasts(params):
        people.update(version=version, status="waiting", due_at=F("arrived_at") + span)
    elif until := kind.held_until(params, now):
        people.update(version=version, status="waiting", due_at=until)
    else:
        people.update(version=version, status="ready", due_at=now)


def _note(move: Move, node: str, ids: list[int], outcome: str, now: datetime) -> None:
    rows = Participant.objects.filter(pk__in=ids).values_list("pk", "visit", "arrived_at")
    detail = {"to_version": move.to_version.number, "to": move.places[node]}
    Visit.objects.bulk_create(
        Visit(participant_id=pk, node=node, number=visit, outcome=outcome, arrived_at=arrived, at=now, detail=detail)
        for pk, visit, arrived in rows
    )
    Passage.objects.create(version=move.from_version, node=node, outcome=outcome, count=len(ids), at=now)
