"""What a rule would give, exact, while somebody edits it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.hooks import records
from crm.models import User
from crm.rules.compile import contacts, to_q
from crm.rules.explain import explain
from crm.rules.parse import Problem, read
from crm.rules.tree import CONTACT


@dataclass(frozen=True)
class Preview:
    """`count` and `sample` are of the records that `user` may see; with problems there is neither."""

    words: str
    problems: list[Problem]
    count: int | None
    sample: list[Any]


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
    model: Any = kind.model
    rows: Any = contacts() if of == CONTACT and reader is None else model.objects.alive()
    found = rows.filter(to_q(rule, now, reader, rolled=of == CONTACT)).visible_to(user)
    ordered = found.order_by(*kind.order).select_related(*kind.related)
    return Preview(explain(rule, reader), [], found.order_by().count(), list(ordered[:size]))
