"""An event as a calendar file (RFC 5545)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from icalendar import Calendar, vCalAddress
from icalendar import Event as Entry

from marketing.models import Event, EventStatus


def public_url(event: Event) -> str:
    """The address of the event's page, for mails and files."""
    return f"{settings.PUBLIC_URL}{event.get_absolute_url()}"


def calendar_file(event: Event, *, now: datetime, guest: bool = False, organiser: str = "") -> bytes:
    """The .ics of an event in its own time zone. `guest` is somebody registered, who is told the link to join.

    The UID stays the same for ever, so that a newer file moves the entry instead of adding one. `organiser` is an address.
    """
    entry = Entry()
    entry.add("uid", f"event-{event.pk}@tandem")
    entry.add("sequence", event.version)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at.astimezone(event.zone))
    entry.add("dtend", event.ends_at.astimezone(event.zone))
    entry.add("summary", event.title)
    entry.add("description", _description(event, guest))
    entry.add("url", public_url(event))
    if where := where_of(event, guest=guest):
        entry.add("location", where)
    if organiser:
        entry.add("organizer", vCalAddress(f"mailto:{organiser}"))
    entry.add("status", "CANCELLED" if event.status == EventStatus.CANCELLED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def where_of(event: Event, *, guest: bool) -> str:
    """The place; for somebody registered, the link to join where there is one."""
    return (event.join_url if guest else "") or event.place


def when_of(event: Event) -> str:
    """“Thursday 20 November 2025, 15:00–16:00 CET”, in the event's own zone."""
    start, end = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    until = end.strftime("%H:%M") if end.date() == start.date() else end.strftime("%A %-d %B %Y, %H:%M")
    return f"{start.strftime('%A %-d %B %Y, %H:%M')}–{until} {end.strftime('%Z')}"


def _description(event: Event, guest: bool) -> str:
    join = f"Join: {event.join_url}" if guest and event.join_url else ""
    return "\n\n".join(part for part in (event.summary, join, public_url(event)) if part)
