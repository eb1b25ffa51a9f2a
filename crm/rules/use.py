"""What the other rooms need of rules, in one place: stored JSON in, contacts, words or problems out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When

from crm.hooks import sources
from crm.log import kinds
from crm.models import Contact, Interaction
from crm.rules import facts
from crm.rules.compile import behaviour, contacts, is_in, matching, to_q
from crm.rules.explain import explain
from crm.rules.operators import operator
from crm.rules.parse import Problem, RuleInvalid, check, parse, read
from crm.rules.tree import CONTACT, All, Did, Either, Not, Rule, Test, Top, nodes, of_the_contact

__all__ = ["Problem", "Reason", "RuleInvalid", "check", "contacts", "is_in", "matching", "parse", "reasons"]
__all__ += ["explain", "moves_with_time", "read", "those", "to_q", "words"]


def those(stored: Any, now: datetime) -> QuerySet[Contact]:
    """The contacts to whom a stored rule applies. Raises RuleInvalid."""
    return matching(parse(stored), now)


def words(stored: Any, of: str = CONTACT) -> str:
    """A stored rule as a sentence; a rule that has become invalid says so instead. `of` is the kind of record it speaks of."""
    rule, problems = read(stored, of)
    return explain(rule) if rule else f"This rule cannot be used: {problems[0]}"


def moves_with_time(rule: Rule) -> bool:
    """Can the answer change although nothing happens?"""
    for node in nodes(rule):
        if isinstance(node, Did) and (node.within_days or node.before_days):
            return True
        if isinstance(node, Test):
            op = operator(facts.get(node.attribute, node.kind).kind, node.op)
            if op and op.moves:
                return True
    return False


MOST_PROOF = 5


@dataclass(frozen=True)
class Proof:
    """Something she did that counts for a condition: what, on what, and when."""

    words: str
    at: datetime


@dataclass(frozen=True)
class Reason:
    """One node of a rule, whether it holds for one contact, and the nodes inside it.

    `proof` are the last five things that count for a condition on behaviour; there are `more` beside.
    """

    words: str
    holds: bool
    inner: list[Reason] = field(default_factory=list)
    proof: list[Proof] = field(default_factory=list)
    more: int = 0


def reasons(rule: Rule, contact: int, now: datetime) -> Reason:
    """Why is she in, or not: every node judged for one contact, in one query. Someone in the bin fails the whole.

    What she did, where a condition asks for it, is read beside.
    """
    every = list(of_the_contact(rule))
    yes, no = Value(True, BooleanField()), Value(False, BooleanField())
    judged = {
        f"n{i}": Case(When(to_q(node, now), then=yes), default=no, output_field=BooleanField())
        for i, node in enumerate(every)
    }
    row = contacts().filter(pk=contact).annotate(**judged).values(*judged).first()
    verdicts = iter([bool(row and row[name]) for name in judged])
    return _reason(rule, verdicts, contact, now)


def _reason(rule: Rule, verdicts: Any, contact: int, now: datetime) -> Reason:
    holds = next(verdicts)
    match rule:
        case All(rules):
            return Reason("All of these", holds, [_reason(one, verdicts, contact, now) for one in rules])
        case Either(rules):
            return Reason("At least one of these", holds, [_reason(one, verdicts, contact, now) for one in rules])
        case Not(inner):
            return Reason("Not this", holds, [_reason(inner, verdicts, contact, now)])
        case Top(of=inner):
            return Reason(explain(rule), holds, [_reason(inner, verdicts, contact, now)])
        case Did(who="pk"):
            proof, more = _proof(rule, contact, now)
            return Reason(explain(rule), holds, proof=proof, more=more)
    return Reason(explain(rule), holds)


def _proof(did: Did, contact: int, now: datetime) -> tuple[list[Proof], int]:
    rows = behaviour(did, now).filter(contact=contact).order_by("-occurred_at", "-pk")
    found = list(rows[:MOST_PROOF])
    more = rows.count() - MOST_PROOF if len(found) == MOST_PROOF else 0
    return [Proof(_happened(one), one.occurred_at) for one in found], more


def _happened(one: Interaction) -> str:
    """“Opened an email: Invitation”."""
    label = str(kinds.get(one.kind).label)
    return f"{label}: {sources.name_of(one.source_type, one.source_id)}" if one.source_id else label
