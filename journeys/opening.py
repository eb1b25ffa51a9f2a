"""Opening the door: what publishing plans, and the runs of a start by the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from journeys import planned
from journeys.doors import Door
from journeys.models import Journey, JourneyStatus


def open_door(journey: Journey, now: datetime, *, is_first: bool) -> None:
    """Plan who comes in by the definition just published; the caller saves. Nobody comes in before its start."""
    entry = journey.live_version.graph["entry"]  # type: ignore[union-attr]
    params = entry.get("params", {})
    starts_at = Door.of(params).starts_at
    opens = max(now, starts_at) if starts_at else now
    if is_first or opens > now:
        journey.went_live_at = opens
    journey.admitting_after, journey.admitting_for = None, None
    journey.next_run_at, journey.next_turn_at = None, None
    match entry["kind"]:
        case "segment" if params.get("mode") == "repeat":
            journey.next_run_at = planned.next_run(params, opens)
        case "segment":
            journey.admitting_after = 0
        case "date":
            journey.next_run_at = opens


def journeys_to_run(now: datetime) -> QuerySet[Journey]:
    """Live ones whose planned moment has come."""
    return Journey.objects.alive().filter(status=JourneyStatus.LIVE, next_run_at__lte=now)


@transaction.atomic
def run_planned(journey: Journey, now: datetime) -> bool:
    """Begin the planned run and plan the next one. Of several that were missed, the last one is made good."""
    held = Journey.objects.filter(pk=journey.pk, status=JourneyStatus.LIVE, next_run_at__lte=now)
    if connection.features.has_select_for_update:
        held = held.select_for_update(of=("self",))
    locked = held.select_related("live_version").first()
    if locked is None or locked.live_version is None or locked.next_run_at is None:
        return False
    entry: dict[str, Any] = locked.live_version.graph["entry"]
    params, run = entry["params"], locked.next_run_at
    if Door.of(params).is_over(now):
        Journey.objects.filter(pk=locked.pk).update(next_run_at=None)
    elif entry["kind"] == "date":
        planned.plan_dates(locked, params, max(run, now - planned.MADE_GOOD), now)
        Journey.objects.filter(pk=locked.pk).update(next_run_at=now + planned.LOOK_EVERY)
    elif locked.admitting_after is None:
        while (following := planned.next_run(params, run)) <= now:
            run = following
        Journey.objects.filter(pk=locked.pk).update(admitting_after=0, admitting_for=run, next_run_at=following)
    else:
        return False  # the run before this one still lets people in
    return True
