"""Offer knowledge about a contact: what rules can test, without knowing whose column it is.

What the fields of a record say needs no offering: crm/rules/facts.py makes an attribute of each, for every kind of record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from crm.hooks.registry import Registry, Text

Choices = Callable[[], Sequence[tuple[Any, Text]]]


@dataclass(frozen=True)
class Proof:
    """A row that makes a condition true for one person, in words, and when it came about."""

    words: str
    at: datetime | None = None
    url: str = ""


@dataclass(frozen=True)
class Attribute:
    """One thing that a rule can test on a contact, or on another kind of record.

    `kind` is one of crm.rules.operators.KINDS; it fixes the operators.
    `to_q(op, value)` answers a Q over the model, true or false for every row and never unknown; crm.rules.columns writes
    it for plain columns. Dates come as moments: from, before, between (half open), is_empty, is_filled; days as days.
    `choices` are offered by editors and checked by the rule language; where they are people (`is_person`), “me” is one,
    too. `to` is the kind of record that is chosen by its id. An attribute with `subjects` (the score of which model) is
    called `to_q(op, value, subject)`. `proof(contact, value, subject)` answers the rows that a test of the contact
    with this id looks at, the last first, at most 20; `value` is None where the operator takes none.
    """

    name: str
    label: Text
    kind: str
    to_q: Callable[..., Q]
    group: Text = "Contact"
    choices: Choices | None = None
    subjects: Choices | None = None
    to: str = ""
    is_person: bool = False
    proof: Callable[[int, Any, Any], Sequence[Proof]] | None = None


_attributes: Registry[Attribute] = Registry("attribute")


def register(attribute: Attribute) -> None:
    _attributes.register(attribute.name, attribute)


def get(name: str) -> Attribute:
    return _attributes.get(name)


def known(name: str) -> bool:
    return name in _attributes


def all_attributes() -> list[Attribute]:
    return _attributes.values()
