"""Activities that come again: a rule makes them ahead; one is edited alone, or with all that follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.activities import cancel_activity, lock_open
from crm.actions.records import change_record
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, ActivitySeries, Attendee, User
from crm.recurrence import Repeat, moments, weekday, without_after

AHEAD = timedelta(days=180)
"""How far occurrences are made."""
AT_ONCE = 200
COPIED = (
    "kind", "subject", "body", "direction", "location", "priority", "reminder", "contact_id", "account_id",
    "regarding_type_id", "regarding_id", "owner_id", "team_id", "custom", "created_by_id",
)  # fmt: skip


@transaction.atomic
def repeat_activity(activity: Activity, repeat: Repeat, *, by: User, now: datetime | None = None) -> ActivitySeries:
    """It is the first of a series, on the clock of its owner; those of the next half year are made at once.

    Raises NotAllowed where it repeats already or has no time, Invalid for a rule that its own day does not fit.
    """
    activity = lock_open(activity)
    if activity.series_id:
        raise NotAllowed(_("It repeats already. Stop that first."))
    if activity.due_at is None:
        raise NotAllowed(_("What has no time cannot repeat: say when it is due."))
    zone = (activity.owner or by).time_zone or "UTC"
    first = activity.due_at.astimezone(ZoneInfo(zone))
    if repeat.days and weekday(first) not in repeat.days:
        raise Invalid(_("The first one is on another day: choose its day, too."), field="days")
    if repeat.until and repeat.until < first.date():
        raise Invalid(_("It cannot end before it starts."), field="until")
    series = ActivitySeries.objects.create(
        rule=repeat.rule, starts_at=activity.due_at, time_zone=zone, made_until=activity.due_at
    )
    activity.series = series
    activity.version += 1
    activity.save()
    extend_series(series, until=max(now or timezone.now(), activity.due_at) + AHEAD)
    return series


@transaction.atomic
def extend_series(series: ActivitySeries, *, until: datetime) -> int:
    """Make the occurrences up to `until` that are not there yet; answers how many. At most 200 at once."""
    series = ActivitySeries.objects.select_for_update().get(pk=series.pk)
    pattern = series.occurrences.order_by("-due_at").first()
    if series.is_ended or pattern is None or pattern.due_at is None:
        return 0
    to_make = [
        at for at in moments(series.rule, series.starts_at, series.time_zone, until=until) if at > series.made_until
    ]
    length = pattern.ends_at - pattern.due_at if pattern.ends_at else None
    guests = list(pattern.attendees.all())
    for at in to_make[:AT_ONCE]:
        made = Activity(series=series, due_at=at, ends_at=at + length if length is not None else None)
        for name in COPIED:
            setattr(made, name, getattr(pattern, name))
        made.save()
        Attendee.objects.bulk_create(
            Attendee(activity=made, contact_id=one.contact_id, user_id=one.user_id, is_required=one.is_required)
            for one in guests
        )
    series.made_until = to_make[AT_ONCE - 1] if len(to_make) > AT_ONCE else until
    series.save(update_fields=["made_until"])
    return len(to_make[:AT_ONCE])


def extend_all(now: datetime) -> int:
    """The daily round: every living series is made half a year ahead again."""
    waiting = ActivitySeries.objects.filter(is_ended=False, made_until__lt=now + AHEAD - timedelta(days=7))
    return sum(extend_series(series, until=now + AHEAD) for series in waiting.order_by("pk"))


@transaction.atomic
def change_following(activity: Activity, *, by: User, **columns: Any) -> int:
    """Change this one and all open ones after it; answers how many. `due_at` may give them another hour, on the same day.

    The rule goes on in a series of their own, so that what was before stays as it was. Raises Invalid for another day.
    """
    activity = lock_open(activity)
    series = activity.series
    if series is None or activity.due_at is None:
        raise NotAllowed(_("It does not repeat."))
    place = ZoneInfo(series.time_zone)
    hour = columns.pop("due_at", None) or activity.due_at
    length = columns.pop("ends_at", None)
    new_hour = hour.astimezone(place)
    if new_hour.date() != activity.due_at.astimezone(place).date():
        raise Invalid(
            _("All that follow keep their days: move this one alone, or stop the series and begin another."),
            field="due_at",
        )
    following = list(_following(activity))
    _go_on_apart(series, following, new_hour)
    for one in following:
        assert one.due_at is not None
        day = one.due_at.astimezone(place).date()
        due_at = datetime.combine(day, new_hour.time(), place)
        ends_at = due_at + (length - hour) if length else (due_at + (one.ends_at - one.due_at) if one.ends_at else None)
        change_record(one, {**columns, "due_at": due_at, "ends_at": ends_at}, by=by)
    return len(following)


def _go_on_apart(series: ActivitySeries, following: list[Activity], first: datetime) -> None:
    repeat = Repeat.of(series.rule)
    if repeat.count:
        before = series.occurrences.filter(due_at__lt=following[0].due_at).count()
        repeat = replace(repeat, count=max(repeat.count - before, 1))
    new = ActivitySeries.objects.create(
        rule=repeat.rule, starts_at=first, time_zone=series.time_zone, made_until=max(series.made_until, first)
    )
    for one in following:
        one.series = new
        one.save(update_fields=["series", "updated_at"])
    series.rule, series.is_ended = without_after(Repeat.of(series.rule), first.date()).rule, True
    series.save(update_fields=["rule", "is_ended"])


@transaction.atomic
def end_series(activity: Activity, *, by: User) -> int:
    """This one stays; the open ones after it will not be. Answers how many were cancelled; invited guests are told."""
    activity = lock_open(activity)
    series = activity.series
    if series is None:
        raise NotAllowed(_("It does not repeat."))
    series.is_ended = True
    series.save(update_fields=["is_ended"])
    after = [one for one in _following(activity) if one.pk != activity.pk]
    for one in after:
        cancel_activity(one, by=by)
    return len(after)


def _following(activity: Activity) -> Any:
    rows = Activity.objects.alive().filter(series=activity.series, status=Activity.Status.OPEN)
    return rows.filter(due_at__gte=activity.due_at).order_by("due_at", "pk").select_for_update(of=("self",))
