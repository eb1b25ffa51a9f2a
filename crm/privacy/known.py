"""What is held about a person, how much of it, since when, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from crm.hooks import personal
from crm.hooks.registry import Text
from crm.models import Contact, Erasure, Interaction

SOURCES_SHOWN = 8
CAME_BY = ("contact.imported", "form.submitted", "event.registered", "lead.created", "trigger.received")


@dataclass(frozen=True)
class Held:
    """One kind of data about one person."""

    label: Text
    count: int
    first: datetime | None
    last: datetime | None
    fate: Text
    why_kept: Text


def held_about(contact: Contact) -> list[Held]:
    """Every kind of data that holds at least one row."""
    found = []
    for kind in personal.all_personal_data():
        rows = kind.rows(contact.pk)
        if kind.since == "pk":
            facts: dict[str, Any] = {"first": None, "last": None}
        else:
            facts = rows.order_by().aggregate(first=Min(kind.since), last=Max(kind.since))
        count = rows.count()
        if count:
            found.append(Held(kind.label, count, facts["first"], facts["last"], fate_of(kind), kind.why_kept))
    return found


def fate_of(kind: personal.PersonalData) -> Text:
    """What forgetting the person does to these rows, in words."""
    if kind.why_kept:
        return _("stays")
    if kind.deletes == personal.ALWAYS:
        return _("deleted")
    if kind.deletes == personal.ON_ERASE:
        return (
            _("blanked, or deleted when erasing") if kind.blank else _("stays when anonymising, deleted when erasing")
        )
    return _("blanked") if kind.blank else _("names nobody")


def origins_of(contact: Contact) -> list[Interaction]:
    """The rows of the log by which she came in and told us more, the earliest first."""
    rows = Interaction.objects.filter(contact=contact, kind__in=CAME_BY).select_related("actor", "campaign")
    return list(rows.order_by("occurred_at", "pk")[:SOURCES_SHOWN])


def first_entry_of(contact: Contact) -> LogEntry | None:
    """The entry of the history that made the record: who, and by page, API, import or form."""
    made = LogEntry.objects.get_for_object(contact).filter(action=LogEntry.Action.CREATE)
    return made.select_related("actor").order_by("pk").first()


def erasure_of(contact: Contact) -> Erasure | None:
    return Erasure.objects.filter(contact=contact).first()
