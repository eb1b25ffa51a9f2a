"""The one door for plain edits of any kind of record: a cell of a list, a fact on a page, a bulk edit, an import, the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model

from crm.access.see import must_be_able_to_at_all
from crm.actions.assignment import assign_record
from crm.actions.duplicates import raise_duplicates
from crm.actions.plain import must_be_possible, save_plainly
from crm.actions.tags import set_tags
from crm.custom_fields.values import merged
from crm.errors import Invalid, NotAllowed, Stale
from crm.hooks import records
from crm.models import User

OWNERSHIP = ("owner", "team")


@transaction.atomic
def change_record(record: Any, values: dict[str, Any], *, by: User | None, version: int | None = None) -> Any:
    """Set fields of a record by their names in its kind (“city”, “custom.plan”, “tags”); answers it fresh.

    Values are clean already (crm.web.field_forms, or a serializer); of another record, itself or its key. Raises Stale
    where `version` is no longer the current one, NotAllowed where the record is locked, Invalid with the field for an
    unknown, fixed or impossible value. A new owner is told, as by assigning.
    """
    kind = records.kind_of(record)
    fields = {name: _editable(kind, name) for name in values}
    model: Any = type(record)
    locked = model.objects.select_for_update().get(pk=record.pk)
    if version is not None and version != locked.version:
        raise Stale(f"Somebody else saved “{locked}” while you were editing. Look at it again and repeat your change.")
    if why := kind.why_locked(locked):
        raise NotAllowed(f"“{locked}” cannot be changed. {why}")
    columns = {name: _fit(kind, fields[name], value) for name, value in values.items() if _is_column(fields[name])}
    custom = [(fields[name], value) for name, value in values.items() if fields[name].is_custom]
    if custom:
        columns["custom"] = merged(locked.custom, custom, by)
    ownership = {name: columns.pop(name) for name in OWNERSHIP if name in columns}
    if columns:
        locked = kind.change(locked, by=by, **columns) if kind.change else save_plainly(locked, columns)
    if any(getattr(locked, name) != value for name, value in ownership.items()):
        locked = assign_record(locked, **{"owner": locked.owner, "team": locked.team, **ownership}, by=by)
    if "tags" in values:
        set_tags(locked, values["tags"], by=by)
    return locked


@transaction.atomic
def create_record(kind: records.RecordKind, values: dict[str, Any], *, by: User, found_by: str = "page") -> Any:
    """A new record of a kind that needs no action of its own to begin; whoever makes it owns it where nobody is named.

    What it is like nevertheless is raised for review (crm/models/duplicates.py says what `found_by` may be).
    """
    fields = {name: _editable(kind, name) for name in values}
    columns = {name: _fit(kind, fields[name], value) for name, value in values.items() if _is_column(fields[name])}
    custom = [(fields[name], value) for name, value in values.items() if fields[name].is_custom]
    made: Any = kind.model(**columns, custom=merged({}, custom, by), created_by=by)
    made.owner = made.owner or (None if made.team else by)
    if made.owner not in (None, by):
        must_be_able_to_at_all(by, "assign", kind.model)
    must_be_possible(made, columns)
    made.save()
    if values.get("tags"):
        set_tags(made, values["tags"], by=by)
    raise_duplicates([made], found_by=found_by)
    return made


def _editable(kind: records.RecordKind, name: str) -> records.Field:
    try:
        field = kind.field(name)
    except LookupError as problem:
        raise Invalid(str(problem), field=name) from None
    if not field.is_editable:
        raise Invalid(f"“{field.label}” is set by a command, not by typing.", field=name)
    return field


def _is_column(field: records.Field) -> bool:
    return not field.is_custom and field.name != "tags"


def _fit(kind: records.RecordKind, field: records.Field, value: Any) -> Any:
    """A value as its column takes it: the record a key names; nothing only where nothing is allowed."""
    try:
        column: Any = kind.model._meta.get_field(field.name)
    except FieldDoesNotExist:
        raise Invalid(f"“{field.label}” is no column of {kind.plural}.", field=field.name) from None
    if value in (None, ""):
        if column.null:
            return None
        if not column.empty_strings_allowed:
            raise Invalid(f"“{field.label}” cannot be empty.", field=field.name)
        return ""
    if column.is_relation and not isinstance(value, Model):
        found = column.related_model._base_manager.filter(pk=value).first()
        if found is None:
            raise Invalid(f"“{field.label}”: there is no {value}.", field=field.name)
        return found
    return value
