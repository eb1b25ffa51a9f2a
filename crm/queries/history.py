"""Who changed what on a record, when, from what to what, from where: the history in words, for one reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model, QuerySet
from django.db.models.functions import Cast
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.audit import BOOKKEEPING
from crm.hooks import records
from crm.hooks.records import Field
from crm.models import User
from crm.queries.naming import Key, Named, names_for

PER_PAGE = 30
NOT_WORTH_SHOWING = {
    *BOOKKEEPING,
    "id",
    "details",
    "created_by",
    "regarding",
    "regarding_type",
    "regarding_id",
    "guest_invited_at",
}
NOTHING: tuple[Any, ...] = (None, "", "None", [], {})
SOURCES = {
    "page": gettext_lazy("on a page"),
    "api": gettext_lazy("by the API"),
    "admin": gettext_lazy("in the set-up"),
    "import": gettext_lazy("by the import"),
    "journey": gettext_lazy("by the journey"),
    "form": gettext_lazy("by the form"),
    "rule": gettext_lazy("by a rule"),
    "bulk": gettext_lazy("in bulk"),
    "merge": gettext_lazy("by a merge"),
    "privacy": gettext_lazy("for privacy"),
    "system": gettext_lazy("by Tandem itself"),
}


@dataclass(frozen=True)
class Change:
    """One field's way from a value to another."""

    name: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    """What happened at one moment. `verb` is made, changed, deleted, binned or restored; `who` is None for Tandem itself.

    `source` says from where, `about` and `address` lead to the import, the journey, the bulk run.
    """

    pk: int
    at: datetime
    who: User | None
    verb: str
    source: str
    about: str
    address: str
    changes: list[Change]


@dataclass(frozen=True)
class HistoryPage:
    """Newest first; `before` continues it, 0 at its end."""

    events: list[Event]
    before: int


@dataclass
class _Diff:
    """One field of one entry as it is stored, with the column or the field of a kind that knows its words."""

    name: str
    label: str
    stored: tuple[Any, Any]
    column: Any = None
    custom: Field | None = None
    keys: list[Key] = field(default_factory=list)
    about: Key | None = None


def history_of(
    record: Model,
    user: Any,
    *,
    only: str = "",
    by: int | None = None,
    words: str = "",
    before: int = 0,
    until: datetime | None = None,
    limit: int = PER_PAGE,
) -> HistoryPage:
    """A page of the history that ends before an entry, or with a moment.

    `only` is a field (“city”, “custom.plan”), `by` a person's id; `words` stand among the stored values.
    """
    rows = _entries(record)
    if only:
        rows = rows.filter(changes__has_key="custom" if only.startswith("custom.") else only)
    if by is not None:
        rows = rows.filter(actor=by)
    if words:
        rows = rows.annotate(said=Cast("changes", models.TextField())).filter(said__icontains=words)
    if before:
        rows = rows.filter(pk__lt=before)
    if until:
        rows = rows.filter(timestamp__lte=until)
    found = list(rows.select_related("actor").order_by("-pk")[: limit + 1])
    shown = found[:limit]
    diffs = {entry.pk: list(_diffs(entry, type(record))) for entry in shown}
    named = names_for(user, _keys_of(shown, diffs))
    events = [_event(entry, diffs[entry.pk], named, only) for entry in shown]
    worth = [event for event in events if event.changes or (event.verb != "changed" and not only)]
    return HistoryPage(worth, shown[-1].pk if len(found) > limit else 0)


def authors_of(record: Model) -> QuerySet[User]:
    """Everybody who changed it, for the filter."""
    return User.objects.filter(pk__in=_entries(record).order_by().values("actor")).order_by("name")


def fields_of(record: Model) -> list[tuple[str, str]]:
    """The fields whose changes can be asked for: name and label."""
    if not records.known(record._meta.label_lower):
        return []
    kind = records.kind_of(record)
    pairs = [(f.name, str(f.label)) for f in kind.all_fields() if f.is_column and f.name not in NOT_WORTH_SHOWING]
    return sorted(pairs, key=lambda pair: pair[1])


def last_change(record: Model) -> str:
    """Who saved it last, for somebody who was slower."""
    entry = _entries(record).select_related("actor").order_by("-pk").first()
    return str(entry.actor) if entry and entry.actor else _("Somebody else")


def _entries(record: Model) -> QuerySet[LogEntry]:
    on = ContentType.objects.get_for_model(record)
    return LogEntry.objects.filter(content_type=on, object_id=record.pk)


def _diffs(entry: LogEntry, model: type[Model]) -> Iterator[_Diff]:
    for name, pair in (entry.changes or {}).items():
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            continue
        if name == "custom":
            yield from _custom_diffs(model, *pair)
        elif name.startswith("role:"):
            yield _role_diff(name, (pair[0], pair[1]))
        elif name not in NOT_WORTH_SHOWING and not name.endswith(("_normal", "_base")):
            diff = _Diff(name, _label(model, name), (pair[0], pair[1]), _column(model, name))
            yield _pointing(diff, diff.column.related_model if _is_pointer(diff.column) else None)


