"""Registering for an event: one person once, a seat where there is one, the log told, the confirmation on its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import NotAllowed
from crm.log.recording import entry, record, record_many
from crm.models import Contact
from marketing.actions.confirmations import send_confirmation
from marketing.models import Event, EventStatus, Registration, Submission

if TYPE_CHECKING:
    from crm.models import User

Status = Registration.Status


@transaction.atomic
def register_for_event(
    event: Event,
    contact: Contact,
    *,
    submission: Submission | None = None,
    by: User | None = None,
    now: datetime | None = None,
) -> Registration:
    """A seat for this person. Who is registered already keeps theirs, and no second mail goes out.

    Raises NotAllowed, with a sentence for the guest, where the event is not open, over, cancelled or full.
    """
    now = now or timezone.now()
    event = Event.objects.select_for_update().get(pk=event.pk)
    known = Registration.objects.filter(event=event, contact=contact).first()
    if known and known.status != Status.CANCELLED:
        return known
    if reason := why_closed(event, now):
        raise NotAllowed(reason)
    registration = _seat(event, contact, known, submission, now)
    record(
        "event.registered",
        contact=contact,
        source=event,
        campaign=event.campaign_id,
        by=by,
        data={"event": event.title, "registration": registration.pk},
        occurred_at=now,
        key=f"registration:{registration.pk}:{registration.number}",
        verdict="human",
        verdict_version=1,
    )
    send_confirmation(registration)
    return registration


def why_closed(event: Event, now: datetime) -> str:
    """Why nobody can register, in a sentence for the guest; "" where they can."""
    match event.status:
        case EventStatus.CANCELLED:
            return _("This event was cancelled.")
        case EventStatus.DRAFT:
            return _("Registration is not open yet.")
        case EventStatus.DONE:
            return _("This event is over.")
    if event.is_over(now):
        return _("This event is over.")
    if event.form and not event.form.is_open:
        return _("Registration is closed.")
    if seats_left(event) == 0:
        return _("This event is full.")
    return ""


def seats_left(event: Event) -> int | None:
    """None where there is no limit."""
    if event.capacity is None:
        return None
    return max(0, event.capacity - event.registrations.taking_a_seat().count())


def _seat(
    event: Event, contact: Contact, known: Registration | None, submission: Submission | None, now: datetime
) -> Registration:
    if known is None:
        return Registration.objects.create(event=event, contact=contact, submission=submission, registered_at=now)
    known.status, known.number = Status.REGISTERED, known.number + 1
    known.submission, known.registered_at = submission, now
    known.save()
    return known


@transaction.atomic
def mark_attended(registrations: Iterable[Registration], *, by: User) -> int:
    """These people were there; answers how many were newly marked. Cancelled ones who came after all count too."""
    found = _locked(registrations, unless=Status.ATTENDED)
    Registration.objects.filter(pk__in=[r.pk for r in found]).update(status=Status.ATTENDED)
    record_many(
        entry(
            "event.attended",
            contact=registration.contact_id,
            source=registration.event,
            campaign=registration.event.campaign_id,
            by=by,
            data={"event": registration.event.title, "registration": registration.pk},
            key=f"attendance:{registration.pk}",
            verdict="human",
            verdict_version=1,
        )
        for registration in found
    )
    return len(found)


@transaction.atomic
def cancel_registrations(registrations: Iterable[Registration], *, by: User) -> int:
    """Their seats are free again; answers how many. Who attended stays."""
    found = [r for r in _locked(registrations, unless=Status.CANCELLED) if r.status == Status.REGISTERED]
    Registration.objects.filter(pk__in=[r.pk for r in found]).update(status=Status.CANCELLED)
    record_many(
        entry(
            "event.unregistered",
            contact=registration.contact_id,
            source=registration.event,
            campaign=registration.event.campaign_id,
            by=by,
            data={"event": registration.event.title, "registration": registration.pk},
            key=f"cancellation:{registration.pk}:{registration.number}",
        )
        for registration in found
    )
    return len(found)


def _locked(registrations: Iterable[Registration], *, unless: str) -> list[Registration]:
    ids = [registration.pk for registration in registrations]
    locked = Registration.objects.select_for_update(of=("self",)).select_related("event").exclude(status=unless)
    return list(locked.filter(pk__in=ids).order_by("pk"))
