"""The work by set: thousands of lines a statement, for kinds whose lines are plain records (contacts, accounts)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.actions.records import change_record
from crm.errors import CrmError
from crm.hooks import records
from crm.hooks.importers import Values
from crm.imports import judging, merging, reverting
from crm.imports.row_work import key_or_value
from crm.imports.rows import contacts_named
from crm.imports.set_kinds import SetKind
from crm.imports.staging import CREATE, ERROR, LONGEST_PROBLEM, SAME, UPDATE, Span
from crm.models import Account, Contact, ImportLine, User


class BySet:
    """`kind` says all that differs between kinds."""

    check_batch = 2000
    run_batch = 2000

    def __init__(self, kind: SetKind) -> None:
        self.kind = kind

    def judge(self, span: Span) -> None:
        judging.judge(self.kind, span)

    def carry(self, span: Span, now: datetime) -> None:
        merging.merge(self.kind, span, now)

    def needs_link(self, mapped: frozenset[str]) -> bool:
        return any(late.name in mapped for late in self.kind.late)

    def link(self, span: Span, now: datetime) -> int:
        """Tie the records of the span to those they name, one by one by the door of plain edits; a tie that cannot be
        made is told with its line, whose record stays.
        """
        names = [late.name for late in self.kind.late if late.name in span.mapped]
        lines = [
            line
            for line in span.lines().filter(verdict__in=[CREATE, UPDATE, SAME])
            if any(name in line.values for name in names)
        ]
        found = self.kind.model.objects.in_bulk([line.record_id for line in lines])
        for line in lines:
            if record := found.get(line.record_id):
                _tie(line, record, names, span)
        ImportLine.objects.bulk_update(lines, ["before", "version", "problem", "verdict"], batch_size=500)
        return len(lines)

    def take_back(self, span: Span, by: User, now: datetime) -> None:
        reverting.take_back(self.kind.model, span, by, now)

    def as_it_is(self, lines: Sequence[ImportLine], user: User) -> dict[int, Values]:
        kind = records.get(self.kind.name)
        fields = [field for field in kind.all_fields() if field.kind != "tags" and field.is_column]
        seen = self.kind.model.objects.visible_to(user)
        found = seen.in_bulk([line.record_id for line in lines if line.record_id])
        return {
            line.pk: {field.name: key_or_value(record, field) for field in fields}
            for line in lines
            if (record := found.get(line.record_id))
        }


def _tie(line: ImportLine, record: Any, names: Sequence[str], span: Span) -> None:
    values: dict[str, Any] = {}
    for name in names:
        named = line.values.get(name)
        if not named or (span.of.known == "fill" and getattr(record, f"{name}_id")):
            continue
        other = _named(name, named, span.of.owner)
        if other is None:
            return _refuse(line, f"{_LABELS[name]}: there is none called “{named[:80]}”.")
        if other.pk != getattr(record, f"{name}_id"):
            values[name] = other
    if not values:
        return None
    old = {name: [getattr(record, f"{name}_id"), other.pk] for name, other in values.items()}
    try:
        changed = change_record(record, values, by=span.of.owner)
    except CrmError as problem:
        return _refuse(line, problem.message)
    line.version = changed.version
    if line.verdict != CREATE:
        line.verdict, line.before = UPDATE, {**(line.before or {}), **old}
    return None


_LABELS = {"parent": "Parent account", "primary_contact": "Primary contact"}


def _named(name: str, text: str, user: User) -> Account | Contact | None:
    if name == "primary_contact":
        return contacts_named({text}, user).get(text)
    seen = Account.objects.visible_to(user).order_by("-is_active", "pk")
    return seen.filter(name_normal=text.lower()).first() or seen.exclude(number="").filter(number=text).first()


def _refuse(line: ImportLine, sentence: str) -> None:
    """The record is made or changed already: the line keeps its verdict, and says what could not be done."""
    if line.verdict == SAME:
        line.verdict = ERROR
    line.problem = sentence[:LONGEST_PROBLEM]
