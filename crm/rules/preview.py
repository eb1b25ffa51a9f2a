"""What a rule would give, exact, while somebody edits it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.hooks import records
from crm.models import User
from crm.rules.compile import contacts, to_q
from crm.rules.counting import PATIENCE, Counted, TooSlow, count, within
from crm.rules.explain import explain
from crm.rules.parse import Problem, parse, read
from crm.rules.tree import CONTACT, Rule


@dataclass(frozen=True)
class Preview:
    """`count` and `sample` are of the records that `user` may see; with problems there is neither.

    `count` is None without problems where it takes too long; `why` says what makes it slow.
    """

    words: str
    problems: list[Problem]
    count: int | None
    sample: list[Any]
    why: str = ""


def preview(
    stored: Any, now: datetime, user: Any, *, of: str = CONTACT, reader: User | None = None, size: int = 10
) -> Preview:
    """Of a rule that works by itself (a segment), or of one that filters a list for its `reader`, who is “me”.

    The first speaks of active contacts only, the second of every record that is not in the bin.
    """
    rule, problems = read(stored, of, me=reader)
    if rule is None:
        return Preview("", problems, None, [])
    kind = records.get(of)
    found = _found(rule, now, user, of, reader)
    ordered = found.order_by(*kind.order).select_related(*kind.related)
    counted = count(found)
    try:
        sample = within(PATIENCE, lambda: list(ordered[:size])) if counted.count else []
    except TooSlow:
        sample = []
    return Preview(explain(rule, reader), [], counted.count, sample, counted.why)


def count_of(stored: Any, now: datetime, user: Any, *, of: str = CONTACT, reader: User | None = None) -> Counted:
    """How many the rule would give, and no more. Raises RuleInvalid."""
    return count(_found(parse(stored, of, me=reader), now, user, of, reader))


def _found(rule: Rule, now: datetime, user: Any, of: str, reader: User | None) -> Any:
    model: Any = records.get(of).model
    rows: Any = contacts() if of == CONTACT and reader is None else model.objects.alive()
    return rows.filter(to_q(rule, now, reader, rolled=of == CONTACT)).visible_to(user)
