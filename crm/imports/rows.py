"""Lines at work one by one: their values as the program has them, the records they name, the record they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db.models import F

from crm.access.depths import may
from crm.hooks.importers import Target, Values
from crm.imports.lines import targets_of
from crm.imports.staging import Span
from crm.models import Account, Contact, ImportLine, ImportMade, User


@dataclass
class Row:
    """One line. `values` are the program's own: dates, amounts, records. `record` is the known one that it is about."""

    line: ImportLine
    values: Values
    record: Any = None
    problem: str = ""
    new: dict[str, str] = field(default_factory=dict)
    """Target -> the name of an account that the run will make."""


class Desk:
    """What the rows of one span need to be read: the targets, the importer, and the records that the lines name."""

    def __init__(self, span: Span) -> None:
        self.span, self.of, self.by = span, span.of, span.of.owner
        self.targets: Mapping[str, Target] = targets_of(span.of)

    def rows(self) -> list[Row]:
        """What is to be judged or done, in the order of the file."""
        rows = [Row(line, dict(line.values)) for line in self.span.judged_before().order_by("number")]
        for row in rows:
            row.values = {name: self._own(name, value) for name, value in row.values.items()}
        for name in sorted(self.span.mapped):
            if self.targets[name].to if name in self.targets else "":
                self._refer(rows, self.targets[name])
        return rows

    def _own(self, name: str, value: Any) -> Any:
        """A value of a line as the program has it."""
        target = self.targets.get(name)
        if target is None or target.to:
            return value
        if target.row_of:
            return self._looked_up(target.row_of, value)
        match target.kind:
            case "day":
                return date.fromisoformat(value)
            case "moment":
                return datetime.fromisoformat(value)
            case "money":
                return Decimal(value)
            case "number":
                return Decimal(value) if "." in value else int(value)
            case "person":
                return self.people.get(int(value))
        return value

    @cached_property
    def people(self) -> dict[int, User]:
        return User.objects.in_bulk()

    def _looked_up(self, label: str, key: Any) -> Any:
        """A row of a small table (campaign, currency, tax rate)."""
        known: dict[tuple[str, Any], Any] = self.__dict__.setdefault("_known", {})
        if (label, key) not in known:
            model: Any = apps.get_model(label)
            known[label, key] = model._base_manager.filter(pk=key).first()
        return known[label, key]

    def _refer(self, rows: Sequence[Row], target: Target) -> None:
        """Put the record in the place of its name; unknown is a problem of that line, or to be made."""
        named = {row.values[target.name] for row in rows if target.name in row.values}
        found = FINDERS[target.to](named, self.by)
        for row in rows:
            if (text := row.values.get(target.name)) is None:
                continue
            if other := found.get(text):
                row.values[target.name] = other
            elif target.to == "crm.account" and self.may_make_accounts:
                row.new[target.name] = text
                del row.values[target.name]
            else:
                row.problem = row.problem or f"{target.label}: there is none called “{text[:80]}” that you may see."

    @cached_property
    def may_make_accounts(self) -> bool:
        return self.of.creates_related and may(self.by, "crm.account", "add")

    def make_related(self, row: Row) -> None:
        """The accounts that the row names and nobody knows; two rows that name one get the same."""
        for name, text in row.new.items():
            found = accounts_named({text}, self.by).get(text)
            if found is None:
                found = Account.objects.create(name=text, owner=self.by, created_by=self.by)
                ImportMade.objects.create(of=self.of, model="crm.account", record_id=found.pk)
            row.values[name] = found


def find_by_id(rows: Sequence[Row], desk: Desk, model: Any) -> list[Row]:
    """Set the records of the rows that give an id, as far as the importer sees them; answers the other rows."""
    ids = {row.values["id"] for row in rows if "id" in row.values}
    found = model._default_manager.visible_to(desk.by).in_bulk(ids) if ids else {}
    for row in rows:
        row.record = found.get(row.values.get("id"))
    return [row for row in rows if "id" not in row.values]


def accounts_named(texts: set[str], user: User) -> dict[str, Account]:
    """By name, else by number, else by id: the oldest active one of several."""
    seen = Account.objects.visible_to(user).order_by("is_active", "-pk")
    by_name = {a.name_normal: a for a in seen.filter(name_normal__in={text.lower() for text in texts})}
    by_number = {a.number: a for a in seen.filter(number__in=texts - {""})}
    by_id = {str(a.pk): a for a in seen.filter(pk__in=_ids(texts))}
    named = {text: by_name.get(text.lower()) or by_number.get(text) or by_id.get(text) for text in texts}
    return {text: account for text, account in named.items() if account}


def contacts_named(texts: set[str], user: User) -> dict[str, Contact]:
    """By email address, or by id: of several with one address the active, then the most recently active one."""
    recent = F("last_active_at").asc(nulls_first=True)
    seen = Contact.objects.visible_to(user).order_by("is_active", recent, "pk")
    found = {str(contact.pk): contact for contact in seen.filter(pk__in=_ids(texts))}
    by_address = {c.email_normal: c for c in seen.filter(email_normal__in={text.lower() for text in texts} - {""})}
    named = {text: found.get(text) or by_address.get(text.lower()) for text in texts}
    return {text: contact for text, contact in named.items() if contact}


def _ids(texts: set[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 18]


FINDERS: dict[str, Callable[[set[str], User], Mapping[str, Any]]] = {
    "crm.account": accounts_named,
    "crm.contact": contacts_named,
}
"""How the records of a big table are found by what a file calls them, many at once."""
