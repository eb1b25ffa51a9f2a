"""Into the bin and out of it again: a record, with all that hangs on it; one or many. Destroying is in actions/purging.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.audit import keep_in_bulk
from crm.errors import NotAllowed
from crm.hooks import bin as hook
from crm.hooks.registry import Text
from crm.log.quiet import quietly
from crm.log.recording import entry, record_many
from crm.models import Account, Contact, DeletedRow, Deletion, User

Row = tuple[str, int]
"""(label of the model, id)."""


@dataclass
class Deleted:
    """What became of a batch: a deletion for each record that went, a sentence for each that had to stay."""

    deletions: dict[int, Deletion] = field(default_factory=dict)
    refused: dict[int, Text] = field(default_factory=dict)


@transaction.atomic
def delete_record(record: Any, *, by: User | None) -> Deletion:
    """Put a record into the bin with all that hangs on it. Raises NotAllowed with the reason where it must stay."""
    done = delete_records([record], by=by)
    if why := done.refused.get(record.pk):
        raise NotAllowed(str(why))
    return done.deletions[record.pk]


@transaction.atomic
def delete_records(records: Sequence[Any], *, by: User | None) -> Deleted:
    """The same for records of one model; those that must stay do not hold back the others."""
    if not records:
        return Deleted()
    model: Any = type(records[0])
    label = model._meta.label_lower
    ids = [record.pk for record in records]
    alive = {r.pk: r for r in model._default_manager.filter(pk__in=ids).alive().select_for_update().order_by("pk")}
    refused: dict[int, Text] = {pk: _("It is in the bin already.") for pk in ids if pk not in alive}
    for rule in hook.rules_for(label):
        if rule.why_stay:
            refused |= rule.why_stay(alive, by)
    going = {pk: record for pk, record in alive.items() if pk not in refused}
    return Deleted(_put(label, going, by), refused)


def _put(label: str, going: dict[int, Any], by: User | None) -> dict[int, Deletion]:
    now = timezone.now()
    along = _along(label, going)
    rows = _by_label([(label, pk) for pk in going], along)
    for name, ids in rows.items():
        _manager(name).filter(pk__in=ids).update(deleted_at=now, version=F("version") + 1)
    deletions = _keep(label, going, along, by, now)
    _tell("record.deleted", rows, going.values(), by, now)
    for name, ids in rows.items():
        for rule in hook.rules_for(name):
            if rule.gone:
                rule.gone(ids)
    return deletions


def _along(label: str, going: Iterable[int]) -> dict[Row, int]:
    """Everything that goes along, however many steps away, with the id of the record that it goes with."""
    found: dict[Row, int] = {}
    frontier: dict[Row, int] = {(label, pk): pk for pk in going}
    seen = set(frontier)
    while frontier:
        following: dict[Row, int] = {}
        for name, parent, row in _one_step_on(frontier):
            if row not in seen:
                seen.add(row)
                following[row] = frontier[name, parent]
        found |= following
        frontier = following
    return found


def _one_step_on(frontier: Iterable[Row]) -> Iterator[tuple[str, int, Row]]:
    for name, ids in _by_label(frontier).items():
        for rule in hook.rules_for(name):
            for parent, row_label, pk in rule.along(ids) if rule.along else ():
                yield name, parent, (row_label, pk)


def _keep(
    label: str, going: dict[int, Any], along: dict[Row, int], by: User | None, now: datetime
) -> dict[int, Deletion]:
    """One Deletion a record, and under it the rows that went along."""
    on = _type_of(label)
    made = Deletion.objects.bulk_create(
        [
            Deletion(record_type=on, record_id=pk, name=str(record)[:300], deleted_by=by, deleted_at=now)
            for pk, record in going.items()
        ],
        batch_size=500,
    )
    deletions = {deletion.record_id: deletion for deletion in made}
    DeletedRow.objects.bulk_create(
        [
            DeletedRow(deletion=deletions[root], record_type=_type_of(name), record_id=pk)
            for (name, pk), root in along.items()
        ],
        batch_size=500,
    )
    return deletions


@transaction.atomic
def restore_record(deletion: Deletion, *, by: User | None) -> Any:
    """Bring it back whole; answers the record. It is an undo: no journey starts by it.

    Raises NotAllowed with the reason where something stands against it.
    """
    with quietly("undo"):
        return _restored(deletion, by)


def _restored(deletion: Deletion, by: User | None) -> Any:
    deletion = Deletion.objects.select_for_update().get(pk=deletion.pk)
    if deletion.state != Deletion.State.IN_BIN:
        raise NotAllowed(_("“%(name)s” is no longer in the bin.") % {"name": deletion})
    label = label_of(deletion)
    rows = _by_label([(label, deletion.record_id)], rows_along(deletion))
    _bring_back(rows, deletion)
    now = timezone.now()
    deletion.state, deletion.settled_by, deletion.settled_at, deletion.problem = Deletion.State.RESTORED, by, now, ""
    deletion.save()
    record = _manager(label).get(pk=deletion.record_id)
    _tell("record.restored", rows, [record], by, now)
    for name, ids in rows.items():
        for rule in hook.rules_for(name):
            if rule.back:
                rule.back(ids)
    return record


def _bring_back(rows: dict[str, list[int]], deletion: Deletion) -> None:
    """The apps are asked when all is back, so that what comes back together does not hold itself back.

    Where a rule of the database forbids it, whoever knows the rule says why; one that nobody foresaw has a sentence, too.
    """
    try:
        with transaction.atomic():
            for name, ids in rows.items():
                _manager(name).filter(pk__in=ids).update(deleted_at=None, version=F("version") + 1)
    except IntegrityError as problem:
        unforeseen = _("“%(name)s” cannot come back: another record has taken its place meanwhile.")
        raise NotAllowed(_why_not_back(rows) or unforeseen % {"name": deletion}) from problem
    if why := _why_not_back(rows):
        raise NotAllowed(why)


def _why_not_back(rows: dict[str, list[int]]) -> str:
    for name, ids in rows.items():
        for rule in hook.rules_for(name):
            for why in (rule.why_not_back(ids) if rule.why_not_back else {}).values():
                return str(why)
    return ""


def deletion_of(record: Any) -> Deletion:
    """Where a record rests in the bin. One that was deleted before the bin kept account gets its row now."""
    known = Deletion.objects.in_bin().filter(record_type=_type_of(record), record_id=record.pk).first()
    return known or Deletion.objects.create(
        record_type=_type_of(record), record_id=record.pk, name=str(record)[:300], deleted_at=record.deleted_at
    )


def rows_along(deletion: Deletion) -> list[Row]:
    """What went along, as (label, id)."""
    found = deletion.rows.order_by("pk").values_list("record_type", "record_id")
    return [(_label(on), pk) for on, pk in found]


def label_of(deletion: Deletion) -> str:
    return _label(deletion.record_type_id)


def _tell(kind: str, rows: dict[str, list[int]], roots: Iterable[Any], by: User | None, now: datetime) -> None:
    """The history of every row, and the log of those that were asked for."""
    was_deleted = kind == "record.deleted"
    action = LogEntry.Action.DELETE if was_deleted else LogEntry.Action.UPDATE
    change = ["None", now.isoformat()] if was_deleted else [now.isoformat(), "None"]
    for name, ids in rows.items():
        model = apps.get_model(name)
        if auditlog.contains(model):
            found = model._base_manager.filter(pk__in=ids).order_by("pk")
            keep_in_bulk([(row, {"deleted_at": change}) for row in found], by=by, action=action)
    about = [(record, *_whom(record)) for record in roots]
    record_many(
        entry(kind, contact=contact, account=account, source=record, by=by, data={"title": str(record)[:200]})
        for record, contact, account in about
        if contact or account
    )


def _whom(record: Any) -> tuple[int | None, int | None]:
    """The ids of the contact and the account that it is about."""
    if isinstance(record, Contact):
        return record.pk, None
    if isinstance(record, Account):
        return None, record.pk
    return getattr(record, "contact_id", None), getattr(record, "account_id", None)


def _by_label(*rows: Iterable[Row]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for some in rows:
        for label, pk in some:
            found[label].append(pk)
    return dict(found)


def _manager(label: str) -> Any:
    return apps.get_model(label)._base_manager


def _type_of(thing: Model | str) -> ContentType:
    return ContentType.objects.get_for_model(apps.get_model(thing) if isinstance(thing, str) else thing)


def _label(content_type: int) -> str:
    on = ContentType.objects.get_for_id(content_type)
    return f"{on.app_label}.{on.model}"
