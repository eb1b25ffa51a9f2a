"""Registrations, read for rules, for the contact page and for the live page of an event."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from crm.hooks.attributes import Proof
from crm.hooks.embeds import Card
from crm.models import Contact, Interaction
from marketing.calendars import public_url, when_of
from marketing.models import Event, EventStatus, Registration


def is_registered_q(op: str, value: Any) -> Q:
    """The attribute “registered for event” as a condition on Contact; `value` is an event's id, or a list of them.

    Cancelled registrations do not count; who attended was registered. Raises LookupError for an unknown operator.
    """
    taken = Registration.objects.taking_a_seat()
    if op in ("is_empty", "is_filled"):
        somewhere = Q(pk__in=taken.values("contact"))
        return somewhere if op == "is_filled" else ~somewhere
    events = [int(one) for one in (value if isinstance(value, list | tuple) else [value])]
    there = Q(pk__in=taken.filter(event__in=events).values("contact"))
    match op:
        case "is" | "is_any_of":
            return there
        case "is_not" | "is_none_of":
            return ~there
    raise LookupError(f"“Registered for event” cannot be tested with “{op}”.")


def registration_proof(contact: int, value: Any, _subject: Any) -> list[Proof]:
    """The registrations that a test looks at, cancelled ones too: they say why somebody is not registered."""
    rows = Registration.objects.filter(contact=contact).select_related("event")
    if value is not None:
        rows = rows.filter(event__in=value if isinstance(value, list | tuple) else [value])
    return [
        Proof(f"{one.event}: {one.get_status_display()}", one.registered_at)
        for one in rows.order_by("-registered_at")[:20]
    ]


def event_choices() -> list[tuple[int, str]]:
    """Every event, the newest first."""
    return list(Event.objects.alive().values_list("pk", "title"))


def registered_for(campaign: Any) -> QuerySet:
    """The contacts registered for the events of a campaign, each once."""
    return Registration.objects.taking_a_seat().filter(event__campaign=campaign).order_by().values("contact").distinct()


def cards_of(contacts: Collection[int], most: int) -> dict[int, list[Card]]:
    """For lists in emails: by contact the events to come that she is registered for, the next one first."""
    coming = Registration.objects.filter(
        contact__in=contacts, status=Registration.Status.REGISTERED, event__ends_at__gt=timezone.now()
    )
    found: dict[int, list[Card]] = {}
    for one in coming.exclude(event__status=EventStatus.CANCELLED).select_related("event").order_by("event__starts_at"):
        cards = found.setdefault(one.contact_id, [])
        if len(cards) < most:
            cards.append(Card(one.event.title, when_of(one.event), url=public_url(one.event)))
    return found


def events_panel(request: HttpRequest, contact: Contact) -> str:
    """The events of a contact, as far as the reader sees them; nothing where there are none."""
    registrations = Registration.objects.visible_to(request.user).filter(contact=contact).select_related("event")[:20]
    if not registrations:
        return ""
    return render_to_string("marketing/events/_panel.html", {"registrations": registrations}, request)


@dataclass(frozen=True)
class Counts:
    """How an event stands. `visits` are those of people, without bots."""

    registered: int
    attended: int
    cancelled: int
    visits: int
    visitors: int


def counts_of(event: Event) -> Counts:
    """One row of numbers for the live page: two queries."""
    status = Registration.Status
    numbers = event.registrations.aggregate(
        registered=Count("pk", filter=~Q(status=status.CANCELLED)),
        attended=Count("pk", filter=Q(status=status.ATTENDED)),
        cancelled=Count("pk", filter=Q(status=status.CANCELLED)),
    )
    visits = Interaction.objects.filter(
        source_type="marketing.event", source_id=event.pk, kind="page.visited", verdict="human"
    )
    numbers |= visits.aggregate(visits=Count("pk"), visitors=Count("visitor", distinct=True))
    return Counts(**numbers)


@dataclass(frozen=True)
class Day:
    """Registrations of one day, and all up to it. x, y, height are places in a chart of 100 × 40."""

    on: date
    new: int
    total: int
    x: float
    width: float
    height: float


def days_of(event: Event) -> list[Day]:
    """Registrations by day in the event's zone, from the first one on, days without any included."""
    rows = dict(
        event.registrations.taking_a_seat()
        .annotate(day=TruncDate("registered_at", tzinfo=event.zone))
        .order_by()
        .values_list("day")
        .annotate(n=Count("pk"))
    )
    return list(_chart(rows)) if rows else []


def _chart(rows: dict[date, int]) -> Iterable[Day]:
    first, last = min(rows), max(rows)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)][-60:]
    most = max(rows.values())
    total = sum(n for day, n in rows.items() if day < days[0])
    step = 100 / max(len(days), 7)
    for place, day in enumerate(days):
        new = rows.get(day, 0)
        total += new
        yield Day(day, new, total, round(place * step, 2), round(step * 0.8, 2), round(36 * new / most, 2))
