"""Activities that come again: a rule makes them ahead; one is edited alone, or with all that follow.

Who was invited hears of all of it by one mail (crm.actions.series_mails), of a change to one alone by a mail about that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.activities import book_appointment, cancel_activity, change_activity, lock_open, log_activity
from crm.actions.meeting_mails import Guest, mail_guests
from crm.actions.series_mails import invite_to_series, mail_series, mail_those_of_one
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, ActivitySeries, Attendee, User
from crm.queries.series import guests_of, looks, occurrences_of, typical
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
    """It is the first of a series, on the clock of its owner; those of the next half year are made at once. Who was invited
    to it is invited to all of it, and so asked again.

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
    activity.series, activity.recurs_at = series, activity.due_at
    activity.version += 1
    activity.save()
    activity.attendees.update(takes_all=True, answer=Attendee.Answer.WAITING, answered_at=None)
    extend_series(series, until=max(now or timezone.now(), activity.due_at) + AHEAD)
    series.refresh_from_db()
    if activity.guest_invited_at:
        invite_to_series(series, activity, by=by)
    return series


@transaction.atomic
def book_series(
    repeat: Repeat,
    *,
    by: User,
    invite: bool = True,
    guests: Sequence[Guest] = (),
    regarding: Model | None = None,
    **facts: Any,
) -> Activity:
    """A meeting that comes again, from the start: everybody is invited to all of it at once. Answers the first one."""
    first = book_appointment(by=by, invite=False, guests=guests, regarding=regarding, **facts)
    if invite and first.attendees.exists():
        first.guest_invited_at = timezone.now()
        first.save(update_fields=["guest_invited_at"])
    repeat_activity(first, repeat, by=by)
    first.refresh_from_db()
    return first


@transaction.atomic
def log_series(repeat: Repeat, *, by: User, **facts: Any) -> Activity:
    """A task or a call that comes again, from the start. Answers the first one. Raises Invalid where it has no time."""
    if not facts.get("due_at"):
        raise Invalid(_("What has no time cannot repeat: say when it is due."), field="due_at")
    first = log_activity(by=by, **facts)
    if first.status != Activity.Status.OPEN:
        raise Invalid(_("What is done already cannot repeat: say when it comes."), field="due_at")
    repeat_activity(first, repeat, by=by)
    first.refresh_from_db()
    return first


@transaction.atomic
def extend_series(series: ActivitySeries, *, until: datetime) -> int:
    """Make the occurrences up to `until` that are not there yet; answers how many. At most 200 at once.

    They are as most of them are, with everybody who takes part in all of it and what they answered to all of it: the
    calendar of an invited guest has them already.
    """
    series = ActivitySeries.objects.select_for_update().get(pk=series.pk)
    pattern = typical(list(occurrences_of(series)))
    if series.is_ended or pattern is None or pattern.due_at is None:
        return 0
    known = {at.astimezone(UTC) for at in series.occurrences.values_list("recurs_at", flat=True) if at}
    to_make = [
        at
        for at in moments(series.rule, series.starts_at, series.time_zone, until=until)
        if at > series.made_until and at.astimezone(UTC) not in known
    ]
    length = looks(pattern)[-1]
    guests = guests_of(series)
    for at in to_make[:AT_ONCE]:
        made = Activity(series=series, recurs_at=at, due_at=at)
        made.ends_at = at.astimezone(UTC) + length if length is not None else None
        made.guest_invited_at = timezone.now() if series.invited_as and guests else None
        for name in COPIED:
            setattr(made, name, getattr(pattern, name))
        made.save()
        Attendee.objects.bulk_create(_seat_of(guest, made, series) for guest in guests)
    series.made_until = to_make[AT_ONCE - 1] if len(to_make) > AT_ONCE else until
    series.save(update_fields=["made_until"])
    return len(to_make[:AT_ONCE])


def _seat_of(guest: Attendee, activity: Activity, series: ActivitySeries) -> Attendee:
    return Attendee(
        activity=activity, contact_id=guest.contact_id, user_id=guest.user_id, is_required=guest.is_required,
        takes_all=True, answer_to_all=guest.answer_to_all, answer=guest.answer_to_all or Attendee.Answer.WAITING,
        answered_at=guest.answered_at if guest.answer_to_all else None,
        sequence=series.sequence if series.invited_as else None,
    )  # fmt: skip


def extend_all(now: datetime) -> int:
    """The daily round: every living series is made half a year ahead again."""
    waiting = ActivitySeries.objects.filter(is_ended=False, made_until__lt=now + AHEAD - timedelta(days=7))
    return sum(extend_series(series, until=now + AHEAD) for series in waiting.order_by("pk"))


@transaction.atomic
def change_following(activity: Activity, *, by: User, **columns: Any) -> int:
    """Change this one and all open ones after it; answers how many. `due_at` may give them another hour, on the same day.

    From the first one on, it is the series that changes. From a later one on, the rule goes on in a series of their own, so
    that what was before stays as it was; guests then have two. Raises Invalid for another day.
    """
    activity, series = _of_series(activity)
    assert activity.due_at is not None
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
    is_apart = not _is_first(activity)
    if is_apart and series.invited_as:
        for one in following:
            mail_those_of_one(one, by=by, method="CANCEL")
    goes_on = _go_on_apart(series, activity) if is_apart else series
    moves = activity.recurs_at is not None and new_hour.time() != activity.recurs_at.astimezone(place).time()
    if moves:
        _count_from(goes_on, activity, new_hour)
    for one in following:
        one.refresh_from_db()
        day = one.due_at.astimezone(place).date()
        due_at = datetime.combine(day, new_hour.time(), place) if moves else one.due_at
        ends_at = one.ends_at
        if length:
            ends_at = due_at.astimezone(UTC) + (length - hour)
        elif one.ends_at:
            ends_at = due_at.astimezone(UTC) + (one.ends_at - one.due_at)
        is_moved = due_at.astimezone(UTC) != one.due_at.astimezone(UTC) or ends_at != one.ends_at
        change_activity(one, by=by, is_told=False, **columns, due_at=due_at, ends_at=ends_at)
        if is_moved:
            one.attendees.update(answer_to_all="")
    _tell_of_change(series, goes_on, activity, following, by)
    return len(following)


