"""What comes from an import, a merge or an undo starts no journey, however long the chain from it to a segment.

    with transaction.atomic(), quietly("import"): …

Every row of the log that is recorded inside the block carries the mark `quiet` in its data, and the contacts touched inside
it are known to be so. Whoever passes that on (scores, segments) works on those contacts in a quiet block of its own.
Journeys let nobody in by a marked row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.models.interactions import Interaction, LogCursor
from crm.models.quiet import QuietSpan
from crm.models.touched import Touched

MARK = "quiet"
CAUSES = ("import", "merge", "undo", "system")
"""“system”: upkeep of derived columns; the change that made it necessary was noted when it happened."""

_cause: ContextVar[str] = ContextVar("quiet_cause", default="")


@contextmanager
def quietly(cause: str) -> Iterator[None]:
    """Inside a transaction: what is recorded and touched in the block starts no journey. "" changes nothing."""
    if not cause:
        yield
        return
    if cause not in CAUSES:
        raise LookupError(f"“{cause}” is no reason to be quiet. Known: {', '.join(CAUSES)}.")
    before, token = _last_touched(), _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)
    if (last := _last_touched()) > before:
        QuietSpan.objects.create(low=before + 1, high=last, cause=cause)


def mark() -> dict[str, str]:
    """What a row of the log carries in its data: {"quiet": "import"}, or nothing."""
    return {MARK: cause} if (cause := _cause.get()) else {}


def is_quiet(row: Interaction) -> bool:
    return bool(row.data.get(MARK))


def by_cause(rows: Iterable[Interaction]) -> Iterator[tuple[str, list[Interaction]]]:
    """Rows of the log by why they are quiet; those under "" are not."""
    return _grouped((row, row.data.get(MARK, "")) for row in rows)


def touched_by_cause(rows: list[Touched]) -> Iterator[tuple[str, list[Touched]]]:
    """The same for touched rows."""
    spans = list(QuietSpan.objects.filter(high__gte=min(r.pk for r in rows), low__lte=max(r.pk for r in rows)))
    return _grouped((row, next((span.cause for span in spans if _covers(span, row)), "")) for row in rows)


def unread_quietly(reader: str) -> QuerySet[Touched]:
    """The quiet rows of Touched that this reader has still before it."""
    at = LogCursor.objects.filter(pk=reader).first() or LogCursor(pk=reader)
    same = Q(epoch=at.epoch)
    unread = Q(epoch__gt=at.epoch) | same & Q(xid__gt=at.xid) | same & Q(xid=at.xid, pk__gt=at.position)
    span = QuietSpan.objects.filter(
        epoch=OuterRef("epoch"), xid=OuterRef("xid"), low__lte=OuterRef("pk"), high__gte=OuterRef("pk")
    )
    return Touched.objects.filter(unread, Exists(span)).order_by()


def sweep() -> int:
    """Forget the spans whose rows are swept away; answers how many."""
    inside = Touched.objects.filter(
        epoch=OuterRef("epoch"), xid=OuterRef("xid"), pk__gte=OuterRef("low"), pk__lte=OuterRef("high")
    )
    return QuietSpan.objects.filter(~Exists(inside)).delete()[0]


def _covers(span: QuietSpan, row: Touched) -> bool:
    return (span.epoch, span.xid) == (row.epoch, row.xid) and span.low <= row.pk <= span.high


def _grouped(pairs: Iterable[tuple[Any, str]]) -> Iterator[tuple[str, list[Any]]]:
    """The loud ones first: who is in both groups has come in loudly when the quiet ones are looked at."""
    groups: dict[str, list[Any]] = {}
    for row, cause in pairs:
        groups.setdefault(cause, []).append(row)
    yield from sorted(groups.items())


def _last_touched() -> int:
    """The last id that was given to a row of Touched, by whomever. Others' rows in between have another transaction."""
    table = Touched._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM crm_touched_id_seq")
        else:
            cursor.execute("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = %s), 0)", [table])
        return int(cursor.fetchone()[0])
