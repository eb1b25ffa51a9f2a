"""What the other rooms need of rules, in one place: stored JSON in, contacts, words or problems out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from crm.models import Contact
from crm.rules import facts
from crm.rules.compile import contacts, is_in, matching, to_q
from crm.rules.explain import explain
from crm.rules.operators import operator
from crm.rules.parse import Problem, RuleInvalid, check, parse, read
from crm.rules.reasons import Reason, reasons
from crm.rules.tree import CONTACT, Did, Rule, Test, nodes

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
