"""500,000 messages queued, against the bare INSERT … SELECT that writes the same rows into the same table.

At one moment for everybody, and at nine o’clock where each reader lives. Ours and floor in turn, medians; the bar is 3.

    python -m benchmarks.queueing [rows] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import platform
import statistics
import sys
import uuid
from datetime import timedelta
from typing import Any

from benchmarks import mail

BAR = 3.0
RANDOM = {"postgresql": "replace(gen_random_uuid()::text, '-', '')", "sqlite": "lower(hex(randomblob(16)))"}
BARE = """
    INSERT INTO crm_message (key, send_key, channel, purpose, contact_id, address, sender_id, content_type, content_id,
        content_version, variables, variant, message_id, status, reason, due_at, is_urgent, attempts, provider_ref, created_at)
    SELECT '{key}:email:' || c.id, '{key}', 'email', 'commercial', c.id, c.email_normal, {sender}, 'benchmark', 1, 1, '{{}}', '',
        '<' || {random} || '@northwind.example>', 'due', '', '{now}', {no}, 0, '', '{now}'
    FROM crm_contact c ORDER BY c.id
"""


def main(rows: int = 500_000, rounds: int = 3) -> None:
    """Prints a JSON line for each way to say when."""
    mail.set_up()
    mail.content()
    mail.people(rows)
    ours: dict[str, list[float]] = {"queue": [], "queue_local": []}
    floor: list[float] = []
    for _ in range(rounds):
        floor.append(_once(_bare, rows))
        ours["queue"].append(_once(_at_once, rows))
        ours["queue_local"].append(_once(_local, rows))
    for name, spent in ours.items():
        print(json.dumps(_line(name, rows, spent, floor)), flush=True)


def _line(name: str, rows: int, spent: list[float], floor: list[float]) -> dict[str, Any]:
    from django.db import connection

    mine, bare = statistics.median(spent), statistics.median(floor)
    line: dict[str, Any] = {"name": name, "engine": connection.vendor, "rows": rows}
    line |= {"ours": round(rows / mine), "floor": round(rows / bare), "ratio": round(mine / bare, 2)}
    line |= {"turns": [round(one / other, 2) for one, other in zip(spent, floor, strict=True)]}
    return {**line, "bar": BAR, "ok": mine / bare <= BAR, "versions": {"python": platform.python_version()}}


def _once(work: Any, rows: int) -> float:
    """Seconds; the table is empty before."""
    from django.db import connection

    from crm.models import Message

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE crm_message CASCADE" if connection.vendor == "postgresql" else "DELETE FROM crm_message"
        )
    mail.tidy()
    spent = mail.timed(work)
    if (made := Message.objects.count()) != rows:
        raise SystemExit(f"{made} messages of {rows}")
    return spent


def _at_once() -> None:
    mail.queue(mail.TOKENS, f"send:{uuid.uuid4().hex}")


def _local() -> None:
    from django.utils import timezone

    from crm.delivery import timing
    from crm.delivery.queueing import queue_for
    from crm.models import Contact

    start = timezone.now() + timedelta(hours=1)
    wall = start.replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
    people = Contact.objects.all()
    due_at = timing.when_local(timing.places_of(people), wall, start)
    queue_for(people, content=("benchmark", 1, 1), send_key=f"send:{uuid.uuid4().hex}", due_at=due_at)


def _bare() -> None:
    from django.db import connection
    from django.utils import timezone

    from crm.models import Sender

    said = {
        "key": f"send:{uuid.uuid4().hex}",
        "random": RANDOM[connection.vendor],
        "now": timezone.now().isoformat(" "),
    }
    no = "false" if connection.vendor == "postgresql" else "0"
    with connection.cursor() as cursor:
        cursor.execute(BARE.format(**said, sender=Sender.objects.values_list("pk", flat=True).get(), no=no))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
