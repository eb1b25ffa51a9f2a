"""Undoing a merge: every row back to where it was; what somebody changed since stays as it is, and is reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from auditlog.registry import auditlog
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from crm.access.see import must_be_able_to
from crm.actions.merge_ledger import next_version, stored
from crm.actions.merging import lock_people, lock_rows, people_of, tell_of, touch
from crm.audit import changing, keep_in_bulk
from crm.errors import NotAllowed
from crm.hooks import merging as hook
from crm.log.quiet import quietly
from crm.models import Merge, MergedRow, User
from crm.queries.merges import read_back

AT_ONCE = 500
What = MergedRow.What


def undo_merge(merge: Merge, *, by: User) -> Merge:
    """Part them again; answers the merge, whose `report` says what could not be brought back as it was.

    Raises NotAllowed where it was undone already, is part of another merge, or where a later merge stands on it: those are
    undone first, the last one before the others.
    """
    with transaction.atomic(), quietly("undo"), changing("merge", about=f"Undo of merge {merge.pk}", by=by):
        merge = Merge.objects.select_for_update().get(pk=merge.pk)
        if merge.part_of_id:
            raise NotAllowed(f"This came about by the merge “{merge.part_of}”. Undo that one.")
        winner = hook.model_of(merge.kind)._base_manager.filter(pk=merge.winner_id).first()
        if winner is None:
            raise NotAllowed("The record that both became was destroyed. There is nothing left to part.")
        must_be_possible(merge)
        must_be_able_to(by, "merge", winner)
        lock_people(people_of(_two(merge)))
        return _undo(merge, by, timezone.now())


def why_not_undone(merge: Merge) -> str:
    """A sentence where the merge cannot be undone now, or ""."""
    try:
        must_be_possible(merge)
    except NotAllowed as problem:
        return problem.message
    return ""


def must_be_possible(merge: Merge) -> None:
    """Raises NotAllowed; asks the merges that this one brought about as well."""
    if not merge.is_in_force:
        raise NotAllowed("This merge was undone already.")
    one_of_them = Q(winner_id__in=[merge.winner_id, merge.loser_id]) | Q(loser_id=merge.winner_id)
    later = Merge.objects.in_force().filter(one_of_them, kind=merge.kind, pk__gt=merge.pk)
    later = later.exclude(pk__in=_family(merge)).order_by("-pk")
    if last := later.first():
        first_undone = last.part_of or last
        raise NotAllowed(f"“{first_undone}” was merged later and stands on this. Undo that merge first.")
    winner = hook.model_of(merge.kind)._base_manager.filter(pk=merge.winner_id).first()
    if winner is not None and winner.deleted_at and not merge.part_of_id:  # type: ignore[attr-defined]
        raise NotAllowed(f"“{winner}” is in the bin. Bring it back first.")
    for part in merge.parts.all():
        must_be_possible(part)


def _family(merge: Merge) -> list[int]:
    top = merge
    while top.part_of:
        top = top.part_of
    found = [top.pk]
    waiting = [top.pk]
    while waiting:
        waiting = list(Merge.objects.filter(part_of__in=waiting).values_list("pk", flat=True))
        found += waiting
    return found


def _two(merge: Merge) -> list[Any]:
    return list(hook.model_of(merge.kind)._base_manager.filter(pk__in=[merge.winner_id, merge.loser_id]))


def _undo(merge: Merge, by: User | None, now: datetime) -> Merge:
    lock_rows(hook.model_of(merge.kind), [merge.winner_id, merge.loser_id])
    report: list[str] = []
    rows = merge.rows.order_by("-step", "-pk")
    for _step, group in groupby(rows.iterator(chunk_size=2000), key=lambda row: row.step):
        _undo_step(merge, list(group), by, now, report)
    merge.undone_at, merge.undone_by, merge.report = now, by, report
    merge.save()
    winner = hook.model_of(merge.kind)._base_manager.get(pk=merge.winner_id)
    tell_of("record.unmerged", merge, winner, by)
    touch(winner)
    loser = hook.model_of(merge.kind)._base_manager.get(pk=merge.loser_id)
    tell_of("record.unmerged", merge, loser, by)
    return merge


def _undo_step(merge: Merge, rows: list[MergedRow], by: User | None, now: datetime, report: list[str]) -> None:
    match rows[0].what:
        case What.MOVED:
            _move_back(merge, rows, by, report)
        case What.CHANGED:
            for row in rows:
                _change_back(row, report)
        case What.REMOVED:
            for row in rows:
                _bring_back(row, report)
        case What.NESTED:
            for row in rows:
                part = Merge.objects.select_for_update().get(pk=row.row)
                report += _undo(part, by, now).report


def _move_back(merge: Merge, rows: Sequence[MergedRow], by: User | None, report: list[str]) -> None:
    """Those that still name the winner. Of rows whose history is kept, the history tells it."""
    model: Any = apps.get_model(rows[0].label)
    column, count = rows[0].column, 0
    for start in range(0, len(rows), AT_ONCE):
        ids = [model._meta.pk.to_python(row.row) for row in rows[start : start + AT_ONCE]]
        still = model._base_manager.filter(pk__in=ids, **{column: merge.winner_id})
        told = list(still) if auditlog.contains(model) else []
        count += still.update(**{column: merge.loser_id}, **next_version(model))
        name = column.removesuffix("_id")
        keep_in_bulk([(row, {name: [str(merge.winner_id), str(merge.loser_id)]}) for row in told], by=by)
    if missing := len(rows) - count:
        noun = model._meta.verbose_name if missing == 1 else model._meta.verbose_name_plural
        report.append(f"{missing} {noun}: moved on or deleted since, and left as it is.")


def _change_back(kept: MergedRow, report: list[str]) -> None:
    model: Any = apps.get_model(kept.label)
    row = model._base_manager.filter(pk=kept.row).first()
    if row is None:
        report.append(f"{str(model._meta.verbose_name).capitalize()} {kept.row} is gone.")
        return
    before, after = kept.before or {}, kept.after or {}
    now = stored(row, before)
    stays = [name for name in before if now[name] != after[name]]
    back = {name: value for name, value in before.items() if name not in stays}
    for name, value in read_back(model, back).items():
        setattr(row, name, value)
    if back:
        if next_version(model):
            row.version += 1
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise NotAllowed(f"“{row}” cannot come back: another record has taken its place meanwhile.") from None
    columns = {column.attname: column for column in model._meta.concrete_fields}
    for name in stays:
        report.append(_stays_sentence(row, columns[name]))


def _stays_sentence(row: Any, column: Any) -> str:
    label = str(column.verbose_name)
    if column.name == "custom":  # many values in one column: none is worth more than the others
        return f"The custom fields of “{row}” were changed since and stay as they are."
    return f"{label[:1].upper()}{label[1:]} of “{row}” was changed since and stays “{getattr(row, column.name)}”."


def _bring_back(kept: MergedRow, report: list[str]) -> None:
    model: Any = apps.get_model(kept.label)
    row = model(**read_back(model, kept.before or {}))
    try:
        with transaction.atomic():
            model._base_manager.bulk_create([row])
    except IntegrityError:
        report.append(f"{str(model._meta.verbose_name).capitalize()} “{row}” could not be brought back.")