def _tell_of_change(
    series: ActivitySeries, goes_on: ActivitySeries, first: Activity, following: list[Activity], by: User
) -> None:
    """Whoever was invited: that the old one is shorter, if it is, and how it goes on."""
    if not series.invited_as:
        for one in following:
            if one.guest_invited_at:
                one.refresh_from_db()
                mail_guests(one, by)
        return
    mail_series(series, by=by)
    if goes_on.pk != series.pk:
        invite_to_series(goes_on, first, by=by)
    for one in following:
        one.refresh_from_db()
        mail_those_of_one(one, by=by)


def _go_on_apart(series: ActivitySeries, first: Activity) -> ActivitySeries:
    """From `first` on it is a series of its own; the old one ends on the day before."""
    assert first.recurs_at is not None
    place = ZoneInfo(series.time_zone)
    repeat = Repeat.of(series.rule)
    if repeat.count:
        until = first.recurs_at - timedelta(seconds=1)
        before = sum(1 for _at in moments(series.rule, series.starts_at, series.time_zone, until=until))
        repeat = replace(repeat, count=max(repeat.count - before, 1))
    new = ActivitySeries.objects.create(
        rule=repeat.rule, starts_at=first.recurs_at, time_zone=series.time_zone,
        made_until=max(series.made_until, first.recurs_at), is_ended=series.is_ended,
    )  # fmt: skip
    series.occurrences.filter(recurs_at__gte=first.recurs_at).update(series=new, updated_at=timezone.now())
    _end_before(series, first.recurs_at.astimezone(place))
    return new


def _end_before(series: ActivitySeries, moment: datetime) -> None:
    """The rule ends on the day before that day, so that it makes no more."""
    series.rule, series.is_ended = without_after(Repeat.of(series.rule), moment.date()).rule, True
    series.save(update_fields=["rule", "is_ended"])


def _count_from(series: ActivitySeries, first: Activity, hour: datetime) -> None:
    """The rule has them at another hour of their days; those that were cancelled as well."""
    place = ZoneInfo(series.time_zone)

    def at_that_hour(moment: datetime) -> datetime:
        return datetime.combine(moment.astimezone(place).date(), hour.time(), place)

    series.starts_at = at_that_hour(series.starts_at)
    rows = list(series.occurrences.filter(recurs_at__gte=first.recurs_at))
    for one in rows:
        if one.recurs_at is not None:
            one.recurs_at = at_that_hour(one.recurs_at)
    Activity.objects.bulk_update(rows, ["recurs_at"])
    series.made_until = max(one.recurs_at for one in rows if one.recurs_at)
    series.save(update_fields=["starts_at", "made_until"])


@transaction.atomic
def end_series(activity: Activity, *, by: User) -> int:
    """This one stays; the open ones after it will not be. Answers how many were cancelled; invited guests are told."""
    activity, series = _of_series(activity)
    assert activity.recurs_at is not None
    after = [one for one in _following(activity) if one.pk != activity.pk]
    day_after = activity.recurs_at.astimezone(ZoneInfo(series.time_zone)) + timedelta(days=1)
    _end_before(series, day_after)
    _cancel_all(series, after, by)
    mail_series(series, by=by)
    return len(after)


@transaction.atomic
def cancel_following(activity: Activity, *, by: User) -> int:
    """Neither this one nor any after it will be. Answers how many were cancelled; from the first one on, guests get one mail
    that takes out the whole series.
    """
    activity, series = _of_series(activity)
    assert activity.recurs_at is not None
    following = list(_following(activity))
    if _is_first(activity):
        mail_series(series, by=by, method="CANCEL")
        series.is_ended = True
        series.save(update_fields=["is_ended"])
        _cancel_all(series, following, by)
    else:
        _end_before(series, activity.recurs_at.astimezone(ZoneInfo(series.time_zone)))
        _cancel_all(series, following, by)
        mail_series(series, by=by)
    return len(following)


def _cancel_all(series: ActivitySeries, rows: list[Activity], by: User) -> None:
    """Of an invited series, those who were asked to one alone are told of that one."""
    for one in rows:
        cancelled = cancel_activity(one, by=by, is_told=not series.invited_as)
        if series.invited_as:
            mail_those_of_one(cancelled, by=by, method="CANCEL")


def _of_series(activity: Activity) -> tuple[Activity, ActivitySeries]:
    """The locked row and its locked series."""
    activity = lock_open(activity)
    if activity.series_id is None or activity.due_at is None or activity.recurs_at is None:
        raise NotAllowed(_("It does not repeat."))
    return activity, ActivitySeries.objects.select_for_update().get(pk=activity.series_id)


def _is_first(activity: Activity) -> bool:
    earlier = Activity.objects.alive().filter(series=activity.series_id, recurs_at__lt=activity.recurs_at)
    return not earlier.exclude(status=Activity.Status.CANCELLED).exists()


def _following(activity: Activity) -> Any:
    """By the rule, not by where one of them was moved."""
    rows = Activity.objects.alive().filter(series=activity.series_id, status=Activity.Status.OPEN)
    return rows.filter(recurs_at__gte=activity.recurs_at).order_by("recurs_at", "pk").select_for_update(of=("self",))
