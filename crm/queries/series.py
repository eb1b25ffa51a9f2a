"""What a series is made of: its occurrences, how most of them are, who takes part in all of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from crm.models import Activity, ActivitySeries, Attendee
from crm.models.records import RecordQuerySet


def occurrences_of(series: ActivitySeries) -> RecordQuerySet:
    """Those that take place or took place."""
    rows: RecordQuerySet = Activity.objects.alive()
    return rows.filter(series=series).exclude(status=Activity.Status.CANCELLED).order_by("recurs_at", "pk")


def looks(activity: Activity) -> tuple[str, str, str, timedelta | None]:
    """What one occurrence may have of its own, its time apart."""
    length = activity.ends_at - activity.due_at if activity.ends_at and activity.due_at else None
    return activity.subject, activity.location, activity.body, length


def typical(occurrences: list[Activity]) -> Activity | None:
    """The last one that is as most of them are: what was changed in one alone does not go on."""
    if not occurrences:
        return None
    newest_first = occurrences[::-1]
    commonest = Counter(map(looks, newest_first)).most_common(1)[0][0]
    return next(one for one in newest_first if looks(one) == commonest)


def guests_of(series: ActivitySeries) -> list[Attendee]:
    """Who takes part in all of it, each once, as they stand on their latest open occurrence (else on the last one)."""
    rows = Attendee.objects.filter(takes_all=True, activity__series=series, activity__deleted_at=None)
    rows = rows.select_related("contact", "user").order_by("-activity__recurs_at", "-is_required", "pk")
    open_rows = list(rows.filter(activity__status=Activity.Status.OPEN))
    if not open_rows and (last := occurrences_of(series).last()):
        open_rows = list(rows.filter(activity=last))
    each: dict[tuple[int | None, int | None], Attendee] = {}
    for row in open_rows:
        each.setdefault((row.contact_id, row.user_id), row)
    return list(each.values())
