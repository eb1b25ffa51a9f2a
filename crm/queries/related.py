"""What hangs on a record, counted at one go: a box a kind, each with its first few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.hooks.related import Related, related_to
from crm.hooks.search import SearchSource, sources
from crm.sql import asked_at_once

FEW = 5
CAP = 10_000


@dataclass(frozen=True)
class Box:
    """The related records of one kind: the first few, and how many there are (up to a cap)."""

    of: Related
    source: SearchSource
    rows: list[Any]
    count: int

    @property
    def total(self) -> str:
        return f"{CAP:,}+" if self.count > CAP else f"{self.count:,}"


def boxes_of(record: Any, user: Any) -> list[Box]:
    """Those the reader's role opens; one query for all counts, and one for each box that has any rows."""
    shown = {source.kind: source for source in sources()}
    offered = [one for one in related_to(record) if one.kind in shown and user.may(one.kind, "view")]
    rows = [one.rows(user, record) for one in offered]
    counts = count_at_once(rows)
    return [
        Box(one, source, list(found.select_related(*source.related)[:FEW]) if count else [], count)
        for one, found, count in zip(offered, rows, counts, strict=True)
        if (source := shown[one.kind])
    ]


def count_at_once(querysets: list[QuerySet]) -> list[int]:
    """How many rows each has, by one query, none counted beyond the cap."""
    capped = [rows.order_by().values("pk")[: CAP + 1] for rows in querysets]
    found = dict(asked_at_once("{n}, COUNT(*)", capped))
    return [found.get(number, 0) for number in range(len(querysets))]
