"""Definitions -> fields of a kind of record, beside its own. They are read once a request or job, so none is ever stale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial

from crm.custom_fields.values import checked
from crm.errors import Invalid
from crm.hooks.records import Field
from crm.models import CustomField

_read: ContextVar[dict[str, list[Field]] | None] = ContextVar("custom_fields", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Inside the block definitions are read when first asked for, and not again. Around every request and every job."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def read_again() -> None:
    """A definition was changed: whoever asks next reads anew."""
    if _read.get() is not None:
        _read.set({})


def fields_of(kind: str) -> list[Field]:
    """The custom fields of a kind of record, in their order; not the retired ones."""
    read = _read.get()
    if read is None:
        return _fields(CustomField.objects.shown().filter(kind=kind))
    if not read:
        read.update({name: [] for name in CustomField.Kind.values})
        for row in CustomField.objects.shown():
            read[row.kind].append(as_field(row))
    return read.get(kind, [])


def _fields(rows: Iterable[CustomField]) -> list[Field]:
    return [as_field(row) for row in rows]


def as_field(row: CustomField) -> Field:
    choices = [(one["value"], one["label"]) for one in row.choices]
    return Field(
        row.name,
        row.label,
        row.field_kind,
        to="" if row.field_kind == "person" else row.to,
        choices=(lambda: choices) if row.type in (row.Type.CHOICE, row.Type.CHOICES) else None,
        group=row.group,
        is_required=row.is_required,
        help_text=row.help_text,
        default=row.default,
        retired=frozenset(one["value"] for one in row.choices if one.get("is_retired")),
        colours=tuple((one["value"], one["colour"]) for one in row.choices if one.get("colour")),
        places=2 if row.type == row.Type.MONEY else row.places,
        is_listed=row.is_listed,
        check=partial(checked, row),
    )


def defaults_of(kind: str) -> dict[str, object]:
    """What the custom fields of a new record begin with, by key."""
    return {field.key: field.default for field in fields_of(kind) if field.default is not None}


def carried_over(custom: Mapping[str, object], kind: str, to: str) -> dict[str, object]:
    """What a record of one kind gives to one of another kind that comes of it: values of fields with the same key and type.

    What the other field does not take (a choice that it does not have) is left out; beside them stand its own defaults.
    """
    theirs = {field.key: field for field in fields_of(to)}
    carried: dict[str, object] = {key: field.default for key, field in theirs.items() if field.default is not None}
    for field in fields_of(kind) if custom else ():
        like = theirs.get(field.key)
        value = custom.get(field.key)
        if like is None or value is None or (like.kind, like.to) != (field.kind, field.to) or like.check is None:
            continue
        with suppress(Invalid):
            carried[field.key] = like.check(value, None, None)
    return carried
