"""Reading the log forward: a cursor a reader, moved in the transaction of the reader's effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from crm import jobs
from crm.hooks.registry import Registry
from crm.log.positions import after, behind, is_restored
from crm.models.interactions import Interaction, LogCursor, SetAside

FULL_BATCH = 500
TRIES = 3


@dataclass(frozen=True)
class Reader:
    """`handle(rows, now)` digests a batch in one transaction; it must be able to see a row twice after a failure.

    `kinds` narrows what it gets; empty means everything. A new reader starts at the end of the log
    unless `from_start`. `table` is the log, or another table that is read by cursor (Touched has no kinds).
    """

    name: str
    handle: Callable[[list[Any], datetime], None]
    kinds: Callable[[], Iterable[str]] | None = None
    from_start: bool = True
    table: type[Model] = Interaction


readers: Registry[Reader] = Registry("log reader")


def register(reader: Reader) -> None:
    """From now on the reader is nudged whenever there is a row behind its cursor."""
    readers.register(reader.name, reader)
    jobs.register_sweep("crm.tasks.read_log", lambda now: has_news(reader), reader.name)


def has_news(reader: Reader) -> bool:
    """Is there a row behind the reader's cursor? Cheap enough to ask every second."""
    return is_behind(reader, LogCursor.objects.filter(pk=reader.name).first())


def is_behind(reader: Reader, cursor: LogCursor | None) -> bool:
    """The same for who has the cursor in hand."""
    return cursor is None or behind(cursor, reader.table).exists()


def read_forward(reader: Reader, now: datetime | None = None, batches: int = 20) -> int:
    """Read up to `batches` batches; answers how many rows were read. Two workers never read for one reader at once.

    Stops, and says so on the cursor, where the database was restored from a dump (see `manage.py new_epoch`).
    """
    read = 0
    for _ in range(batches):
        count = _read_batch(reader, now or timezone.now())
        read += count
        if not count:
            break
    return read


def _read_batch(reader: Reader, now: datetime) -> int:
    LogCursor.objects.get_or_create(pk=reader.name, defaults={} if reader.from_start else after(reader.table))
    try:
        with transaction.atomic():
            cursor = _locked_cursor(reader.name)
            if cursor is None:
                return 0
            if is_restored(cursor, reader.table):
                LogCursor.objects.filter(pk=cursor.pk).update(
                    problem="This database was restored from a dump; run “manage.py new_epoch”."
                )
                return 0
            rows = list(behind(cursor, reader.table)[: cursor.batch])
            if not rows:
                return 0
            wanted = set(reader.kinds()) if reader.kinds else None
            chosen = [row for row in rows if wanted is None or row.kind in wanted]
            if chosen:
                reader.handle(chosen, now)
            last = rows[-1]
            cursor.epoch, cursor.xid, cursor.position = last.epoch, last.xid, last.pk
            cursor.failures, cursor.problem, cursor.moved_at = 0, "", now
            cursor.batch = min(FULL_BATCH, cursor.batch * 2)
            cursor.save()
            return len(rows)
    except OperationalError:
        raise  # the database is away or busy: the next nudge tries again, and no row is to blame
    except Exception as problem:
        return _failed(reader, problem)


def _locked_cursor(name: str) -> LogCursor | None:
    cursors = LogCursor.objects.filter(pk=name)
    if connection.features.has_select_for_update_skip_locked:
        cursors = cursors.select_for_update(skip_locked=True)
    return cursors.first()  # on SQLite the transaction itself is the lock: it is IMMEDIATE


@transaction.atomic
def _failed(reader: Reader, problem: Exception) -> int:
    """After three failures the batch is halved; a batch of one that still fails is set aside with its reason."""
    cursor = _locked_cursor(reader.name)
    if cursor is None:
        return 0
    cursor.failures += 1
    cursor.problem = f"{type(problem).__name__}: {problem}"[:2000]
    skipped = 0
    if cursor.failures >= TRIES:
        rows = list(behind(cursor, reader.table)[: cursor.batch])
        if len(rows) == 1:
            about = rows[0] if isinstance(rows[0], Interaction) else None
            SetAside.objects.get_or_create(
                reader=reader.name, row=rows[0].pk, defaults={"interaction": about, "reason": cursor.problem}
            )
            cursor.epoch, cursor.xid, cursor.position = rows[0].epoch, rows[0].xid, rows[0].pk
            cursor.failures = 0
            skipped = 1
        else:
            cursor.batch = max(1, len(rows) // 2)
    cursor.save()
    return skipped
