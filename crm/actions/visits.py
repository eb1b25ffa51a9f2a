"""Who looked at a record when: what happened since is new to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from crm.models import RecordVisit

STAY = timedelta(minutes=30)
"""Whoever comes back within this time is still on the same visit: a reload does not make the new old."""
NOTED_EVERY = timedelta(minutes=5)
KEPT = timedelta(days=180)
AT_ONCE = 5000


def note_visit(user: Any, record: Any) -> datetime | None:
    """Note that the user looks at the record now; answers the end of their visit before, None where this is the first."""
    now, on = timezone.now(), ContentType.objects.get_for_model(record)
    seen = RecordVisit.objects.filter(user=user.pk, record_type=on, record_id=record.pk).first()
    if seen is None:
        first = RecordVisit(user_id=user.pk, record_type=on, record_id=record.pk, at=now)
        RecordVisit.objects.bulk_create([first], ignore_conflicts=True)
        return None
    if now - seen.at > STAY:
        seen.since = seen.at
    if now - seen.at > NOTED_EVERY:
        RecordVisit.objects.filter(pk=seen.pk).update(at=now, since=seen.since)
    return seen.since


def forget_old_visits(now: datetime) -> bool:
    """One short turn; answers whether there is more to do."""
    ids = list(RecordVisit.objects.filter(at__lt=now - KEPT).values_list("pk", flat=True)[:AT_ONCE])
    RecordVisit.objects.filter(pk__in=ids).delete()
    return len(ids) == AT_ONCE
