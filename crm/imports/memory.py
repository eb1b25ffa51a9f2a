"""What a person said of the columns of a file is kept for the next one with the same columns; by name, for everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm.hooks import importers
from crm.imports.headers import guess, plain
from crm.imports.lines import targets_of
from crm.models import Import, ImportMapping

if TYPE_CHECKING:
    from crm.models import User

OPTIONS = (
    "policy", "known", "doubtful", "creates_related", "assigns_by_rules", "starts_journeys", "day_first", "decimal_comma",
)  # fmt: skip


def digest(columns: Sequence[str]) -> str:
    """Of the set of names, whatever their order, case and signs."""
    names = sorted({plain(name) for name in columns})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def recall(of: Import) -> None:
    """Map the columns as this person did the last time, else by what the headers say. Unsaved."""
    last = ImportMapping.objects.remembered(of.owner, of.kind, digest(of.columns)).first()
    if last is None:
        of.mapping = guess(of.columns, targets_of(of).values())
        return
    use(of, last)


def use(of: Import, kept: ImportMapping) -> None:
    """Map the columns of the file by their names as the kept mapping says, with its options. Unsaved."""
    targets = targets_of(of)
    said = {plain(header): name for header, name in kept.fields.items()}
    mapping: dict[str, str] = {}
    for index, column in enumerate(of.columns):
        name = said.get(plain(column), "")
        if name in targets and name not in mapping.values():
            mapping[str(index)] = name
    of.mapping = mapping
    for option in OPTIONS:
        if option in kept.options:
            setattr(of, option, kept.options[option])


def remember(of: Import, name: str = "", *, by: User) -> ImportMapping:
    """Keep the mapping of this import: as the person's memory of these columns, or under a name for everybody."""
    said = {of.columns[int(index)]: target for index, target in of.mapping.items()}
    values: dict[str, Any] = {
        "fields": said,
        "options": {option: getattr(of, option) for option in OPTIONS},
        "header": digest(of.columns),
    }
    if name:
        which: dict[str, Any] = {"kind": of.kind, "name": name}
        kept, _ = ImportMapping.objects.update_or_create(
            **which, defaults=values, create_defaults={**values, "owner": by}
        )
        return kept
    which = {"owner": by, "kind": of.kind, "name": "", "header": values.pop("header")}
    return ImportMapping.objects.update_or_create(**which, defaults=values)[0]


def named(of: Import) -> list[ImportMapping]:
    """The mappings with a name that may be used for this import."""
    return list(ImportMapping.objects.offered_to(of.owner, importers.get(of.kind).name))
