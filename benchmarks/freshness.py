"""A hundred segments kept fresh while five hundred things a second happen to a million people: how far behind they are.

One process writes the log at that rate, one keeps the segments as a worker does. The bar: at most ten seconds behind, at the
end and at worst.

    python -m benchmarks.freshness [seconds] [people]
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from typing import Any

RATE, SEGMENTS, BAR = 500, 100, 10.0
READERS = ("marketing.segments", "marketing.segments.touched")


def main(seconds: int = 30, people: int = 1_000_000) -> None:
    """Prints a JSON line."""
    _set_up(people)
    from django.db import connection

    _segments()
    _read_all()
    connection.close()
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(seconds, people))
    writer.start()
    worst, behind = 0.0, 0.0
    while writer.is_alive() or behind > 0.5:
        _read_once()
        behind = _behind()
        worst = max(worst, behind)
        time.sleep(0.2)
    writer.join()
    line = {
        "name": "segments' freshness, seconds behind",
        "engine": connection.vendor,
        "rows": people,
        "ours": round(worst, 1),
    }
    print(json.dumps({**line, "bar": BAR, "ok": worst <= BAR}), flush=True)


def _set_up(people: int) -> None:
    import os

    from benchmarks import company

    os.environ["TEST_DATABASE_URL"] = company.SERVER
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from benchmarks import audience

    audience.use(people)


def _segments() -> None:
    """Half by behaviour, half by facts and by segments."""
    from django.utils import timezone

    from marketing.actions.membership import refresh
    from marketing.models import Segment

    Segment.objects.filter(name__startswith="Fresh ").delete()
    countries = ["IN", "DE", "FR", "NO", "US"]
    first = None
    for n in range(SEGMENTS):
        fact: dict[str, Any] = {"test": "country", "op": "is", "value": countries[n % 5]}
        did: dict[str, Any] = {"did": ["email.opened", "email.clicked", "page.visited"][n % 3], "within_days": 1 + n}
        rule = {"all": [fact, did]} if n % 2 else {"all": [fact, {"test": "job_title", "op": "is_empty"}]}
        if n % 10 == 8 and first:
            rule = {"all": [{"test": "segment", "op": "is", "value": first}, did]}
        segment = Segment.objects.create(name=f"Fresh {n}", rule=rule)
        first = first or segment.pk
        refresh(segment.pk, timezone.now())


def _write(seconds: int, people: int) -> None:
    _set_up(people)
    from crm.log.recording import entry, record_many

    chance = random.Random(5)
    begun, told = time.monotonic(), 0
    while (spent := time.monotonic() - begun) < seconds:
        due = int(spent * RATE) - told
        kinds = ["email.opened", "email.clicked", "page.visited"]
        record_many(
            [entry(chance.choice(kinds), contact=chance.randint(1, people), verdict="human") for _ in range(due)]
        )
        told += due
        time.sleep(0.05)


def _read_all() -> None:
    """From here on; what stands in the log already was read long ago."""
    from crm.log.positions import after
    from crm.log.reading import readers
    from crm.models import LogCursor

    for name in READERS:
        reader = readers.get(name)
        LogCursor.objects.update_or_create(pk=name, defaults=after(reader.table))


def _read_once() -> None:
    from crm.log.reading import read_forward, readers

    for name in READERS:
        read_forward(readers.get(name))


def _behind() -> float:
    """The age of the oldest row of the log that the segments have not seen."""
    from django.utils import timezone

    from crm.log.positions import behind
    from crm.models import Interaction, LogCursor

    cursor = LogCursor.objects.get(pk=READERS[0])
    oldest = behind(cursor, Interaction)[:1]
    row = next(iter(oldest), None)
    return (timezone.now() - row.occurred_at).total_seconds() if row else 0.0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
