"""A line of a file -> what it says, cleaned, or the first thing that is wrong with it. And whether a mapping can work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.errors import Invalid
from crm.hooks import importers
from crm.hooks.importers import Habits, Importer, Target
from crm.imports.reading import NUL
from crm.models import Import


@dataclass(frozen=True)
class Cleaned:
    """One line after cleaning: what is not empty, the form that finds duplicates, or why it cannot be used."""

    values: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    problem: str = ""


def habits_of(of: Import) -> Habits:
    return Habits(of.owner, of.day_first, of.decimal_comma, of.creates_related)


def targets_of(of: Import) -> dict[str, Target]:
    """What the columns of this import may become, by name."""
    return {target.name: target for target in importers.get(of.kind).targets(habits_of(of))}


def check_mapping(
    importer: Importer, targets: dict[str, Target], mapping: dict[str, str], columns: Sequence[str], *, creates: bool
) -> dict[str, str]:
    """The mapping without the columns left out. Raises Invalid with a sentence where it cannot work."""
    chosen: dict[str, str] = {}
    for index, name in mapping.items():
        if not name:
            continue
        place = f"mapping.{index}"
        if not str(index).isdecimal() or int(index) >= len(columns):
            raise Invalid(f"The file has no column number {index}; it has {len(columns)}.", field=place)
        if name not in targets:
            raise Invalid(
                f"“{name}” is nothing that a column can become. {importer.label} have: {', '.join(targets)}.",
                field=place,
            )
        if name in chosen.values():
            raise Invalid(f"Two columns are mapped to “{targets[name].label}”. Leave one of them out.", field=place)
        chosen[str(int(index))] = name
    if not chosen:
        raise Invalid("No column is mapped to anything yet.", field="mapping")
    if sentence := importer.complaint(set(chosen.values()), creates):
        raise Invalid(sentence, field="mapping")
    return chosen


class LineCleaner:
    """Cleans the lines of one import; made once for a file."""

    def __init__(self, of: Import) -> None:
        self.importer = importers.get(of.kind)
        targets = targets_of(of)
        self.plan = [
            (int(index), targets[name], name, name.removeprefix("custom.") if name.startswith("custom.") else "")
            for index, name in of.mapping.items()
            if name in targets
        ]

    def clean(self, cells: Sequence[str]) -> Cleaned:
        """What the line says, or the first thing that is wrong with it."""
        values: dict[str, Any] = {}
        width = len(cells)
        for index, target, name, custom in self.plan:
            cell = cells[index] if index < width else ""
            if not cell:
                continue
            if len(cell) > target.max_length:
                said = f"{target.label} has {len(cell):,} characters; {target.max_length:,} is the most."
                return Cleaned(problem=said)
            if NUL in cell:
                return Cleaned(problem=f"{target.label} holds a zero byte, which is no letter.")
            value: Any = cell
            if target.clean is not None:
                try:
                    value = target.clean(cell)
                except ValueError as problem:
                    return Cleaned(problem=f"{target.label}: {problem}")
            if custom:
                values.setdefault("custom", {})[custom] = value
            else:
                values[name] = value
        if wrong := self.importer.finish(values):
            return Cleaned(problem=wrong)
        if not values:
            return Cleaned(problem="The line says nothing in the columns that are mapped.")
        return Cleaned(values, key=self.importer.key(values)[:254])
