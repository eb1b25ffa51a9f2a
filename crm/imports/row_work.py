"""The work row by row: each line through the action that a person would have taken, in short transactions, with its own answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError, transaction

from crm.access.depths import may
from crm.actions.tags import tag_records, tags_of
from crm.errors import CrmError
from crm.hooks import records
from crm.hooks.importers import Values
from crm.imports import reverting
from crm.imports.rows import Desk, Row
from crm.imports.staging import CREATE, ERROR, LONGEST_PROBLEM, SAME, SKIP, UPDATE, Span
from crm.models import Import, ImportLine, User

log = logging.getLogger(__name__)
Verdict, Policy = ImportLine.Verdict, Import.Policy
BLANK: tuple[Any, ...] = (None, "", [])
Reached = dict[str, set[tuple[type, int]]]


def nothing_found(rows: Sequence[Row], desk: Desk) -> None:
    return None


def nothing_missing(row: Row, desk: Desk) -> str:
    return ""


def nothing_to_settle(rows: Sequence[Row], desk: Desk) -> None:
    return None


@dataclass(frozen=True)
class RowKind:
    """`find(rows, desk)` sets the record that each row is about, with few queries. `create` and `change` call the actions;
    without `change` a known record stays as it is. `missing(row, desk)` answers why a new one cannot be made, as far as
    that can be said without making it. `read(record)` answers what it says, by the names of targets: for comparing and for
    reverting; what is `fixed` is said when it is made, and never changed. `undo(record, line, by)` takes one back that is no kind of record; answers why it is kept, or "". `settle(rows, desk)` does, in the transaction of their batch, what is better done for all the
    records that it made than for each.
    """

    model: Any
    name: str
    noun: str
    create: Callable[[Values, Desk], Any]
    change: Callable[[Any, Values, Desk], Any] | None = None
    find: Callable[[Sequence[Row], Desk], None] = nothing_found
    missing: Callable[[Row, Desk], str] = nothing_missing
    read: Callable[[Any], Values] | None = None
    fixed: frozenset[str] = frozenset()
    undo: Callable[[Any, ImportLine, User], str] | None = None
    settle: Callable[[Sequence[Row], Desk], None] = nothing_to_settle

    def says(self, record: Any) -> Values:
        """Everything that the record says, by field."""
        if self.read:
            return self.read(record)
        fields = (f for f in records.get(self.name).all_fields() if f.kind != "tags" and f.is_column)
        return {field.name: key_or_value(record, field) for field in fields}


def key_or_value(record: Any, field: records.Field) -> Any:
    """Of another record only its key, which costs no query."""
    if field.is_custom:
        return field.value_of(record)
    return getattr(record, record._meta.get_field(field.name).attname)


class ByRow:
    """`kind` says all that differs between kinds."""

    check_batch = 500
    run_batch = 25

    def __init__(self, kind: RowKind) -> None:
        self.kind = kind

    def judge(self, span: Span) -> None:
        lines = [row.line for row, _ in self._judged(Desk(span))]
        ImportLine.objects.bulk_update(lines, ["verdict", "problem", "record_id"], batch_size=500)

    def carry(self, span: Span, now: datetime) -> None:
        desk, lines, made = Desk(span), [], []
        for row, changes in self._judged(desk):
            if row.line.verdict in (CREATE, UPDATE):
                self._try(row, changes, desk)
            if row.line.verdict == CREATE:
                made.append(row)
            lines.append(row.line)
        self.kind.settle(made, desk)
        fields = ["verdict", "problem", "record_id", "before", "version"]
        ImportLine.objects.bulk_update(lines, fields, batch_size=500)

    def needs_link(self, mapped: frozenset[str]) -> bool:
        return False

    def link(self, span: Span, now: datetime) -> int:
        return 0

    def take_back(self, span: Span, by: User, now: datetime) -> None:
        if self.kind.undo is None:
            reverting.take_back(self.kind.model, span, by, now)
            return
        lines = list(span.lines().filter(verdict__in=[CREATE, UPDATE], undone=""))
        found = self.kind.model._base_manager.in_bulk([line.record_id for line in lines if line.record_id])
        for line in lines:
            record = found.get(line.record_id)
            reverting.settle(line, self.kind.undo(record, line, by) if record else reverting.GONE)
        ImportLine.objects.bulk_update(lines, ["undone", "problem"], batch_size=500)

    def as_it_is(self, lines: Sequence[ImportLine], user: User) -> dict[int, Values]:
        rows = self.kind.model._default_manager.all()
        seen = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        found = seen.in_bulk([line.record_id for line in lines if line.record_id])
        return {line.pk: self.kind.says(record) for line in lines if (record := found.get(line.record_id))}

    # Judging

    def _judged(self, desk: Desk) -> list[tuple[Row, Values]]:
        """Every row of the span with its verdict on its line, and what it changes of a known record."""
        rows = desk.rows()
        self.kind.find([row for row in rows if not row.problem], desk)
        reached = {verb: self._reached(rows, desk, verb) for verb in ("change", "assign")}
        return [(row, self._decide(row, desk, reached)) for row in rows]

    def _reached(self, rows: Sequence[Row], desk: Desk, verb: str) -> set[tuple[type, int]]:
        """The known records that the importer reaches with the verb; what has no owner is everybody's who may import it."""
        known: dict[type, set[int]] = {}
        for row in rows:
            if row.record is not None:
                known.setdefault(type(row.record), set()).add(row.record.pk)
        reached = set()
        for model, ids in known.items():
            manager: Any = model._default_manager.all()  # type: ignore[attr-defined]
            if hasattr(manager, "reachable_by"):
                ids = set(manager.reachable_by(desk.by, verb).filter(pk__in=ids).values_list("pk", flat=True))
            reached |= {(model, pk) for pk in ids}
        return reached

    def _decide(self, row: Row, desk: Desk, reached: Reached) -> Values:
        line, changes = row.line, Values()
        line.record_id = row.record.pk if row.record is not None else None
        if row.problem:
            _say(line, ERROR, row.problem)
        elif row.record is None:
            self._decide_new(row, desk)
        elif desk.of.policy == Policy.CREATE:
            _say(line, SKIP, f"This {self.kind.noun} is known already, and this import only creates.")
        else:
            changes = self._changes(row, desk)
            self._decide_known(row, changes, reached)
        return changes

    def _decide_new(self, row: Row, desk: Desk) -> None:
        if desk.of.policy == Policy.UPDATE:
            _say(row.line, SKIP, f"No such {self.kind.noun} is known, and this import only updates.")
        elif "id" in row.values:
            _say(row.line, ERROR, "There is nothing with this id, or you may not see it.")
        elif not may(desk.by, desk.span.importer.needs, "add"):
            _say(row.line, ERROR, f"Your role does not let you create a new {self.kind.noun}.")
        elif why := self.kind.missing(row, desk):
            _say(row.line, ERROR, why)
        else:
            _say(row.line, CREATE, "")

    def _decide_known(self, row: Row, changes: Values, reached: Reached) -> None:
        which = type(row.record), row.record.pk
        if not (changes or row.new):
            _say(row.line, SAME, "")
        elif which not in reached["change"]:
            _say(row.line, ERROR, f"This {self.kind.noun} is known already, and your role does not let you change it.")
        elif {"owner", "team"} & set(changes) and which not in reached["assign"]:
            _say(row.line, ERROR, f"Your role does not let you give this {self.kind.noun} to somebody else.")
        elif why := self._why_locked(row.record):
            _say(row.line, ERROR, str(why))
        else:
            _say(row.line, UPDATE, "")

    def _why_locked(self, record: Any) -> Any:
        label = record._meta.label_lower
        return records.get(label).why_locked(record) if records.known(label) else ""

    def _changes(self, row: Row, desk: Desk) -> Values:
        """What the row says otherwise than the record, as far as the import may overwrite."""
        now = self.kind.says(row.record) if self.kind.change else {}
        fills, changes = desk.of.known == Import.Known.FILL, Values()
        for name, value in flat(row.values).items():
            if name in self.kind.fixed:
                continue
            if name in now and _differs(now[name], value) and not (fills and now[name] not in BLANK):
                changes[name] = value
        if tags := new_tags(row.record, row.values.get("tags")):
            changes["tags"] = tags
        return changes

    # Doing

    def _try(self, row: Row, changes: Values, desk: Desk) -> None:
        """One row in a savepoint of its own: what it cannot do, it says, and leaves nothing behind."""
        line = row.line
        try:
            with transaction.atomic():
                desk.make_related(row)
                self._do(row, changes, desk)
        except CrmError as problem:
            _say(line, ERROR, problem.message)
        except ValidationError as problem:
            _say(line, ERROR, " ".join(problem.messages))
        except OperationalError:
            raise
        except (DatabaseError, ValueError, ArithmeticError) as problem:
            log.warning("Line %s of import %s could not be done", line.number, line.of_id, exc_info=problem)
            _say(line, ERROR, "A rule of the database forbids this record. What it was is in the log.")

    def _do(self, row: Row, changes: Values, desk: Desk) -> None:
        line = row.line
        if row.record is None:
            record = self.kind.create(row.values, desk)
            line.record_id, line.before = record.pk, None
        else:
            changes = {**changes, **{name: row.values[name] for name in row.new}}
            now = self.kind.says(row.record) if self.kind.change else {}
            line.before = {
                name: [as_json(now.get(name)), as_json(value)] for name, value in changes.items() if name != "tags"
            }
            plain = {name: value for name, value in changes.items() if name != "tags"}
            record = self.kind.change(row.record, plain, desk) if plain and self.kind.change else row.record
        if tags := new_tags(record, row.values.get("tags")):
            tag_records([record], tags, by=desk.by)
            line.before = {**(line.before or {}), "tags": [[], tags]} if row.record is not None else None
        if hasattr(record, "version"):
            line.version = type(record)._base_manager.values_list("version", flat=True).get(pk=record.pk)


def _say(line: ImportLine, verdict: str, problem: str) -> None:
    line.verdict, line.problem = Verdict(verdict), problem[:LONGEST_PROBLEM]


def _differs(now: Any, value: Any) -> bool:
    """A cell has no blanks around its text, and a new line in it is one sign (crm/imports/reading.py)."""
    if isinstance(now, str) and isinstance(value, str):
        return now.replace("\r\n", "\n").strip() != value
    return bool(now != getattr(value, "pk", value))


def flat(values: Values) -> Values:
    """Custom values beside the others, under “custom.<key>”."""
    custom = {f"custom.{key}": value for key, value in values.get("custom", {}).items()}
    return {**{name: value for name, value in values.items() if name not in ("custom", "tags")}, **custom}


def new_tags(record: Any, wanted: Sequence[str] | None) -> list[str]:
    """The tags among these that are not on the record yet."""
    if not wanted:
        return []
    known = {tag.name.casefold() for tag in tags_of([record]).get(record.pk, [])}
    return [word for word in wanted if word.casefold() not in known]


def as_json(value: Any) -> Any:
    """As a line keeps what was, and what came instead."""
    if hasattr(value, "_meta"):
        return value.pk
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return float(value) if hasattr(value, "as_tuple") else value.isoformat()
