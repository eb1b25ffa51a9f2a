"""The same plain edit on many records of a kind: by set where nothing but columns changes, else one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from auditlog.diff import model_instance_diff
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.records import OWNERSHIP, change_record
from crm.audit import keep_in_bulk
from crm.custom_fields.values import merged
from crm.errors import CrmError, Forbidden, Invalid, NotAllowed
from crm.hooks import records
from crm.hooks.bulk_actions import Outcome, done, failed, skipped
from crm.hooks.records import Field, RecordKind
from crm.models import User


@transaction.atomic
def change_records(rows: Sequence[Any], values: Mapping[str, Any], *, by: User | None) -> dict[int, Outcome]:
    """What `change_record` would do on each, with an outcome for each; the outcomes keep {field: [before, after]}.

    A row that is locked, or says so already, is skipped with the reason; a value that it cannot take has failed.
    """
    if not rows:
        return {}
    kind = records.kind_of(rows[0])
    fields = [kind.field(name) for name in values]
    if kind.change or any(field.kind == "tags" or field.name in OWNERSHIP for field in fields):
        return {row.pk: _changed(row, fields, values, by) for row in rows}
    return _changed_by_set(kind, rows, fields, values, by)


def _changed(row: Any, fields: Sequence[Field], values: Mapping[str, Any], by: User | None) -> Outcome:
    before = {field.name: stored(row, field) for field in fields}
    if all(_same(row, field, before[field.name], values[field.name]) for field in fields):
        return _unchanged()
    try:
        with transaction.atomic():
            fresh = change_record(row, dict(values), by=by)
    except (Forbidden, NotAllowed) as problem:
        return skipped(problem.message)
    except CrmError as problem:
        return failed(problem.message)
    return done({field.name: [before[field.name], stored(fresh, field)] for field in fields})


def _changed_by_set(
    kind: RecordKind, rows: Sequence[Any], fields: Sequence[Field], values: Mapping[str, Any], by: User | None
) -> dict[int, Outcome]:
    model: Any = kind.model
    ids = [row.pk for row in rows]
    try:
        values = _clean(fields, values, by)
    except Invalid as problem:
        return dict.fromkeys(ids, failed(problem.message))
    locked = list(model.objects.alive().filter(pk__in=ids).select_for_update().order_by("pk"))
    outcomes = dict.fromkeys(ids, skipped(_("It is no longer there.")))
    history = []
    for row in locked:
        outcomes[row.pk], change = _set(kind, row, fields, values)
        if change:
            history.append((row, change))
    _write(model, [row for row, _change in history], fields, values)
    keep_in_bulk(history, by=by)
    return outcomes


def _clean(fields: Sequence[Field], values: Mapping[str, Any], by: User | None) -> dict[str, Any]:
    """Custom values as they are stored: checked once, they are the same in every row."""
    custom = merged({}, [(field, values[field.name]) for field in fields if field.is_custom], by)
    return {f.name: custom.get(f.key) if f.is_custom else values[f.name] for f in fields}


def _set(kind: RecordKind, row: Any, fields: Sequence[Field], values: Mapping[str, Any]) -> tuple[Outcome, dict]:
    """Set the values on a locked row, unsaved; its outcome, and what the history is told."""
    if why := kind.why_locked(row):
        return skipped(_("It cannot be changed. %s") % why), {}
    old = copy(row)
    for field in fields:
        _put(row, field, values[field.name])
    pairs = {field.name: [stored(old, field), stored(row, field)] for field in fields}
    if all(_same(row, field, *pairs[field.name]) for field in fields):
        return _unchanged(), {}
    try:
        row.clean()
    except ValidationError as problem:
        return failed(problem.messages[0]), {}
    return done(pairs), model_instance_diff(old, row, fields_to_check=[_column(field) for field in fields]) or {}


def _put(row: Any, field: Field, value: Any) -> None:
    if not field.is_custom:
        setattr(row, field.name, value)
        return
    custom = {**row.custom, field.key: value}
    row.custom = {key: one for key, one in custom.items() if one not in (None, "", [])}


def _write(model: Any, rows: Sequence[Any], fields: Sequence[Field], values: Mapping[str, Any]) -> None:
    """Columns are the same in every row; custom values stand beside others, which differ."""
    now, ids = timezone.now(), [row.pk for row in rows]
    columns = {field.name: values[field.name] for field in fields if not field.is_custom}
    model.objects.filter(pk__in=ids).update(**columns, version=F("version") + 1, updated_at=now)
    if any(field.is_custom for field in fields):
        model.objects.bulk_update(rows, ["custom"], batch_size=500)


def stored(row: Any, field: Field) -> Any:
    """The value as JSON: what reverting compares and puts back."""
    if field.is_custom:
        return row.custom.get(field.key)
    value = getattr(row, row._meta.get_field(field.name).attname)
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)


def _same(row: Any, field: Field, one: Any, other: Any) -> bool:
    """Equal whatever their form: an amount is one with or without its cents, a record is its key."""
    if field.is_custom:
        return (one or None) == (other or None)
    return _python(row, field, one) == _python(row, field, other)


def _python(row: Any, field: Field, value: Any) -> Any:
    column = row._meta.get_field(field.name)
    return column.target_field.to_python(getattr(value, "pk", value)) if column.is_relation else column.to_python(value)


def put_back(rows: Sequence[Any], befores: Mapping[int, Any], *, by: User | None) -> dict[int, Outcome]:
    """Undo outcomes of `change_records`: each row gets its own values back, unless somebody changed them since."""
    outcomes: dict[int, Outcome] = {}
    alike: dict[str, list[Any]] = {}
    for row in rows:
        kind, pairs = records.kind_of(row), befores[row.pk] or {}
        changed = [f for f in map(kind.field, pairs) if not _same(row, f, stored(row, f), pairs[f.name][1])]
        if changed:
            outcomes[row.pk] = skipped(_("“%s” was changed by somebody since.") % changed[0].label)
        else:
            alike.setdefault(repr([(name, pair[0]) for name, pair in pairs.items()]), []).append(row)
    for some in alike.values():
        kind, pairs = records.kind_of(some[0]), befores[some[0].pk]
        values = {name: _as_it_was(some[0], kind.field(name), pair[0]) for name, pair in pairs.items()}
        outcomes |= change_records(some, values, by=by)
    return outcomes


def _as_it_was(row: Any, field: Field, value: Any) -> Any:
    """A stored value as a record takes it; the key of another record stays one where that is gone, and is refused."""
    if field.is_custom or value is None:
        return value
    column = row._meta.get_field(field.name)
    if not column.is_relation:
        return column.to_python(value)
    return column.related_model._base_manager.filter(pk=value).first() or value


def _column(field: Field) -> str:
    return "custom" if field.is_custom else field.name


def _unchanged() -> Outcome:
    return skipped(_("It says so already."))
