"""What can be done to a journey: save its draft, publish, pause, resume, stop, archive, copy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_fsm import can_proceed

from crm import jobs
from crm.actions.bin import delete_record
from crm.errors import Invalid, NotAllowed, Stale
from crm.models import Message, User
from journeys import graph as graphs
from journeys.engine import leave
from journeys.models import OVER, Journey, JourneyStatus, JourneyVersion, Participant
from journeys.opening import open_door
from journeys.steps.sending import send_key

RESUME_AT_ONCE = 1000
SMOOTHED_OVER = 600
STOP_BATCH = 1000
FAR_AWAY = timedelta(days=36525)


def _locked(journey: Journey) -> Journey:
    return Journey.objects.select_for_update().get(pk=journey.pk)


def _must(journey: Journey, transition: Any, verb: str) -> None:
    if not can_proceed(transition):
        raise NotAllowed(f"“{journey}” is {journey.get_status_display().lower()}; it cannot be {verb}.")


def must_be_newest(journey: Journey, version: int | None) -> None:
    """Raises Stale where the editor has not seen the newest draft."""
    if version is not None and version != journey.version:
        raise Stale("Somebody else has changed this journey in the meantime. Load the page again to see it.")


@transaction.atomic
def save_draft(
    journey: Journey,
    *,
    draft: dict[str, Any],
    by: User,
    layout: dict[str, Any] | None = None,
    version: int | None = None,
) -> Journey:
    """Keep the definition as it is, right or wrong; `publish_journey` judges it.

    Raises Invalid where it has not even the shape of a definition, Stale where `version` is not the newest any more.
    """
    journey = _locked(journey)
    must_be_newest(journey, version)
    if journey.status in OVER:
        raise NotAllowed(f"“{journey}” is over. Copy it to change it.")
    graphs.parse(draft)
    journey.draft = draft
    journey.layout = layout if layout is not None else journey.layout
    journey.version += 1
    journey.save()
    return journey


@transaction.atomic
def publish_journey(journey: Journey, *, by: User, now: datetime | None = None) -> Journey:
    """Freeze the draft as a new version and let people in. Who is inside finishes on the version they began.

    Raises Invalid with the path of the first problem, NotAllowed where the journey is over.
    """
    now = now or timezone.now()
    journey = _locked(journey)
    if journey.status not in (JourneyStatus.DRAFT, JourneyStatus.LIVE, JourneyStatus.PAUSED):
        raise NotAllowed(f"“{journey}” is {journey.get_status_display().lower()}; copy it to run it again.")
    if journey.live_version is not None and journey.live_version.graph == journey.draft:
        raise NotAllowed(f"Version {journey.live_version.number} of “{journey}” is this already; nothing was changed.")
    if problems := graphs.check(journey.draft):
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise Invalid(f"{problems[0].message}{more}", field=problems[0].path)
    number = journey.versions.count() + 1
    journey.live_version = JourneyVersion.objects.create(
        journey=journey, number=number, graph=journey.draft, published_at=now, published_by=by
    )
    is_first = journey.status == JourneyStatus.DRAFT
    if is_first:
        journey.go_live()
    open_door(journey, now, is_first=is_first)
    journey.version += 1
    journey.save()
    jobs.nudge("journeys.tasks.admit_members")
    jobs.nudge("journeys.tasks.run_planned")
    return journey


@transaction.atomic
def pause_journey(journey: Journey, *, by: User) -> Journey:
    """Clocks run on; due steps and queued messages are held until it is resumed."""
    journey = _locked(journey)
    _must(journey, journey.pause, "paused")
    journey.pause()
    journey.version += 1
    journey.save()
    _queued(journey).update(due_at=F("due_at") + FAR_AWAY)
    return journey


@transaction.atomic
def resume_journey(journey: Journey, *, by: User, now: datetime | None = None) -> Journey:
    """What became due meanwhile is released; more than a thousand people smoothed over ten minutes."""
    now = now or timezone.now()
    journey = _locked(journey)
    _must(journey, journey.resume, "resumed")
    journey.resume()
    journey.version += 1
    journey.save()
    _queued(journey).filter(due_at__gt=now + FAR_AWAY / 2).update(due_at=F("due_at") - FAR_AWAY)
    overdue = Participant.objects.due(now).filter(journey=journey)
    if overdue.count() > RESUME_AT_ONCE:
        for part in range(SMOOTHED_OVER // 10):
            mine = overdue.annotate(part=F("pk") % (SMOOTHED_OVER // 10)).filter(part=part)
            mine.update(due_at=now + timedelta(seconds=10 * part))
    jobs.nudge("journeys.tasks.advance")
    return journey


@transaction.atomic
def finish_journey(journey: Journey, *, by: User | None) -> Journey:
    """Nobody comes in any more; who is inside goes on. When the last one has left, it is completed."""
    journey = _locked(journey)
    _must(journey, journey.finish, "finished")
    journey.finish()
    journey.version += 1
    journey.save()
    jobs.nudge("journeys.tasks.complete_finished")
    return journey


@transaction.atomic
def reopen_journey(journey: Journey, *, by: User) -> Journey:
    """People may come in again; the members of its segment who came meanwhile come by the next publishing only."""
    journey = _locked(journey)
    _must(journey, journey.reopen, "opened again")
    journey.reopen()
    journey.version += 1
    journey.save()
    return journey


@transaction.atomic
def complete_finished(journey: Journey) -> bool:
    """Completed, where nobody is inside any more; answers whether it was."""
    journey = _locked(journey)
    if journey.status != JourneyStatus.FINISHING or Participant.objects.active().filter(journey=journey).exists():
        return False
    journey.complete()
    journey.version += 1
    journey.save()
    return True


@transaction.atomic
def stop_journey(journey: Journey, *, by: User) -> Journey:
    """Everybody inside leaves, what is not sent yet is cancelled, nobody comes in any more. It cannot be undone."""
    journey = _locked(journey)
    _must(journey, journey.stop, "stopped")
    journey.stop()
    journey.version += 1
    journey.save()
    clear_stopped(journey)
    jobs.nudge("journeys.tasks.clear_stopped")
    return journey


@transaction.atomic
def clear_stopped(journey: Journey, now: datetime | None = None) -> int:
    """Let the next thousand people of a stopped journey out and cancel its unsent messages; answers how many left."""
    now = now or timezone.now()
    _cancel_messages(journey)
    inside = list(Participant.objects.active().filter(journey=journey).values_list("pk", flat=True)[:STOP_BATCH])
    return leave(journey, Participant.objects.filter(pk__in=inside), status="exited", outcome="stopped", now=now)


def _cancel_messages(journey: Journey) -> None:
    from crm.delivery.queueing import cancel

    cancel(_queued(journey), f"The journey “{journey.name}” was stopped.")


def _queued(journey: Journey) -> Any:
    return Message.objects.filter(Q(send_key__startswith=send_key(journey.pk)), status=Message.Status.DUE)


@transaction.atomic
def archive_journey(journey: Journey, *, by: User) -> Journey:
    """Out of the lists; its people and numbers stay."""
    journey = _locked(journey)
    _must(journey, journey.archive, "archived")
    journey.archive()
    journey.version += 1
    journey.save()
    return journey


@transaction.atomic
def delete_journey(journey: Journey, *, by: User) -> None:
    """Into the bin, whatever its state: one that runs is stopped first, which nobody can undo.

    What it did stays: messages, leads, the timelines of its people. `journeys.queries.deleting` says what goes.
    """
    journey = _locked(journey)
    if can_proceed(journey.stop):
        journey = stop_journey(journey, by=by)
    delete_record(journey, by=by)


def copy_journey(journey: Journey, *, by: User) -> Journey:
    """A new draft with the same steps."""
    return Journey.objects.create(
        name=f"{journey.name} (copy)"[:200],
        campaign=journey.campaign,
        draft=journey.draft,
        layout=journey.layout,
        owner=by,
        created_by=by,
    )
