"""A whole series as one iCalendar file: the rule, what is left out of it, and each occurrence that is not as the others."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from icalendar import Event

from crm.calendars import AN_HOUR, add_clock, attendee_line, empty_calendar, event_of, uid_of
from crm.models import Activity, ActivitySeries, Attendee
from crm.queries.series import guests_of, looks, occurrences_of, typical
from crm.recurrence import moments, told_to_calendars


def series_file(series: ActivitySeries, *, method: str, to: Attendee) -> bytes:
    """For one guest: what they do not take part in is left out for them. A CANCEL takes out all of it.

    What a calendar computes of it is what we have: the rule is counted on the same clock, an occurrence that was
    cancelled or deleted is an EXDATE, one that was changed alone an event of its own (RECURRENCE-ID).
    """
    calendar = empty_calendar(method)
    add_clock(calendar, series)
    shown = list(occurrences_of(series).select_related("owner"))
    pattern = typical(shown) or Activity.objects.filter(series=series).select_related("owner").latest("recurs_at", "pk")
    is_cancelled = method == "CANCEL"
    guests = [to] if is_cancelled else guests_of(series)
    calendar.add_component(_rule_of(series, pattern, guests, is_cancelled=is_cancelled))
    if is_cancelled:
        return bytes(calendar.to_ical())
    theirs = _those_of(to, shown)
    _leave_out(calendar.walk("VEVENT")[0], series, theirs)
    for one in theirs:
        if one.due_at != one.recurs_at or looks(one) != looks(pattern):
            event = event_of(one, series=series)
            _name(event, list(one.attendees.select_related("contact", "user")))
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _rule_of(series: ActivitySeries, pattern: Activity, guests: list[Attendee], *, is_cancelled: bool) -> Event:
    """The event that all the others come from: it starts where the rule is counted from."""
    event = event_of(pattern, is_cancelled=is_cancelled)
    place = ZoneInfo(series.time_zone)
    length = looks(pattern)[-1]
    ends_at = series.starts_at.astimezone(UTC) + (AN_HOUR if length is None else length)
    for name, value in (
        ("uid", uid_of(series.invited_as or pattern.pk)),
        ("sequence", series.sequence),
        ("dtstart", series.starts_at.astimezone(place)),
        ("dtend", ends_at.astimezone(place)),
    ):
        del event[name]
        event.add(name, value)
    event.add("rrule", told_to_calendars(series.rule, series.time_zone))
    for guest in guests:
        if guest.email:
            event.add("attendee", attendee_line(guest, guest.answer_to_all or Attendee.Answer.WAITING), encode=False)
    return event


def _leave_out(event: Event, series: ActivitySeries, theirs: list[Activity]) -> None:
    """Of what is made already, all that is not theirs. What is not made yet comes as the rule has it."""
    place = ZoneInfo(series.time_zone)
    kept = {one.recurs_at.astimezone(UTC) for one in theirs if one.recurs_at}
    last = max(series.made_until, max(kept, default=series.made_until))
    ruled = (at.astimezone(UTC) for at in moments(series.rule, series.starts_at, series.time_zone, until=last))
    for at in ruled:
        if at not in kept:
            event.add("exdate", at.astimezone(place))


def _those_of(guest: Attendee, shown: list[Activity]) -> list[Activity]:
    seats = Attendee.objects.filter(activity__in=shown, contact=guest.contact_id, user=guest.user_id)
    taken = set(seats.values_list("activity_id", flat=True))
    return [one for one in shown if one.pk in taken]


def _name(event: Event, guests: list[Attendee]) -> None:
    for guest in guests:
        if guest.email:
            event.add("attendee", attendee_line(guest, guest.answer), encode=False)
