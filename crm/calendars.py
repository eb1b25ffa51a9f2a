"""An appointment as an iCalendar file (RFC 5545), the form that every calendar reads."""

from __future__ import annotations

from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from crm.models import Activity

AN_HOUR = timedelta(hours=1)


def calendar_file(activity: Activity, *, method: str = "PUBLISH") -> bytes:
    """`method` is REQUEST for an invitation, CANCEL to take it back, PUBLISH for one's own calendar. Times are UTC."""
    host, guest = activity.owner, activity.contact
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//CRM//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", f"activity-{activity.pk}@{urlsplit(settings.PUBLIC_URL).hostname}")
    event.add("sequence", activity.version)
    event.add("dtstamp", timezone.now().astimezone(UTC))
    start = (activity.due_at or activity.created_at).astimezone(UTC)
    event.add("dtstart", start)
    event.add("dtend", (activity.ends_at or start + AN_HOUR).astimezone(UTC))
    event.add("summary", activity.subject)
    event.add("status", "CANCELLED" if method == "CANCEL" or activity.status == "cancelled" else "CONFIRMED")
    if activity.location:
        event.add("location", activity.location)
    if activity.body:
        event.add("description", activity.body)
    if host:
        organiser = vCalAddress(f"MAILTO:{host.email}")
        organiser.params["cn"] = vText(str(host))
        event["organizer"] = organiser
    if guest and guest.email:
        attendee = vCalAddress(f"MAILTO:{guest.email}")
        attendee.params["cn"] = vText(str(guest))
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
