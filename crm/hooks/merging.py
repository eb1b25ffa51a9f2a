"""Offer a consequence: what becomes of an app's rows when two records of a kind become one.

    merging.moves("sales.quotes", Quote, "contact_id", on=["crm.contact"])
    merging.moves("crm.tags", Tagging, "record_id", "record_type_id", on=EVERY_KIND, once_per=[["tag_id"]])
    merging.stays("crm.deletions", Deletion, "record_id", on=EVERY_KIND, why="What was deleted is told as it was.")
    merging.first("sales.open_leads", "crm.contact", fold_open_leads)
    merging.settle("crm.tree", "crm.account", keep_the_tree)

A column that names a contact, an account or a lead and is neither moved nor said to stay fails a test (tests/test_house.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from crm.hooks.registry import Registry

if TYPE_CHECKING:
    from crm.actions.merge_ledger import Ledger

EVERY_KIND: Sequence[str] = ("crm.contact", "crm.account", "sales.lead", "sales.opportunity", "crm.activity")
"""Kinds that a row may name by its type: whatever of them can be merged, now or later."""


@dataclass(frozen=True)
class Moves:
    """Rows whose `column` holds the id of a merged record go with it.

    `kind_column` says of which kind that id is: a foreign key to ContentType, or a label (“crm.contact”); "" where the
    column is of one kind only. `once_per`: with the record, each of these lists of columns is unique; where the winner has
    such a row already, the loser's one is kept aside in the merge; with `leaves_like` it stays with the loser, since other
    rows hang on it. `is_counted`: worth telling who looks at the two.
    """

    name: str
    model: type[Model]
    column: str
    kind_column: str
    on: Sequence[str]
    once_per: Sequence[Sequence[str]]
    leaves_like: bool
    is_counted: bool


@dataclass(frozen=True)
class Stays:
    """Rows whose `column` goes on naming the record that was merged, and why."""

    name: str
    model: type[Model]
    column: str
    on: Sequence[str]
    why: str


@dataclass(frozen=True)
class Consequence:
    """`run(ledger)` is called before the rows move; it changes what the ledger knows how to undo, and nothing else."""

    name: str
    on: str
    run: Callable[[Ledger], None]


@dataclass(frozen=True)
class Condition:
    """`why_not(winner, loser)` answers a sentence where these two may not become one, or ""."""

    name: str
    on: str
    why_not: Callable[[Any, Any], str]


@dataclass(frozen=True)
class Settlement:
    """`run(winner, loser, columns)` answers the columns that the winner gets in the end, once the rows have moved."""

    name: str
    on: str
    run: Callable[[Any, Any, dict[str, Any]], dict[str, Any]]


_kinds: Registry[type[Model]] = Registry("kind that can be merged")
_moves: Registry[Moves] = Registry("move of a merge")
_stays: Registry[Stays] = Registry("stay of a merge")
_first: Registry[Consequence] = Registry("consequence of a merge")
_conditions: Registry[Condition] = Registry("condition of a merge")
_settlements: Registry[Settlement] = Registry("settlement of a merge")


def can_be_merged(kind: str, model: type[Model]) -> None:
    """Declares a kind of record (its model is `Mergeable`)."""
    _kinds.register(kind, model)


def moves(
    name: str,
    model: type[Model],
    column: str,
    kind_column: str = "",
    *,
    on: Sequence[str],
    once_per: Sequence[Sequence[str]] = (),
    leaves_like: bool = False,
    is_counted: bool = True,
) -> None:
    _moves.register(name, Moves(name, model, column, kind_column, on, once_per, leaves_like, is_counted))


def stays(name: str, model: type[Model], column: str, *, on: Sequence[str], why: str) -> None:
    _stays.register(name, Stays(name, model, column, on, why))


def first(name: str, on: str, run: Callable[[Ledger], None]) -> None:
    _first.register(name, Consequence(name, on, run))


def allow(name: str, on: str, why_not: Callable[[Any, Any], str]) -> None:
    _conditions.register(name, Condition(name, on, why_not))


def settle(name: str, on: str, run: Callable[[Any, Any, dict[str, Any]], dict[str, Any]]) -> None:
    _settlements.register(name, Settlement(name, on, run))


def kinds() -> list[str]:
    return [name for name, _ in _kinds]


def is_kind(name: str) -> bool:
    return name in _kinds


def model_of(kind: str) -> type[Model]:
    """Raises LookupError where records of this kind cannot be merged."""
    return _kinds.get(kind)


def moves_on(kind: str) -> list[Moves]:
    return [move for move in _moves.values() if kind in move.on]


def firsts_on(kind: str) -> list[Consequence]:
    return [one for one in _first.values() if one.on == kind]


def why_not(kind: str, winner: Any, loser: Any) -> str:
    """The first reason why these two may not become one, or ""."""
    return next((why for one in _conditions.values() if one.on == kind and (why := one.why_not(winner, loser))), "")


def settled(kind: str, winner: Any, loser: Any, columns: dict[str, Any]) -> dict[str, Any]:
    for one in _settlements.values():
        if one.on == kind:
            columns = one.run(winner, loser, columns)
    return columns


def declared() -> set[tuple[str, str]]:
    """(label of the model, column) of whatever is moved or said to stay."""
    rules: list[Moves | Stays] = [*_moves.values(), *_stays.values()]
    return {(rule.model._meta.label_lower, rule.column) for rule in rules}
