"""The queue at the door: arrivals wait for their hour or for the entry rate, and are let in evenly."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.zones import company_zone
from journeys import entering, planned
from journeys import graph as graphs
from journeys.doors import LATE, Door
from journeys.entering import Arrival
from journeys.models import OVER, Journey, JourneyStatus, Turn

MOST = 1000


def journeys_with_turns(now: datetime) -> QuerySet[Journey]:
    """Live ones that may let somebody in: a probe of an index for each."""
    due = Turn.objects.filter(journey=OuterRef("pk"), due_at__lte=now)
    is_time = Q(next_turn_at=None) | Q(next_turn_at__lte=now)
    return Journey.objects.alive().filter(is_time, Exists(due), status=JourneyStatus.LIVE)


def journeys_left_behind() -> QuerySet[Journey]:
    """Those that nobody may enter any more, with somebody still at the door."""
    ended = [JourneyStatus.FINISHING, *OVER]
    return Journey.objects.filter(Exists(Turn.objects.filter(journey=OuterRef("pk"))), status__in=ended)


@transaction.atomic
def let_in(journey: Journey, now: datetime) -> int:
    """Whose turn it is comes in, as far as the rules still allow it; answers how many turns were taken.

    What was missed for more than a few seconds (a pause, a night) is not made up for in a burst: the queue waits longer.
    """
    held = Journey.objects.filter(pk=journey.pk, status=JourneyStatus.LIVE).select_related("live_version")
    if connection.features.has_select_for_update_skip_locked:
        held = held.select_for_update(skip_locked=True, of=("self",))
    locked = held.first()
    if locked is None or locked.live_version is None:
        return 0
    entry = graphs.parse(locked.live_version.graph).entry
    door = Door.of(entry["params"])
    waiting = Turn.objects.filter(journey=locked, due_at__lte=now)
    if door.is_over(now):
        return Turn.objects.filter(pk__in=list(waiting.values_list("pk", flat=True)[:MOST])).delete()[0]
    if (opening := door.next_opening(now, company_zone())) > now:
        Journey.objects.filter(pk=locked.pk).update(next_turn_at=opening)
        return 0
    start = max(locked.next_turn_at or now, now - timedelta(seconds=LATE))
    many = min(MOST, int((now - start).total_seconds() / door.gap) + 1) if door.gap else MOST
    turns = list(waiting.order_by("due_at", "pk")[:many])
    arrivals = [_arrival(turn) for turn in turns]
    if entry["kind"] == "date":
        arrivals = planned.still_so(entry["params"], arrivals)
    entering.let_in(locked, arrivals, now)
    Turn.objects.filter(pk__in=[turn.pk for turn in turns]).delete()
    if door.gap and turns:
        Journey.objects.filter(pk=locked.pk).update(next_turn_at=start + timedelta(seconds=door.gap * len(turns)))
    return len(turns)


@transaction.atomic
def forget(journey: Journey) -> int:
    """Nobody comes in any more: the next of those at the door go away; answers how many."""
    some = list(Turn.objects.filter(journey=journey).values_list("pk", flat=True)[:MOST])
    return Turn.objects.filter(pk__in=some).delete()[0]


def _arrival(turn: Turn) -> Arrival:
    return Arrival(turn.contact_id, turn.key, turn.at, turn.depth, turn.trigger)
