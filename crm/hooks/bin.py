"""Say what the bin must know about a kind of record: what goes along with it, what holds it back, who must hear of it.

    bin.register(BinRule("sales.contact", "crm.contact", along=open_leads_of, why_stay=sole_customers))

Everything is asked for a batch of ids at once. Several apps may have a rule about one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from crm.hooks.registry import Registry, Text

Ids = Collection[int]
Along = tuple[int, str, int]
"""(id of the record, label of the model that goes along, id of the row that does)."""


@dataclass(frozen=True)
class BinRule:
    """`kind` is a model's label (“crm.contact”).

    `along(ids)` answers the rows that go into the bin with these records and come back with them. `why_stay(ids, by)`
    answers {id: sentence} for those that may not go; `why_not_back(ids)` for those that cannot come back. `gone(ids)` and
    `back(ids)` are told after it happened, in the same transaction.
    """

    name: str
    kind: str
    along: Callable[[Ids], Iterable[Along]] | None = None
    why_stay: Callable[[Ids, Any], dict[int, Text]] | None = None
    why_not_back: Callable[[Ids], dict[int, Text]] | None = None
    gone: Callable[[Ids], None] | None = None
    back: Callable[[Ids], None] | None = None


_rules: Registry[BinRule] = Registry("rule of the bin")


def register(rule: BinRule) -> None:
    _rules.register(rule.name, rule)


def rules_for(kind: str) -> list[BinRule]:
    return [rule for rule in _rules.values() if rule.kind == kind]
