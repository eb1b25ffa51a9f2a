"""Whose answer the passing of time alone may have changed: found by what fell due, so that nobody else is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from crm.rules import facts
from crm.rules.columns import among
from crm.rules.compile import company_zone, log_rows, records_of
from crm.rules.operators import operator
from crm.rules.tree import Did, Has, Rule, Test, nodes

MARGIN = timedelta(seconds=1)


def flipped(rule: Rule, since: datetime, now: datetime) -> Q | None:
    """Over the records that the rule speaks of: those for whom a moment of one of its conditions passed after `since`.

    More may be found than have changed, never fewer. None where nothing in the rule moves with time. What is ranked is
    beyond this: such a rule is asked of everybody.
    """
    found = list(_parts(rule, since, now))
    return reduce(or_, found) if found else None


def _parts(rule: Rule, since: datetime, now: datetime) -> Iterator[Q]:
    inside = {id(one) for has in nodes(rule) if isinstance(has, Has) and has.rule for one in nodes(has.rule)}
    for node in nodes(rule):
        if id(node) in inside:
            continue  # asked of the records, by their Has
        match node:
            case Did():
                yield from _did(node, since, now)
            case Test():
                yield from _test(node, since, now)
            case Has(rule=inner) if inner is not None:
                if (due := flipped(inner, since, now)) is not None:
                    rows = records_of(Has(node.kind), now).filter(due)
                    yield among("pk", rows, "contact_id")


def _did(did: Did, since: datetime, now: datetime) -> Iterator[Q]:
    rows = log_rows(did.kind, did.source)
    for days in filter(None, (did.within_days, did.before_days)):
        ago = timedelta(days=days)
        due = rows.filter(occurred_at__gt=since - ago - MARGIN, occurred_at__lte=now - ago + MARGIN)
        yield among(did.who, due, "contact_id")


def _test(test: Test, since: datetime, now: datetime) -> Iterator[Q]:
    attribute = facts.get(test.attribute, test.kind)
    op = operator(attribute.kind, test.op)
    if op is None or not op.moves:
        return
    ahead = timedelta(days=test.value if test.op == "in_next" else -test.value)
    if attribute.kind == "day":
        first, last = since.astimezone(company_zone()).date(), now.astimezone(company_zone()).date()
        day = timedelta(days=1)
        if first != last:
            yield attribute.to_q("between", (first - day, last + day))
            yield attribute.to_q("between", (first + ahead - day, last + ahead + day))
        return
    yield attribute.to_q("between", (since - MARGIN, now + MARGIN))
    yield attribute.to_q("between", (since + ahead - MARGIN, now + ahead + MARGIN))
