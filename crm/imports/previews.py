"""What the lines of a check would do, for a person to look at: which record, which field, from what to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps

from crm.hooks import importers
from crm.hooks.importers import Target, Values
from crm.imports.lines import targets_of
from crm.models import Account, Import, ImportLine, User


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One line: the record it is about in words, and what changes field by field."""

    number: int
    verdict: str
    record_id: int | None
    name: str
    changed: list[FieldChange]


def changes_of(of: Import, lines: Sequence[ImportLine], user: User) -> list[Change]:
    """For a few lines that would create or update. Of records that the user may not see nothing is said."""
    targets = targets_of(of)
    known = importers.get(of.kind).work.as_it_is(lines, user)
    words = _Words(targets, user)
    found = []
    for line in lines:
        now = known.get(line.pk)
        if line.verdict == ImportLine.Verdict.UPDATE and now is None:
            continue
        found.append(
            Change(line.number, line.verdict, line.record_id, name_of(line, now), _fields(of, line, now, words))
        )
    return found


def _fields(of: Import, line: ImportLine, now: Values | None, words: _Words) -> list[FieldChange]:
    changed = []
    for name, value in _flat(line.values).items():
        if name not in words.targets or name == "id":
            continue
        before = words.of(name, (now or {}).get(name), is_stored=True)
        after = words.of(name, value)
        if now is None or name == "tags" or _differs(of, name, before, after):
            changed.append(FieldChange(str(words.targets[name].label), before, after))
    return changed


def _differs(of: Import, name: str, before: str, after: str) -> bool:
    if of.known == Import.Known.FILL and before:
        return False
    return before.casefold() != after.casefold() if name in _LOOSE else before != after


_LOOSE = ("account", "email", "parent", "contact", "primary_contact")


def _flat(values: Values) -> Values:
    custom = {f"custom.{key}": value for key, value in values.get("custom", {}).items()}
    return {**{name: value for name, value in values.items() if name != "custom"}, **custom}


def name_of(line: ImportLine, now: Mapping[str, Any] | None = None) -> str:
    """The record in words: as it is called now, else as the line calls it."""
    said = {**(now or {}), **line.values}
    person = f"{said.get('first_name') or ''} {said.get('last_name') or ''}".strip()
    return str(
        said.get("name") or person or said.get("topic") or said.get("subject") or said.get("address") or said.get("email")
        or said.get("contact") or said.get("account") or ""
    )[:120]  # fmt: skip


class _Words:
    """Values as people read them: the name of an owner, the label of a choice. Each record is fetched once."""

    def __init__(self, targets: dict[str, Target], user: User) -> None:
        self.targets, self.zone = targets, ZoneInfo(user.time_zone or "UTC")
        self.known: dict[tuple[str, Any], str] = {}

    def of(self, name: str, value: Any, *, is_stored: bool = False) -> str:
        target = self.targets[name]
        if value in (None, "", []):
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(map(str, value))
        if hasattr(value, "_meta"):
            return str(value)
        if target.kind == "person":
            return self._named("crm.user", value)
        if target.row_of:
            return self._named(target.row_of, value)
        if target.to and is_stored and target.to != "crm.regarding":
            return self._named(target.to, value)
        if target.kind == "moment":
            return _moment(value, self.zone)
        return _number(str(value)) if target.kind in ("number", "money") else str(value)

    def _named(self, label: str, key: Any) -> str:
        if (label, key) not in self.known:
            model: Any = Account if label == "crm.account" else apps.get_model(label)
            row = model._base_manager.filter(pk=key).first()
            self.known[label, key] = str(row) if row is not None else str(key)
        return self.known[label, key]


def _number(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: Any, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
