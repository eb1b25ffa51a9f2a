"""The journeys' reader of touched contacts: what was created or changed lets people in, what they have become lets them out.

What a record was changed to is read from its history, so every change counts that is kept there, once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from crm import jobs
from crm.hooks import records
from crm.log.quiet import touched_by_cause
from crm.models import Touched
from crm.queries.history import new_values
from journeys import entering, exits
from journeys.entry_forms import CONTACT
from journeys.listening import fulfilling, running_versions
from journeys.models import Journey, JourneyVersion

LOOKS_BACK = timedelta(days=1)
"""So late may a change be read. Each lets somebody in once, whenever it is read."""
QUIET_SOURCES = ("import", "merge", "privacy", "system")


def handle(rows: list[Touched], now: datetime) -> None:
    """A batch of touched contacts, by set. Seeing a row twice changes nothing."""
    versions = running_versions()
    leaving = [version for version in versions if (version.graph.get("exits") or {}).get("rule")]
    entering_by = [v for v in versions if v.graph["entry"]["kind"] == "record" and v.pk == v.journey.live_version_id]
    people = {row.contact_id for row in rows}
    for version in leaving:
        exits.look(version, people, now)
    came = 0
    for cause, some in touched_by_cause(rows) if entering_by else ():
        if not cause:
            came += sum(_enter(version, {row.contact_id for row in some}, now) for version in entering_by)
    if came:
        jobs.nudge("journeys.tasks.advance")


def _enter(version: JourneyVersion, people: Collection[int], now: datetime) -> int:
    params = version.graph["entry"]["params"]
    arrivals = [
        entering.Arrival(contact, f"change:{entry.pk}", entry.timestamp, trigger=_told(params, entry))
        for entry, contact in _entries(params, version.journey, people, now)
        if _counts(params, entry, version.journey)
    ]
    return entering.admit(version.journey, fulfilling(params.get("who"), arrivals, now), now)


def _entries(
    params: dict[str, Any], journey: Journey, people: Collection[int], now: datetime
) -> list[tuple[LogEntry, int]]:
    """What the history says of their records since the journey went live, with the contact each is about."""
    model: Any = records.get(params["record"]).model
    if params["record"] == CONTACT:
        about = {pk: pk for pk in people}
    else:
        about = dict(model._base_manager.filter(contact__in=people).values_list("pk", "contact_id"))
    is_change = params.get("event") == "changed"
    since = max(journey.went_live_at or now, now - LOOKS_BACK)
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=list(about),
        action=LogEntry.Action.UPDATE if is_change else LogEntry.Action.CREATE,
        timestamp__gte=since,
    )
    return [(entry, about[entry.object_id]) for entry in entries.order_by("pk")]


def _counts(params: dict[str, Any], entry: LogEntry, journey: Journey) -> bool:
    """Not what an import or a merge wrote, nor the journey itself; and only the change that was asked for."""
    source = entry.additional_data if isinstance(entry.additional_data, dict) else {}
    if source.get("source") in QUIET_SOURCES or source.get("of") == f"journeys.journey:{journey.pk}":
        return False
    if params.get("event") != "changed":
        return True
    values = new_values(entry)
    if params["field"] not in values:
        return False
    return not params.get("value") or _is_same(values[params["field"]], params["value"])


def _is_same(stored: Any, wanted: str) -> bool:
    return stored is not None and str(stored).strip().casefold() == wanted.strip().casefold()


def _told(params: dict[str, Any], entry: LogEntry) -> dict[str, Any]:
    said = {"record": entry.object_repr, "record_id": entry.object_id}
    return said | ({"value": new_values(entry).get(params["field"])} if params.get("event") == "changed" else {})