def _custom_diffs(model: type[Model], before: Any, after: Any) -> Iterator[_Diff]:
    old, new = _as_dict(before), _as_dict(after)
    known = {f.key: f for f in records.kind_of(model).all_fields() if f.is_custom} if _is_kind(model) else {}
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            field_ = known.get(key)
            diff = _Diff(
                f"custom.{key}", str(field_.label if field_ else key), (old.get(key), new.get(key)), None, field_
            )
            label = (field_.to or "crm.user") if field_ and field_.kind in ("lookup", "person") else ""
            diff.keys = [(label, int(v)) for v in diff.stored if label and str(v).isdigit()]
            yield diff


def _role_diff(name: str, stored: tuple[Any, Any]) -> _Diff:
    """A role of a person at a company (crm/actions/account_roles.py): “role:crm.account:7”."""
    _role, label, pk = name.split(":")
    return _Diff(name, _("Role with"), stored, about=(label, int(pk)))


def _pointing(diff: _Diff, to: Any) -> _Diff:
    if to is not None:
        diff.keys = [(to._meta.label_lower, int(v)) for v in diff.stored if str(v).isdigit()]
    return diff


def _keys_of(entries: list[LogEntry], diffs: dict[int, list[_Diff]]) -> set[Key]:
    """Everything that has to be named, to be asked for at one go."""
    every = [diff for found in diffs.values() for diff in found]
    keys = {key for diff in every for key in diff.keys} | {diff.about for diff in every if diff.about}
    return keys | {key for entry in entries if (key := _source_key(entry))}


def _source_key(entry: LogEntry) -> Key | None:
    label, _colon, pk = str((entry.additional_data or {}).get("of", "")).partition(":")
    return (label, int(pk)) if pk.isdigit() else None


def _event(entry: LogEntry, diffs: list[_Diff], named: dict[Key, Named], only: str) -> Event:
    data = entry.additional_data or {}
    key = _source_key(entry)
    return Event(
        pk=entry.pk,
        at=entry.timestamp,
        who=entry.actor,
        verb=_verb(entry, diffs),
        source=str(SOURCES.get(data.get("source", ""), "")),
        about=str(data.get("about", "")),
        address=named[key].address if key else "",
        changes=[change for diff in diffs if (change := _change(diff, named)) and only in ("", diff.name)],
    )


def _verb(entry: LogEntry, diffs: list[_Diff]) -> str:
    if entry.action == LogEntry.Action.CREATE:
        return "made"
    if entry.action == LogEntry.Action.DELETE:
        return "deleted"
    binned = next((diff.stored[1] for diff in diffs if diff.name == "deleted_at"), False)
    return "changed" if binned is False else "restored" if binned in NOTHING else "binned"


def _change(diff: _Diff, named: dict[Key, Named]) -> Change | None:
    if diff.name == "deleted_at" or (diff.stored[0] in NOTHING and diff.stored[1] in NOTHING):
        return None
    before, after = (_words(diff, value, named) for value in diff.stored)
    label = f"{diff.label} {named[diff.about].name}" if diff.about else diff.label
    return Change(diff.name, label, before, after)


def _words(diff: _Diff, value: Any, named: dict[Key, Named]) -> str:
    if value in NOTHING:
        return ""
    if diff.keys:
        return next((named[key].name for key in diff.keys if str(key[1]) == str(value)), str(value))
    if diff.custom is not None:
        return _custom_words(diff.custom, value)
    column = diff.column
    if column is None:
        return str(value)
    if choices := getattr(column, "flatchoices", None):
        return str(dict(choices).get(value, value))
    match column:
        case models.BooleanField():
            return _("Yes") if str(value) == "True" else _("No")
        case models.DateTimeField():
            return _moment(str(value))
        case models.DateField():
            return _day(str(value))
    return str(value)


def _custom_words(of: Field, value: Any) -> str:
    labels = {stored: str(label) for stored, label in (of.choices() if of.choices else ())}
    if isinstance(value, list):
        return ", ".join(labels.get(one, str(one)) for one in value)
    if of.kind == "yesno":
        return _("Yes") if value else _("No")
    return _day(str(value)) if of.kind == "day" else labels.get(value, str(value))


def _moment(text: str) -> str:
    """Stored in UTC, shown in the reader's zone."""
    found = parse_datetime(text)
    if found is None:
        return text
    aware = found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())
    return formats.date_format(timezone.localtime(aware), "j M Y, H:i")


def _day(text: str) -> str:
    found = parse_date(text)
    return formats.date_format(found, "j M Y") if found else text


def new_values(entry: LogEntry) -> dict[str, Any]:
    """What an entry changed, by field (“custom.plan” for one of the company's own): the value as it is since."""
    found: dict[str, Any] = {}
    for name, pair in (entry.changes or {}).items():
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            continue
        if name == "custom":
            old, new = _as_dict(pair[0]), _as_dict(pair[1])
            found |= {f"custom.{key}": new.get(key) for key in {*old, *new} if old.get(key) != new.get(key)}
        else:
            found[name] = pair[1]
    return found


def _as_dict(stored: Any) -> dict[str, Any]:
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except ValueError:
            return {}
    return stored if isinstance(stored, dict) else {}


def _is_kind(model: type[Model]) -> bool:
    return records.known(model._meta.label_lower)


def _label(model: type[Model], name: str) -> str:
    if _is_kind(model):
        for known in records.kind_of(model).fields:
            if known.name == name:
                return str(known.label)
    column = _column(model, name)
    label = str(getattr(column, "verbose_name", None) or name.replace("_", " "))
    return label[:1].upper() + label[1:]


def _column(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _is_pointer(column: Any) -> bool:
    return bool(column is not None and column.is_relation and column.related_model)
