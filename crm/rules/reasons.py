"""Why does a rule apply to one person, or not: each condition with its answer and the rows that made it so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Value, When
from django.utils.translation import gettext as _

from crm.hooks import sources
from crm.hooks.attributes import Proof
from crm.log import kinds
from crm.models import Interaction, User
from crm.queries.addresses import address_of
from crm.rules import facts
from crm.rules.columns import about_few
from crm.rules.compile import behaviour, contacts, records_of, to_q
from crm.rules.explain import explain
from crm.rules.tree import All, Did, Either, Has, Not, Rule, Test, Top, of_the_contact

MOST_PROOF = 5


@dataclass(frozen=True)
class Reason:
    """One node of a rule, whether it holds for one contact, and the nodes inside it.

    `proof` are the last five rows that count for the condition; there are `more` beside. `says` is what the record says
    where a plain field is tested; empty where it says nothing, or nobody asked.
    """

    words: str
    holds: bool
    inner: list[Reason] = field(default_factory=list)
    proof: list[Proof] = field(default_factory=list)
    more: int = 0
    says: str = ""


@dataclass(frozen=True)
class Asked:
    """About whom, when, and for which reader; `say` tells what the record says of a fact, where somebody wants to read it."""

    contact: int
    now: datetime
    reader: User | None
    say: Callable[[str], str] | None


def reasons(
    rule: Rule,
    contact: int,
    now: datetime,
    *,
    reader: User | None = None,
    say: Callable[[str], str] | None = None,
) -> Reason:
    """Why is she in, or not: every node judged for one contact, in one query. Someone in the bin fails the whole.

    What she did and has, where a condition asks for it, is read beside. Records are named for a `reader` who may see
    them, and else only counted.
    """
    every = list(of_the_contact(rule))
    yes, no = Value(True, BooleanField()), Value(False, BooleanField())
    with about_few():
        judged = {
            f"n{i}": Case(When(to_q(node, now), then=yes), default=no, output_field=BooleanField())
            for i, node in enumerate(every)
        }
    row = contacts().filter(pk=contact).annotate(**judged).values(*judged).first()
    verdicts = iter([bool(row and row[name]) for name in judged])
    return _reason(rule, verdicts, Asked(contact, now, reader, say))


def _reason(rule: Rule, verdicts: Iterator[bool], asked: Asked) -> Reason:
    holds = next(verdicts)
    match rule:
        case All(rules):
            return Reason(_("All of these"), holds, [_reason(one, verdicts, asked) for one in rules])
        case Either(rules):
            return Reason(_("At least one of these"), holds, [_reason(one, verdicts, asked) for one in rules])
        case Not(inner):
            return Reason(_("Not this"), holds, [_reason(inner, verdicts, asked)])
        case Top(of=inner):
            return Reason(explain(rule), holds, [_reason(inner, verdicts, asked)])
        case Did(who="pk"):
            proof, more = _done(rule, asked)
            return Reason(explain(rule), holds, proof=proof, more=more)
        case Has():
            proof, more = _had(rule, asked)
            return Reason(explain(rule, asked.reader), holds, proof=proof, more=more)
        case Test():
            return _tested(rule, holds, asked)
    return Reason(explain(rule), holds)


def _done(did: Did, asked: Asked) -> tuple[list[Proof], int]:
    rows = behaviour(did, asked.now).filter(contact=asked.contact).order_by("-occurred_at", "-pk")
    return _last([Proof(_happened(one), one.occurred_at) for one in rows[:MOST_PROOF]], rows)


def _had(has: Has, asked: Asked) -> tuple[list[Proof], int]:
    """The records that count; one that the reader may not see is told of, and not named."""
    rows = records_of(has, asked.now).filter(contact=asked.contact).order_by("-created_at", "-pk")
    found = list(rows[:MOST_PROOF])
    model: Any = rows.model
    shown = {one.pk for one in found}
    seen = (
        set(model.objects.visible_to(asked.reader).filter(pk__in=shown).values_list("pk", flat=True))
        if asked.reader
        else set()
    )
    return _last([_record(one, one.pk in seen) for one in found], rows)


def _record(one: Any, is_seen: bool) -> Proof:
    if is_seen:
        return Proof(str(one), one.created_at, address_of(one))
    return Proof(_("One that you may not see"), one.created_at)


def _last(found: list[Proof], rows: Any) -> tuple[list[Proof], int]:
    return found, rows.count() - MOST_PROOF if len(found) == MOST_PROOF else 0


def _tested(test: Test, holds: bool, asked: Asked) -> Reason:
    words = explain(test, asked.reader)
    attribute = facts.get(test.attribute, test.kind)
    if attribute.proof:
        proof = list(attribute.proof(asked.contact, test.value, test.of))
        return Reason(words, holds, proof=proof[:MOST_PROOF], more=max(0, len(proof) - MOST_PROOF))
    return Reason(words, holds, says=asked.say(test.attribute) if asked.say else "")


def _happened(one: Interaction) -> str:
    """“Opened an email: Invitation”."""
    label = str(kinds.get(one.kind).label)
    return f"{label}: {sources.name_of(one.source_type, one.source_id)}" if one.source_id else label
