"""Opens and clicks taken in by the web server as it runs with us, against a bare view with an insert a hit; the bar is 50 %.

Ours: middleware and all, the message and its reader's wish looked up, the hit judged and committed, then answered. Floor:
the same server, a view without middleware that checks a token, inserts a row and commits. Eight readers ask over kept
connections, ours and floor in turn, medians. Everything that was answered must stand in the log.

    python -m benchmarks.hits [hits] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import mail

BAR = 0.5
READERS, MESSAGES = 8, 2_000
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"


def main(hits: int = 4_000, rounds: int = 5) -> None:
    """Prints a JSON line for opens and one for clicks."""
    mail.set_up()
    mail.content()
    mail.people(MESSAGES)
    addresses = _addresses(hits)
    servers = {name: Server(f"{name}:application") for name in ("config.wsgi", "benchmarks.bare_view")}
    try:
        for server in servers.values():
            server.wait()
        ours, bare = servers.values()
        for kind in ("open", "click"):
            _measure(kind, addresses[kind], addresses["bare"], ours, bare, rounds)
    finally:
        for server in servers.values():
            server.stop()


def _measure(kind: str, mine: list[str], floor: list[str], ours: Any, bare: Any, rounds: int) -> None:
    from django.db import connection

    from crm.models import Interaction

    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        begun = Interaction.objects.count()
        for server, paths, found in ((ours, mine, rates[0]), (bare, floor, rates[1])):
            rate = len(paths) / mail.timed(_hit, server.port, paths)
            if turn:  # the first turn warms both
                found.append(rate)
        if (kept := Interaction.objects.count() - begun) != len(mine) + len(floor):
            raise SystemExit(f"{kept} hits stand in the log of {len(mine) + len(floor)} that were answered.")
    rate, limit = map(statistics.median, rates)
    line: dict[str, Any] = {"name": f"hits_{kind}", "engine": connection.vendor, "rows": len(mine)}
    line |= {"ours": round(rate), "floor": round(limit), "ratio": round(rate / limit, 3)}
    line |= {"turns": [round(one / other, 3) for one, other in zip(*rates, strict=True)]}
    line |= {"bar": BAR, "ok": rate / limit >= BAR, "versions": {"python": platform.python_version()}}
    print(json.dumps(line), flush=True)


def _addresses(hits: int) -> dict[str, list[str]]:
    """Hits of sent messages, each message by turns; few enough of each that none is taken for a flood."""
    from django.utils import timezone

    from crm.delivery import tokens
    from crm.models import Message, TrackedLink

    mail.queue(mail.TOKENS, "send:hits")
    Message.objects.update(status="sent", sent_at=timezone.now())
    link = TrackedLink.objects.create(content_type="benchmark", content_id=1, url="https://vendor.example/page/1")
    sent = list(Message.objects.values_list("pk", "contact_id"))
    many = [sent[number % len(sent)] for number in range(hits)]
    return {
        "open": [f"/t/o/{tokens.for_open(pk)}.gif" for pk, _ in many],
        "click": [f"/t/c/{tokens.for_click(pk, link.pk)}?p=1" for pk, _ in many],
        "bare": [f"/bare/{tokens.for_open(pk)}/{contact}" for pk, contact in many],
    }


def _hit(port: int, paths: Sequence[str]) -> None:
    threads = [threading.Thread(target=_read, args=(port, paths[number::READERS])) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _read(port: int, paths: Sequence[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for path in paths:
        connection.request("GET", path, headers={"User-Agent": AGENT})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 302):
            raise SystemExit(f"{path} is answered by {answer.status}.")


class Server:
    """One of the web server's processes, with the threads that it has with us (crm/supervisor.py)."""

    def __init__(self, application: str) -> None:
        from crm.supervisor import web
        from scripts.test import free_port

        self.port = free_port()
        command = [
            application if part == "config.wsgi:application" else part for part in web("127.0.0.1", self.port).command
        ]
        self._process = subprocess.Popen(command, env={**os.environ, **_environment()})

    def wait(self) -> None:
        for _ in range(600):
            try:
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=5).request("GET", "/")
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise SystemExit("The web server does not answer.")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def _environment() -> dict[str, str]:
    from tests.worker import environment

    return environment()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
