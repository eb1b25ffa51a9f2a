"""The engine: due people of one node are claimed, their step answers for all of them, and they move by set.

One batch (at most 1,000) is one short transaction: the rows are locked (FOR UPDATE SKIP LOCKED on PostgreSQL, the one
writer on SQLite), the step's effects are written, the people are moved, the diary is kept. The lock is the claim, so a
worker killed at any instant leaves nothing half-done and holds nothing up: its transaction was never there.
One bad person never fails a batch: it is halved down to the culprit, who is marked as failed with the reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import CharField, Exists, F, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from crm.audit import changing
from crm.errors import CrmError
from crm.log.recording import record_each
from journeys import graph as graphs
from journeys.models import ACTIVE, CLOCKS_RUN, Journey, JourneyVersion, Participant, Passage, Visit
from journeys.steps.batch import Answer, Batch, Person

log = logging.getLogger(__name__)

BATCH = 1000
MOST_VISITS = 1000
_PERSON = ("pk", "contact_id", "visit", "status", "entered_at", "arrived_at", "depth")


@dataclass(frozen=True)
class Place:
    """Where a batch is taken from."""

    version: JourneyVersion
    graph: graphs.Graph
    node: str

    @property
    def journey(self) -> Journey:
        return self.version.journey


def advance(now: datetime | None = None, seconds: float = 10.0) -> int:
    """Take batch after batch until nothing is due or the time is up; answers how many steps were taken.

    With `now` the clock stands still (tests, benchmarks); without it, it is the time of each batch.
    """
    stop_at = time.monotonic() + seconds
    steps = 0
    while time.monotonic() < stop_at:
        moment = now or timezone.now()
        place = next_place(moment)
        if place is None:
            break
        done = _advance_place(place, moment)
        if not done:
            break  # another worker holds these people: it goes on with them
        steps += done
    return steps


def has_due(now: datetime) -> bool:
    """Cheap enough to ask every second: one probe of an index for each live journey."""
    return _live_with_due(now).exists()


def _live_with_due(now: datetime) -> Any:
    due = Participant.objects.due(now).filter(journey=OuterRef("pk"))
    return Journey.objects.filter(Exists(due), status__in=CLOCKS_RUN, deleted_at=None)


def next_place(now: datetime) -> Place | None:
    """The node at which somebody of a live journey has been due for longest."""
    journey = _live_with_due(now).order_by("?").values_list("pk", flat=True).first()
    if journey is None:
        return None
    first = (
        Participant.objects.due(now).filter(journey=journey).order_by("due_at").values_list("version", "node").first()
    )
    if first is None:
        return None
    version = JourneyVersion.objects.select_related("journey").get(pk=first[0])
    return Place(version, graphs.parse(version.graph), first[1])


def _advance_place(place: Place, now: datetime, only: Sequence[int] | None = None) -> int:
    """One batch of this node, in one transaction. On an error, its halves; at last the one who causes it."""
    claimed: list[int] = []
    try:
        with transaction.atomic():
            people = _claim(place, now, only)
            claimed = [person.id for person in people]
            if people:
                _step(place, people, now)
            return len(people)
    except OperationalError:
        raise  # the database is away or busy: nobody is to blame, the next nudge tries again
    except Exception as problem:
        if not claimed:
            raise
        return _halve(place, claimed, problem, now)


def _claim(place: Place, now: datetime, only: Sequence[int] | None) -> list[Person]:
    due = Participant.objects.due(now).filter(version=place.version, node=place.node)
    due = due.filter(pk__in=only) if only is not None else due.order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    return [
        Person(pk, contact, visit, status == "waiting", entered_at, arrived_at, depth)
        for pk, contact, visit, status, entered_at, arrived_at, depth in due.values_list(*_PERSON)[:BATCH]
    ]


def _halve(place: Place, claimed: list[int], problem: Exception, now: datetime) -> int:
    if len(claimed) == 1:
        log.exception("A step of journey %s failed", place.version, exc_info=problem)
        reason = problem.message if isinstance(problem, CrmError) else f"{type(problem).__name__}: {problem}"
        with transaction.atomic():
            people = _claim(place, now, claimed)
            _fail(place, {person.id: reason for person in people}, people, now)
        return len(claimed)
    middle = len(claimed) // 2
    return _advance_place(place, now, claimed[:middle]) + _advance_place(place, now, claimed[middle:])


def _step(place: Place, people: list[Person], now: datetime) -> None:
    node = place.graph.nodes[place.node]
    tired = {
        p.id: f"After {MOST_VISITS} steps this journey ends for everybody: it seems to run in a circle."
        for p in people
        if p.visit > MOST_VISITS
    }
    fresh = [person for person in people if person.id not in tired]
    answer = Answer()
    if fresh:
        with changing("journey", about=place.journey.name, of=place.journey):
            answer = node.step.run(Batch(place.journey, place.version, node.id, node.params, fresh), now)
    _fail(place, {**tired, **answer.failures}, people, now)
    for until, ids in answer.holds.items():
        Participant.objects.filter(pk__in=ids).update(status="waiting", due_at=until)
    for outcome, ids in answer.outcomes.items():
        _note(place, outcome, ids, answer.details, now)
        _move(place, outcome, ids, now)


def _note(place: Place, outcome: str, ids: list[int], details: dict[int, dict[str, Any]], now: datetime) -> None:
    """The diary, by one statement; with details, row by row of the batch."""
    if any(pk in details for pk in ids):
        rows = Participant.objects.filter(pk__in=ids).values_list("pk", "visit", "arrived_at")
        Visit.objects.bulk_create(
            Visit(
                participant_id=pk,
                node=place.node,
                number=visit,
                outcome=outcome,
                arrived_at=arrived,
                at=now,
                detail=details.get(pk),
            )
            for pk, visit, arrived in rows
        )
    else:
        _note_by_set(place.node, outcome, ids, now)
    Passage.objects.create(version=place.version, node=place.node, outcome=outcome, count=len(ids), at=now)


def _note_by_set(node: str, outcome: str, ids: list[int], now: datetime) -> None:
    visits, participants = Visit._meta.db_table, Participant._meta.db_table
    listed = ",".join(str(int(pk)) for pk in ids)
    with connection.cursor() as sql:
        sql.execute(
            f"INSERT INTO {visits} (participant_id, node, number, outcome, arrived_at, at)"
            f" SELECT id, node, visit, %s, arrived_at, %s FROM {participants} WHERE id IN ({listed}) AND node = %s",
            [outcome, connection.ops.adapt_datetimefield_value(now), node],
        )


def _move(place: Place, outcome: str, ids: list[int], now: datetime) -> None:
    """On to the next step, or out where nothing follows. A step that only waits holds people from arrival on."""
    target = place.graph.after(place.node, outcome)
    if target is None:
        _leave(place, ids, "done", outcome, now)
        return
    following = place.graph.nodes[target]
    held = following.step.held_until(following.params, now)
    Participant.objects.filter(pk__in=ids).update(
        node=target, visit=F("visit") + 1, status="waiting" if held else "ready", due_at=held or now, arrived_at=now
    )


def _fail(place: Place, reasons: dict[int, str], people: Sequence[Person], now: datetime) -> None:
    """People stay at the step where they failed, with the reason; “Try again” makes them due once more."""
    by_reason: dict[str, list[int]] = {}
    for pk, reason in reasons.items():
        by_reason.setdefault(reason[:500], []).append(pk)
    for reason, ids in by_reason.items():
        Participant.objects.filter(pk__in=ids).update(status="failed", problem=reason, due_at=None, left_at=now)


def _leave(place: Place, ids: list[int], status: str, outcome: str, now: datetime) -> None:
    leave(place.journey, Participant.objects.filter(pk__in=ids), status=status, outcome=outcome, now=now)


def leave(journey: Journey, participants: Any, *, status: str, outcome: str, now: datetime) -> int:
    """These people are out of the journey, as finished or exited; the log hears of each. Answers how many."""
    gone = list(participants.filter(status__in=ACTIVE).values_list("pk", flat=True))
    leaving = Participant.objects.filter(pk__in=gone)
    record_each(
        "journey.ended",
        leaving.order_by().values("contact_id"),
        source=journey,
        campaign=journey.campaign_id,
        now=now,
        key=Concat(Value("journey.ended:"), Cast("pk", CharField()), output_field=CharField()),
        outcome=outcome,
        status=status,
    )
    leaving.update(status=status, outcome=outcome, left_at=now, due_at=None)
    return len(gone)
