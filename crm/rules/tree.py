"""The tree of a rule: frozen, made by parse only, walked with `match`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

Source = tuple[str, int]
LAST: Source = ("last", 0)
"""The last commercial email that was sent to the person: another one for each."""
CONTACT = "crm.contact"


@dataclass(frozen=True)
class All:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Either:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Not:
    rule: Rule


@dataclass(frozen=True)
class Test:
    """An attribute of a record of this kind, compared. `of` is the subject where it has one (the score of which model)."""

    attribute: str
    op: str
    value: Any = None
    of: Any = None
    kind: str = CONTACT


class Me(int):
    """The id of the person who looks, where the rule says “me”."""


@dataclass(frozen=True)
class Did:
    """The contact did `kind` (on `source`, by `link`, on a page whose address holds `page`) at least / at most so many times.

    Neither bound means once or more. It counts what happened within the last `within_days` days, longer ago than
    `before_days`, or on the days from `since` to `until` where our company is; all of them hold together. `machines` counts
    hits of scanners and bots too. `who` is the column of the contact: of a lead, the one that it points at.
    """

    kind: str
    source: Source | None = None
    at_least: int | None = None
    at_most: int | None = None
    within_days: int | None = None
    machines: bool = False
    who: str = "pk"
    before_days: int | None = None
    since: date | None = None
    until: date | None = None
    link: int | None = None
    page: str = ""


@dataclass(frozen=True)
class Has:
    """The contact has at least / at most so many records of a kind (leads) to each of which the whole rule applies.

    Neither bound means one or more.
    """

    kind: str
    rule: Rule | None = None
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True)
class First:
    """Whoever did this first, comes first."""

    kind: str
    source: Source | None = None


@dataclass(frozen=True)
class Top:
    """Among the first `n` by a ranking (“score” of model `subject`) of those to whom `of` applies."""

    n: int
    by: str
    subject: Any
    of: Rule
    ties: First | None = None


Rule = All | Either | Not | Test | Did | Has | Top


def nodes(rule: Rule) -> Iterator[Rule]:
    """The rule and everything in it."""
    yield rule
    match rule:
        case All(rules) | Either(rules):
            for inner in rules:
                yield from nodes(inner)
        case Not(inner):
            yield from nodes(inner)
        case Top(of=inner):
            yield from nodes(inner)
        case Has(rule=inner) if inner is not None:
            yield from nodes(inner)


def of_the_contact(rule: Rule) -> Iterator[Rule]:
    """As `nodes`, without what is asked of the records that she has: those conditions have no answer for her."""
    yield rule
    match rule:
        case All(rules) | Either(rules):
            for inner in rules:
                yield from of_the_contact(inner)
        case Not(inner) | Top(of=inner):
            yield from of_the_contact(inner)


def is_local(rule: Rule) -> bool:
    """Does the answer for one contact depend on that contact alone? Not where contacts are ranked."""
    return not any(isinstance(node, Top) for node in nodes(rule))


def kinds_in(rule: Rule) -> set[str]:
    """The kinds of interaction whose arrival can change the answer."""
    found = {node.kind for node in nodes(rule) if isinstance(node, Did)}
    if any(isinstance(node, Did) and node.source == LAST for node in nodes(rule)):
        found.add("email.sent")  # the next one makes another email the last
    return found | {node.ties.kind for node in nodes(rule) if isinstance(node, Top) and node.ties}


def attributes_in(rule: Rule) -> set[str]:
    """The names of the attributes tested, and of the rankings asked."""
    tested = {node.attribute for node in nodes(rule) if isinstance(node, Test)}
    return tested | {node.by for node in nodes(rule) if isinstance(node, Top)}
