"""What the work by set must know of a kind of record: its columns, how a line finds its record, what may be the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.imports.sql import as_in_a_cell, said


@dataclass(frozen=True)
class Column:
    """A column and the name of its value in a line. `type` is "" for text that is never null, else the type to cast to."""

    name: str
    column: str
    type: str = ""

    @property
    def says(self) -> str:
        return f"CAST({said(self.name)} AS {self.type})" if self.type else said(self.name)

    def told(self, value: str) -> str:
        """A value as the history writes it."""
        return f"CAST({value} AS text)"

    def takes(self, *, fills: bool) -> str:
        """True where the line says something, and something else than the record `c` (or the record says nothing)."""
        is_blank = f"c.{self.column} IS NULL" if self.type else f"c.{self.column} = ''"
        if fills:
            return f"({said(self.name)} IS NOT NULL AND {is_blank})"
        differs = f"{self.says} <> {f'c.{self.column}' if self.type else as_in_a_cell(f'c.{self.column}')}"
        return f"({said(self.name)} IS NOT NULL AND ({is_blank} OR {differs}))" if self.type else f"({differs})"


@dataclass(frozen=True)
class Address(Column):
    """An email address: another spelling of case is no change."""

    def takes(self, *, fills: bool) -> str:
        if fills:
            return super().takes(fills=True)
        return f"(lower({said(self.name)}) <> lower(trim(c.{self.column})))"


@dataclass(frozen=True)
class Flag(Column):
    """Yes or no, never nothing: a new record begins with no. To fill what is empty means here to say yes."""

    type: str = "boolean"

    @property
    def says(self) -> str:
        return f"COALESCE({super().says}, FALSE)"

    def told(self, value: str) -> str:
        return f"CASE WHEN {value} THEN 'True' ELSE 'False' END"

    def takes(self, *, fills: bool) -> str:
        news = f"({self.says} AND NOT c.{self.column})" if fills else f"({self.says} <> c.{self.column})"
        return f"({said(self.name)} IS NOT NULL AND {news})"


@dataclass(frozen=True)
class Late:
    """A tie to another record, made when all lines are done. `is_blank` and `differs` are tests of the record `c`."""

    name: str
    is_blank: str
    differs: str


@dataclass(frozen=True)
class SetKind:
    """`found_by` are SQL expressions that answer the id of the record a line `l` stands for, the surest first;
    `found_by_forms` the forms of duplicate rules that they ask for already. `needed` must be said of a new record. `forms`
    are columns of normal forms, written where a record is new. `sentences` are the reasons of judging, in words.
    """

    model: Any
    name: str
    columns: Sequence[Column]
    found_by: Sequence[str]
    needed: str
    sentences: dict[str, str]
    forms: Sequence[str] = ()
    found_by_forms: Sequence[str] = ()
    late: Sequence[Late] = ()
    has_account: bool = False
    log_kind: str = ""

    @property
    def table(self) -> str:
        table: str = self.model._meta.db_table
        return table

    def mapped(self, names: frozenset[str]) -> list[Column]:
        """The columns that an import with these targets writes."""
        if "full_name" in names:
            names = names | {"first_name", "last_name"}
        return [column for column in self.columns if column.name in names]
