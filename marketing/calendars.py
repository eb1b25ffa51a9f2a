"""An event as a calendar file (RFC 5545)."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, vCalAddress
from icalendar import Event as Entry

from crm.languages import spoken
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


def when_of(event: Event, language: str = "") -> str:
    """“Thursday 20 November 2025, 15:00–16:00 CET”, in the event's own zone; in the language that is on, or in this one."""
    start, end = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    until = "" if end.date() == start.date() else f"{_day(end, language)}, "
    return f"{_day(start, language)}, {start:%H:%M}–{until}{end:%H:%M} {end:%Z}"


def _day(at: datetime, language: str) -> str:
    spoken_here = spoken([language]) if language else get_language() or "en"
    if spoken_here.startswith("en"):
        return f"{at:%A %-d %B %Y}"
    return format_date(at, "full", locale=spoken_here.replace("-", "_"))


def _description(event: Event, guest: bool) -> str:
    join = _("Join: %s") % event.join_url if guest and event.join_url else ""
    return "\n\n".join(part for part in (event.summary, join, public_url(event)) if part)
