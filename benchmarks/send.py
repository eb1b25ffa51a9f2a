"""50,000 personalised, tracked mails from the queued row to the stored result, against the bare pipelined loop.

Ours: the claim with its decisions (consent as it is at that moment), MIME filled for each person with signed links, a return
path of its own, SMTP over four connections, results and the log; once with tokens alone, once with a condition and a list
(Liquid for each message). Floor: the same messages, ready-made (5,000 of them, again and again), pipelined over four
connections to the same sink. Ours and floor in turn, medians. The bars: 40 % and 15 %.

    python -m benchmarks.send [rows] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import platform
import statistics
import sys
from itertools import cycle, islice
from typing import Any

from benchmarks import mail

READY = 5_000
WARM = 1_000
BARS = {"tokens": (mail.TOKENS, 0.40), "liquid": (mail.LIQUID, 0.15)}


def main(rows: int = 50_000, rounds: int = 3) -> None:
    """Prints a JSON line for each of the two ways to fill a mail."""
    with mail.Sink() as sink:
        mail.set_up(sink.port)
        mail.content()
        mail.people(rows)
        for path, (number, bar) in BARS.items():
            _measure(path, number, bar, rows, rounds, sink)


def _measure(path: str, number: int, bar: float, rows: int, rounds: int, sink: mail.Sink) -> None:
    from crm.delivery.providers import forget_providers, provider_of

    ready = mail.ready_made(number, min(READY, rows), f"send:{path}:ready")
    floor_of = list(islice(cycle(ready), rows))
    _send(number, f"send:{path}:warm", min(WARM, rows))
    mail.send_bare(sink.port, ready[:WARM])
    ours, floor = [], []
    for turn in range(rounds):
        ours.append(rows / _send(number, f"send:{path}:{turn}", rows))
        floor.append(rows / mail.timed(mail.send_bare, sink.port, floor_of))
    provider_of("email").close()
    forget_providers()
    print(json.dumps(_line(path, bar, rows, ours, floor, sink)), flush=True)


def _line(path: str, bar: float, rows: int, ours: list[float], floor: list[float], sink: mail.Sink) -> dict[str, Any]:
    from django.db import connection

    rate, limit = statistics.median(ours), statistics.median(floor)
    line: dict[str, Any] = {"name": f"send_{path}", "engine": connection.vendor, "rows": rows}
    line |= {"ours": round(rate), "floor": round(limit), "ratio": round(rate / limit, 3)}
    line |= {"turns": [round(mine / bare, 3) for mine, bare in zip(ours, floor, strict=True)]}
    line |= {"bar": bar, "ok": rate / limit >= bar}
    line |= {"versions": {"python": platform.python_version(), "sink": sink.name}, **sink.fell_back}
    return line


def _send(number: int, send_key: str, rows: int) -> float:
    """Seconds from queued to stored."""
    from crm.models import Contact, Interaction, Message

    queued = mail.queue(number, send_key, Contact.objects.order_by("pk")[:rows])
    mail.tidy()
    spent = mail.timed(mail.deliver_all)
    sent = Message.objects.filter(send_key=send_key, status="sent").count()
    told = Interaction.objects.filter(kind="email.sent", message__send_key=send_key).count()
    if not queued == sent == told == rows:
        raise SystemExit(f"{queued} queued, {sent} sent, {told} told of {rows}")
    return spent


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
