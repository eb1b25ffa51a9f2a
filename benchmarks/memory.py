"""The memory of a worker over a send of 500,000: what it holds after the first 10,000 mails against the most it ever holds.

The worker is a process of its own; mails go over four connections to the sink. The bar: 50 MB more.

    python -m benchmarks.memory [rows]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import multiprocessing
import platform
import sys
import time
from typing import Any

import psutil

from benchmarks import mail

BAR_MB, FIRST = 50, 10_000
MB = 1024 * 1024


def main(rows: int = 500_000) -> None:
    """Prints a JSON line."""
    with mail.Sink() as sink:
        mail.set_up(sink.port)
        mail.content()
        mail.people(rows)
        mail.queue(mail.TOKENS, "send:memory")
        mail.tidy()
        begun, most = _watch(sink.port, min(FIRST, rows // 10))
    from django.db import connection

    line: dict[str, Any] = {"name": "send_memory_mb", "engine": connection.vendor, "rows": rows}
    line |= {"ours": round(most / MB, 1), "floor": round(begun / MB, 1), "ratio": round(most / begun, 2)}
    more = (most - begun) / MB
    line |= {"more": round(more, 1), "bar": BAR_MB, "ok": more <= BAR_MB}
    print(json.dumps({**line, "versions": {"python": platform.python_version()}}), flush=True)


def _watch(port: int, first: int) -> tuple[int, int]:
    """Bytes that the worker holds after the first mails, and at most."""
    from django.db import connection

    from crm.models import Message

    database = connection.settings_dict["NAME"]
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(port, database))
    worker.start()
    process, begun, most = psutil.Process(worker.pid), 0, 0
    while worker.is_alive():
        held = process.memory_info().rss
        if begun:
            most = max(most, held)
        elif Message.objects.filter(status="sent").count() >= first:
            begun = most = held
        time.sleep(0.5)
    left = Message.objects.exclude(status="sent").count()
    if worker.exitcode or left or not begun:
        raise SystemExit(f"{left} were not sent.")
    return begun, most


def _work(port: int, database: str) -> None:
    mail.set_up(port, database)
    mail.content()
    mail.deliver_all()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
