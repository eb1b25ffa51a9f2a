"""Taking an import back: what it made goes into the bin, what it changed gets its old values back, unless touched since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from crm.actions.bin import delete_records
from crm.actions.records import change_record
from crm.actions.tags import untag_records
from crm.audit import keep_in_bulk
from crm.errors import CrmError
from crm.hooks import records
from crm.imports.staging import CREATE, LONGEST_PROBLEM, UPDATE, Span
from crm.models import ImportLine, ImportMade, Record, User

REVERTED, KEPT = ImportLine.Undone.REVERTED, ImportLine.Undone.KEPT
GONE = "It is in the bin already."
TOUCHED = "Kept: it was changed after the import."
UNREACHABLE = "Kept: your role does not let you change it."


def take_back(model: Any, span: Span, by: User, now: datetime) -> None:
    """The lines of the span, each with what became of it. In the caller's transaction."""
    lines = list(span.lines().filter(verdict__in=[CREATE, UPDATE], undone=""))
    found = model.objects.alive().in_bulk([line.record_id for line in lines if line.record_id])
    mine = set(model.objects.reachable_by(by, "change").filter(pk__in=found).values_list("pk", flat=True))
    made: list[ImportLine] = []
    changed: list[ImportLine] = []
    for line in lines:
        if line.record_id not in found:
            settle(line, GONE)
        elif line.record_id not in mine:
            settle(line, UNREACHABLE)
        else:
            (made if line.verdict == CREATE else changed).append(line)
    _bin(model, made, found, span, by)
    for line in changed:
        settle(line, put_back(found[line.record_id or 0], line.before or {}, by))
    ImportLine.objects.bulk_update(lines, ["undone", "problem"], batch_size=500)


def settle(line: ImportLine, why_kept: str) -> None:
    line.undone = KEPT if why_kept else REVERTED
    line.problem = why_kept[:LONGEST_PROBLEM] or line.problem


def _bin(model: Any, lines: Sequence[ImportLine], found: dict[int, Any], span: Span, by: User) -> None:
    """New records that nobody has touched since, and on which nobody has hung anything."""
    going: dict[int, ImportLine] = {}
    used = in_use(model, [line.record_id or 0 for line in lines], span)
    for line in lines:
        record = found[line.record_id or 0]
        if record.version != (line.version or 1):
            settle(line, TOUCHED)
        elif by_now := used.get(record.pk):
            settle(line, f"Kept: {by_now} belongs to it by now.")
        else:
            going[record.pk] = line
    refused = delete_records([found[pk] for pk in going], by=by).refused
    for pk, line in going.items():
        settle(line, f"Kept: {why}" if (why := refused.get(pk)) else "")


def take_back_made(of: Any, by: User) -> tuple[int, int]:
    """What the import made on the way (accounts, people), where nothing hangs on it any more: (gone, kept)."""
    gone = kept = 0
    for label in of.made.order_by().values_list("model", flat=True).distinct():
        model: Any = records.get(label).model
        ids = list(of.made.filter(model=label).values_list("record_id", flat=True)[:500])
        alive = model.objects.alive().reachable_by(by, "change").filter(pk__in=ids, version=1)
        used = in_use(model, ids, Span(of, 0, 0))
        going = [record for record in alive if record.pk not in used]
        refused = delete_records(going, by=by).refused
        gone += len(going) - len(refused)
        kept += len(ids) - len(going) + len(refused)
        ImportMade.objects.filter(of=of, model=label, record_id__in=ids).delete()
    return gone, kept


def in_use(model: Any, ids: Sequence[int], span: Span) -> dict[int, str]:
    """Which of these records others point at by now, and by what (“a lead”). What is in the bin does not count."""
    used: dict[int, str] = {}
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if not (issubclass(other, Record) and relation.field.concrete and relation.one_to_many):
            continue
        column = relation.field.attname
        rows = other.objects.alive().filter(**{f"{column}__in": ids})
        if other is model:
            rows = rows.exclude(pk__in=span.of.lines.filter(verdict=CREATE).values("record_id"))
        for pk in set(rows.values_list(column, flat=True)):
            used.setdefault(pk, _a(other))
    return used


def _a(model: type[Model]) -> str:
    noun = str(model._meta.verbose_name)
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def put_back(record: Any, before: dict[str, list[Any]], by: User) -> str:
    """Each field gets its old value, unless somebody changed it since; answers why something was kept, or ""."""
    kept, values = [], {}
    for name, old, new in _pairs(before):
        now = _stored(record, name)
        if now != old and (now != new or not _can_be_typed(record, name)):
            kept.append(name)
        elif now != old:
            values[name] = old
    if tags := before.get("tags"):
        untag_records([record], tags[1], by=by)
    try:
        _restore(record, values, by)
    except CrmError as problem:
        return f"Kept: {problem.message}"
    labels = ", ".join(f"“{_label(record, name)}”" for name in kept)
    return f"Kept {labels}: changed after the import, or moved by a command." if kept else ""


def _can_be_typed(record: Any, name: str) -> bool:
    label = record._meta.label_lower
    return not records.known(label) or records.get(label).field(name).is_editable


def _restore(record: Any, values: dict[str, Any], by: User) -> None:
    """By the action of its kind where it has one; what belonged to nobody belongs to nobody again."""
    label = record._meta.label_lower
    kind = records.get(label) if records.known(label) else None
    own = {name: value for name, value in values.items() if name in ("owner", "team")}
    plain = {name: value for name, value in values.items() if name not in own}
    if kind and kind.change and plain:
        record = change_record(record, plain, by=by)
    else:
        _write(record, plain, by)
    _write(record, own, by)


def _label(record: Any, name: str) -> str:
    label = record._meta.label_lower
    return str(records.get(label).field(name).label if records.known(label) else name)


def _pairs(before: dict[str, list[Any]]) -> Iterable[tuple[str, Any, Any]]:
    for name, (old, new) in before.items():
        if name == "custom":
            for key, value in (new or {}).items():
                if value != (old or {}).get(key):
                    yield f"custom.{key}", (old or {}).get(key), value
        elif name != "tags":
            yield name, old, new


def _stored(record: Any, name: str) -> Any:
    """As a line keeps it: plain JSON."""
    if name.startswith("custom."):
        return record.custom.get(name.removeprefix("custom."))
    value = getattr(record, record._meta.get_field(name).attname)
    return value if value is None or isinstance(value, bool | int | str) else _number(value)


def _number(value: Any) -> Any:
    return float(value) if hasattr(value, "as_tuple") else value.isoformat()


def _write(record: Any, values: dict[str, Any], by: User) -> None:
    """Plain columns, with their entry in the history."""
    if not values:
        return
    changed: dict[str, list[str]] = {}
    custom = dict(record.custom)
    for name, old in values.items():
        changed[name] = [str(_stored(record, name)), str(old)]
        if name.startswith("custom."):
            custom[name.removeprefix("custom.")] = old
        else:
            setattr(record, record._meta.get_field(name).attname, old)
    record.custom = {key: value for key, value in custom.items() if value not in (None, "", [])}
    record.version += 1
    record.updated_at = timezone.now()
    names = [record._meta.get_field(name).attname for name in values if not name.startswith("custom.")]
    model: Any = type(record)
    columns = {name: getattr(record, name) for name in [*names, "custom", "version", "updated_at"]}
    model.objects.filter(pk=record.pk).update(**columns)
    keep_in_bulk([(record, changed)], by=by)
