"""An appointment as an iCalendar file (RFC 5545), the form that every calendar reads."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from crm.calendar_zones import zone_part
from crm.models import Activity, ActivitySeries, Attendee

AN_HOUR = timedelta(hours=1)
TOLD_AHEAD = timedelta(days=3653)
"""How far the clocks of a zone are told to a calendar that does not know them: ten years."""
ANSWERS = {
    "ACCEPTED": Attendee.Answer.ACCEPTED,
    "TENTATIVE": Attendee.Answer.TENTATIVE,
    "DECLINED": Attendee.Answer.DECLINED,
    "NEEDS-ACTION": Attendee.Answer.WAITING,
}
"""PARTSTAT → the answer that we keep."""
PARTSTATS = {answer: partstat for partstat, answer in ANSWERS.items()}


def uid_of(activity: int) -> str:
    return f"activity-{activity}@{urlsplit(settings.PUBLIC_URL).hostname}"


def activity_of_uid(uid: str) -> int | None:
    """The id of the activity that one of our own UIDs names; None for another calendar's."""
    found = re.fullmatch(r"activity-(\d{1,18})@(.+)", uid.strip())
    return int(found[1]) if found and found[2] == urlsplit(settings.PUBLIC_URL).hostname else None


def calendar_file(activity: Activity, *, method: str = "PUBLISH", to: Attendee | None = None) -> bytes:
    """`method` is REQUEST for an invitation, CANCEL to take it back, PUBLISH for one's own calendar. Times are UTC.

    A CANCEL names only the one it goes `to`, who may be the only one it is cancelled for. One of a series that guests
    were invited to as a whole says which one it is (RECURRENCE-ID), on the clock of the series.
    """
    calendar = empty_calendar(method)
    series = invited_series(activity) if method != "PUBLISH" else None
    event = event_of(activity, is_cancelled=method == "CANCEL" or activity.status == "cancelled", series=series)
    if series:
        add_clock(calendar, series)
    guests = [to] if to and method == "CANCEL" else activity.attendees.select_related("contact", "user")
    for guest in guests:
        if guest.email:
            event.add("attendee", attendee_line(guest, guest.answer), encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def empty_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//CRM//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def invited_series(activity: Activity) -> ActivitySeries | None:
    """Its series, where guests were invited to all of it."""
    series = activity.series
    return series if series and series.invited_as and activity.recurs_at else None


def add_clock(calendar: Calendar, series: ActivitySeries) -> None:
    """The zone that its times are told in. UTC needs no telling."""
    if series.time_zone != "UTC":
        last = max(series.starts_at, series.made_until) + TOLD_AHEAD
        calendar.add_component(zone_part(series.time_zone, series.starts_at.year - 1, last.year))


def event_of(activity: Activity, *, is_cancelled: bool = False, series: ActivitySeries | None = None) -> Event:
    """With `series`: as one of its occurrences."""
    event = Event()
    place = ZoneInfo(series.time_zone) if series else UTC
    event.add("uid", uid_of(series.invited_as if series and series.invited_as else activity.pk))
    event.add("sequence", series.sequence if series else activity.version)
    event.add("dtstamp", timezone.now().astimezone(UTC))
    start = (activity.due_at or activity.created_at).astimezone(place)
    if series and activity.recurs_at:
        event.add("recurrence-id", activity.recurs_at.astimezone(place))
    event.add("dtstart", start)
    event.add("dtend", (activity.ends_at or start.astimezone(UTC) + AN_HOUR).astimezone(place))
    event.add("summary", activity.subject)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if activity.location:
        event.add("location", activity.location)
    if activity.body:
        event.add("description", activity.body)
    if activity.owner:
        organiser = vCalAddress(f"MAILTO:{activity.owner.email}")
        organiser.params["cn"] = vText(str(activity.owner))
        event["organizer"] = organiser
    return event


def attendee_line(guest: Attendee, answer: str) -> vCalAddress:
    address = vCalAddress(f"MAILTO:{guest.email}")
    address.params["cn"] = vText(str(guest))
    address.params["role"] = vText("REQ-PARTICIPANT" if guest.is_required else "OPT-PARTICIPANT")
    address.params["partstat"] = vText(PARTSTATS[Attendee.Answer(answer)])
    address.params["rsvp"] = vText("TRUE")
    return address
