"""What can be done to people in a journey: let members in, add by hand, take out, try again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm import jobs
from crm.errors import NotAllowed
from crm.models import User
from journeys import engine, entering, planned
from journeys.doors import Door
from journeys.entries import segments_of
from journeys.models import Journey, JourneyStatus, Participant
from marketing import models as marketing

ADMIT_BATCH = 1000


def admit_members(journey: Journey, now: datetime | None = None) -> int:
    """Let in the next thousand members of the segments; answers how many were looked at. One short transaction."""
    now = now or timezone.now()
    with transaction.atomic():
        journey = Journey.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=journey.pk)
        if journey.admitting_after is None or journey.live_version is None or journey.status != JourneyStatus.LIVE:
            return 0
        params = journey.live_version.graph["entry"]["params"]
        segments = list(marketing.Segment.objects.filter(pk__in=segments_of(params)))
        if any(segment.status == marketing.Segment.Status.BUILDING for segment in segments):
            return 0  # its first build tells nobody of its members: they are let in when it is done
        members = _next_members(journey, segments)
        _let_members_in(journey, params, members, now)
        Journey.objects.filter(pk=journey.pk).update(admitting_after=members[-1] if members else None)
        return len(members)


def _next_members(journey: Journey, segments: Sequence[marketing.Segment]) -> list[int]:
    """Who is in several of them comes once."""
    inside = Q(pk__in=[])
    for segment in segments:
        mine = Q(segment=segment)
        inside |= mine if journey.admitting_for else mine & Q(entered_at__lte=_until(journey, segment))
    rows = marketing.SegmentMember.objects.filter(inside, contact__gt=journey.admitting_after)
    return list(rows.order_by("contact").values_list("contact", flat=True).distinct()[:ADMIT_BATCH])


def _let_members_in(journey: Journey, params: dict[str, Any], members: Sequence[int], now: datetime) -> None:
    run = journey.admitting_for
    if run is None:
        key = f"version:{journey.live_version_id}"
        entering.admit(journey, [entering.Arrival(pk, key, now) for pk in members], now)
        return
    day = planned.day_of(params, run)
    key = f"run:{day:%Y-%m-%d}"
    if params.get("clock") == "person":
        coming = planned.at_their_hour(members, day, params)
        entering.wait(journey, [(entering.Arrival(pk, key, at), at) for pk, at in coming])
    else:
        entering.admit(journey, [entering.Arrival(pk, key, now) for pk in members], now)


def _until(journey: Journey, segment: marketing.Segment) -> datetime:
    """Who enters the segment after it was published comes in by the log, and not at all where an import brought them."""
    return max(moment for moment in (journey.went_live_at, segment.built_at) if moment)


@transaction.atomic
def add_contacts(
    journey: Journey,
    *,
    contacts: Sequence[int],
    by: User,
    now: datetime | None = None,
    key: str = "",
    values: dict[str, Any] | None = None,
) -> int:
    """Add people by hand; answers how many came in: the re-entry rule holds for them too.

    `values` come along with them, as `trigger`. The same `key` twice lets nobody in twice.

    Raises NotAllowed unless the journey is live or paused, and its door open.
    """
    now = now or timezone.now()
    journey = Journey.objects.select_for_update().get(pk=journey.pk)
    if journey.status not in (JourneyStatus.LIVE, JourneyStatus.PAUSED):
        raise NotAllowed(f"“{journey}” is not live: publish it before adding people.")
    _must_be_open(journey, now)
    key = f"api:{key}" if key else f"hand:{by.pk}:{now.timestamp()}"
    came = entering.admit(journey, [entering.Arrival(pk, key, now, trigger=values or {}) for pk in contacts], now)
    jobs.nudge("journeys.tasks.advance")
    return came


def _must_be_open(journey: Journey, now: datetime) -> None:
    door = Door.of(journey.live_version.graph["entry"].get("params", {}))  # type: ignore[union-attr]
    if journey.went_live_at and now < journey.went_live_at:
        opens = timezone.localtime(journey.went_live_at).strftime("%-d %b %Y, %H:%M")
        raise NotAllowed(f"“{journey}” lets nobody in before {opens}.")
    if door.is_over(now):
        raise NotAllowed(f"“{journey}” lets nobody in any more: the time for that is over.")


@transaction.atomic
def remove_participant(participant: Participant, *, by: User, now: datetime | None = None) -> Participant:
    """Take one person out. Raises NotAllowed where they are out already."""
    taken = Participant.objects.filter(pk=participant.pk)
    if not engine.leave(participant.journey, taken, status="exited", outcome="removed", now=now or timezone.now()):
        raise NotAllowed(f"{participant.contact} has left this journey already.")
    return taken.get()


@transaction.atomic
def try_again(journey: Journey, *, by: User, now: datetime | None = None) -> int:
    """Those who failed take the same step once more; answers how many. Who has come in again since stays failed."""
    failed = Participant.objects.filter(journey=journey, status="failed")
    inside = Participant.objects.active().filter(journey=journey, may_overlap=False).values("contact")
    count = failed.exclude(contact__in=inside).update(
        status="ready", due_at=now or timezone.now(), left_at=None, problem=""
    )
    jobs.nudge("journeys.tasks.advance")
    return count
