"""Telling people of what is to do, at the moment they asked for: a sweep finds it, each is told the way they chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from crm.actions.notifications import Note, tell
from crm.models import Activity, Attendee

KIND = "reminder"
BEFORE = {
    "0m": timedelta(),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
}
LATE = timedelta(hours=12)
"""A reminder that comes later than this after its hour is none: the server stood still, or the file was old."""
ICONS = {"appointment": "calendar-event", "call": "phone", "task": "checkbox", "email": "mail"}
BATCH = 200


def due_reminders(now: datetime) -> QuerySet[Activity]:
    """Open activities whose moment to be told has come and that nobody was told of yet for this due time."""
    moments = Q()
    for choice, before in BEFORE.items():
        moments |= Q(reminder=choice, due_at__lte=now + before)
    told = Q(reminded_of__isnull=False, reminded_of=F("due_at"))
    rows = Activity.objects.alive().filter(moments, status=Activity.Status.OPEN, due_at__gt=now - LATE)
    return rows.exclude(told)


def is_waiting(now: datetime) -> bool:
    return due_reminders(now).exists()


@transaction.atomic
def send_reminders(now: datetime) -> int:
    """Tell owners and the colleagues who take part; answers how many activities were told of."""
    rows = list(due_reminders(now).select_for_update(of=("self",)).order_by("due_at", "pk")[:BATCH])
    beside: dict[int, list[int]] = {}
    going = Attendee.objects.filter(activity__in=[row.pk for row in rows]).exclude(user=None)
    for activity, user in going.exclude(answer=Attendee.Answer.DECLINED).values_list("activity", "user"):
        beside.setdefault(activity, []).append(user)
    notes = [note for row in rows for note in _notes(row, beside.get(row.pk, []))]
    tell(notes)
    for row in rows:
        row.reminded_of = row.due_at
    Activity.objects.bulk_update(rows, ["reminded_of"])
    return len(rows)


def _notes(activity: Activity, colleagues: list[int]) -> list[Note]:
    users: Any = dict.fromkeys([*([activity.owner_id] if activity.owner_id else []), *colleagues])
    text = _("%(kind)s to come: %(what)s") % {"kind": activity.get_kind_display(), "what": activity.subject}
    key = f"reminder:{activity.pk}:{activity.due_at:%Y%m%d%H%M}"
    icon, url = ICONS.get(activity.kind, "bell"), activity.get_absolute_url()
    return [Note(user, text, url, icon, f"{key}:{user}", KIND) for user in users]
