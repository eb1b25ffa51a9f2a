"""Not now: an activity is put off, skipped, or taken up again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.activities import lock_open
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, User

MORNING = time(9)
LATER = timedelta(hours=3)
LATEST = time(23, 30)
SKIPPED = "Skipped"


def moment_of(choice: str, now: datetime, day: date | None = None) -> datetime:
    """What “later”, “tomorrow”, “next-week” or “day” (at nine) means in the zone in force.

    Raises Invalid for another word, for a day that has passed, and for “later” shortly before midnight.
    """
    here = timezone.localtime(now)
    if choice == "later":
        return _later_today(here)
    if choice == "tomorrow":
        return _at_nine(here.date() + timedelta(days=1))
    if choice == "next-week":
        return _at_nine(here.date() + timedelta(days=7 - here.weekday()))
    if choice != "day" or day is None:
        raise Invalid(_("Say until when: later today, tomorrow, next week, or a day."), field="until")
    if day <= here.date():
        raise Invalid(_("Choose a day after today."), field="day")
    return _at_nine(day)


@transaction.atomic
def snooze_activity(activity: Activity, *, until: datetime, by: User) -> Activity:
    """It is due at `until` instead. An appointment is not put off like this: its guests would not hear of it."""
    activity = lock_open(activity)
    if activity.kind == Activity.Kind.APPOINTMENT:
        raise NotAllowed(_("An appointment is moved in the calendar, so that its guests hear of it."))
    if activity.ends_at and activity.due_at:
        activity.ends_at = until + (activity.ends_at - activity.due_at)
    activity.due_at = until
    activity.version += 1
    activity.save()
    return activity


@transaction.atomic
def skip_activity(activity: Activity, *, by: User) -> Activity:
    """It will not be done, and nobody is told: closed as skipped. An appointment is cancelled instead."""
    activity = lock_open(activity)
    if activity.kind == Activity.Kind.APPOINTMENT:
        raise NotAllowed(_("An appointment is cancelled, so that its guests hear of it."))
    activity.status, activity.done_at, activity.outcome = Activity.Status.CANCELLED, timezone.now(), SKIPPED
    activity.version += 1
    activity.save()
    return activity


@transaction.atomic
def reopen_activity(activity: Activity, *, by: User) -> Activity:
    """What was marked as done or skipped is to do again. A cancelled appointment stays cancelled: its guests were told."""
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if activity.status == Activity.Status.OPEN:
        raise NotAllowed(_("“%s” is open.") % activity)
    if activity.kind == Activity.Kind.APPOINTMENT and activity.status == Activity.Status.CANCELLED:
        raise NotAllowed(_("A cancelled appointment stays cancelled; book a new one."))
    activity.status, activity.done_at = Activity.Status.OPEN, None
    activity.outcome = "" if activity.outcome == SKIPPED else activity.outcome
    activity.version += 1
    activity.save()
    return activity


def _later_today(here: datetime) -> datetime:
    """In three hours, at a full or half hour; not after 23:30."""
    later = here + LATER
    later = later.replace(minute=30 if later.minute < 30 else 0, second=0, microsecond=0) + (
        timedelta(hours=1) if later.minute >= 30 else timedelta()
    )
    latest = datetime.combine(here.date(), LATEST, here.tzinfo)
    if here >= latest - timedelta(minutes=1):
        raise Invalid(_("The day is over: choose tomorrow."), field="until")
    return min(later, latest)


def _at_nine(day: date) -> datetime:
    return datetime.combine(day, MORNING, timezone.get_current_timezone())
