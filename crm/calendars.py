"""An appointment as an iCalendar file (RFC 5545), the form that every calendar reads."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from crm.models import Activity, Attendee

AN_HOUR = timedelta(hours=1)
ANSWERS = {
    "ACCEPTED": Attendee.Answer.ACCEPTED,
    "TENTATIVE": Attendee.Answer.TENTATIVE,
    "DECLINED": Attendee.Answer.DECLINED,
    "NEEDS-ACTION": Attendee.Answer.WAITING,
}
"""PARTSTAT → the answer that we keep."""
PARTSTATS = {answer: partstat for partstat, answer in ANSWERS.items()}


def uid_of(activity: Activity) -> str:
    return f"activity-{activity.pk}@{urlsplit(settings.PUBLIC_URL).hostname}"


def activity_of_uid(uid: str) -> int | None:
    """The id of the activity that one of our own UIDs names; None for another calendar's."""
    found = re.fullmatch(r"activity-(\d{1,18})@(.+)", uid.strip())
    return int(found[1]) if found and found[2] == urlsplit(settings.PUBLIC_URL).hostname else None


def calendar_file(activity: Activity, *, method: str = "PUBLISH", to: Attendee | None = None) -> bytes:
    """`method` is REQUEST for an invitation, CANCEL to take it back, PUBLISH for one's own calendar. Times are UTC.

    A CANCEL names only the one it goes `to`, who may be the only one it is cancelled for.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//CRM//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = _event(activity, is_cancelled=method == "CANCEL" or activity.status == "cancelled")
    guests = [to] if to and method == "CANCEL" else activity.attendees.select_related("contact", "user")
    for guest in guests:
        if guest.email:
            event.add("attendee", _attendee(guest), encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(activity: Activity, *, is_cancelled: bool) -> Event:
    event = Event()
    event.add("uid", uid_of(activity))
    event.add("sequence", activity.version)
    event.add("dtstamp", timezone.now().astimezone(UTC))
    start = (activity.due_at or activity.created_at).astimezone(UTC)
    event.add("dtstart", start)
    event.add("dtend", (activity.ends_at or start + AN_HOUR).astimezone(UTC))
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


def _attendee(guest: Attendee) -> vCalAddress:
    address = vCalAddress(f"MAILTO:{guest.email}")
    address.params["cn"] = vText(str(guest))
    address.params["role"] = vText("REQ-PARTICIPANT" if guest.is_required else "OPT-PARTICIPANT")
    address.params["partstat"] = vText(PARTSTATS[Attendee.Answer(guest.answer)])
    address.params["rsvp"] = vText("TRUE")
    return address
