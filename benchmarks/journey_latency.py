"""From a trigger to the first step: a hundred triggers a second, a real supervisor and worker; how long each person waited.

What happened is written to the log at that rate by this process; the worker reads it, lets the person in and takes the first
step, whose diary has the moment. The bar: five seconds at the 95th percentile.

    python -m benchmarks.journey_latency [seconds] [rate]
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory

BAR = 5.0
FOLDER = TemporaryDirectory(prefix="tandem-bench-")
REST = 60
"""Seconds that the worker gets at the end to come after."""


def main(seconds: int = 60, rate: int = 100) -> None:
    """Prints a JSON line; times in seconds."""
    _set_up()
    from django.db import connection

    from tests.worker import Worker

    people = _people(seconds * rate)
    journey = _journey()
    with Worker():
        _warm(people.pop(), journey)
        late = _write(people, rate)
        _wait_for(len(people) + 1)
    waited = sorted(_waited())
    p95 = waited[int(len(waited) * 0.95) - 1]
    line = {
        "name": "journey latency, trigger to first step, seconds at p95",
        "engine": connection.vendor,
        "rows": len(waited),
        "rate": round(len(people) / late, 1),
        "ours": round(p95, 2),
        "median": round(statistics.median(waited), 2),
        "worst": round(waited[-1], 2),
        "bar": BAR,
        "ok": p95 <= BAR and len(waited) == len(people),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"python": platform.python_version(), "database": str(connection.get_database_version())},
    }
    print(json.dumps(line), flush=True)
    connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _set_up() -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names.

    One that stands there already is used again: BENCH_KEEPS=1.
    """
    os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.sqlite3")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connection

    keeps = bool(os.environ.get("BENCH_KEEPS"))
    connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=keeps)


def _people(many: int) -> list[int]:
    from crm.models import Contact

    rows = (Contact(last_name=f"C{n}", email=f"c{n}@bench.example", country="IN") for n in range(many + 1))
    return [contact.pk for contact in Contact.objects.bulk_create(rows, batch_size=1000)]


def _journey():
    from django.utils import timezone

    from tests.factories.journeys import live_journey, node

    nodes = {"mark": node("update_field", field="origin", value="Journey"), "end": node("end")}
    gold = [{"field": "plan", "op": "is", "value": "gold"}]
    return live_journey(nodes, entry="interaction", kind="trigger.received", where=gold, now=timezone.now())


def _warm(person: int, journey) -> None:
    """The worker has started once the first person is through."""
    _record([person])
    _wait_for(1)


def _record(people: list[int]) -> None:
    """One statement and one commit for each, as one call of the API each would make."""
    from crm.log.recording import record_alone

    for person in people:
        record_alone("trigger.received", contact=person, data={"plan": "gold"})


def _write(people: list[int], rate: int) -> float:
    """All of them, at that rate; answers the seconds it took."""
    begun, told = time.monotonic(), 0
    while told < len(people):
        due = min(len(people), int((time.monotonic() - begun) * rate) + 1)
        _record(people[told:due])
        told = due
        time.sleep(0.005)
    return time.monotonic() - begun


def _wait_for(many: int) -> None:
    from journeys.models import Visit

    end = time.monotonic() + REST
    while Visit.objects.filter(node="mark").count() < many and time.monotonic() < end:
        time.sleep(0.2)


def _waited() -> list[float]:
    """From the row of the log to the first step, of everybody but who warmed it."""
    from journeys.models import Visit

    steps = Visit.objects.filter(node="mark").order_by("pk").values_list("at", "participant__entered_at")
    moments: list[tuple[datetime, datetime]] = list(steps)[1:]
    return [(at - happened) / timedelta(seconds=1) for at, happened in moments]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
