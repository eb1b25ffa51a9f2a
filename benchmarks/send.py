"""1,000 messages from queued rows to stored results, against a bare loop over one open SMTP connection.

Ours: one INSERT … SELECT, the claim with its decisions, MIME filled for each person with signed links, SMTP, results and
the log in bulk; once with plain tokens, once with Liquid for each message. Floor: smtplib sends the very same ready-made
messages, one after the other, to the same sink: postfix's smtp-sink, installed where we may; else aiosmtpd in a process
of its own, and the line says so. The bar is 25 %. Ours and floor in turn, medians.

    python -m benchmarks.send [rows] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import os
import platform
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.debian import smtp_sink

BAR = 0.25
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")
PARAGRAPH = (
    "<p>We show what changes for your team, with examples from companies like yours, and time for questions.</p>\n"
)
LINKS = "".join(f'<p><a href="https://vendor.example/page/{n}">Read more about it ({n})</a></p>\n' for n in range(5))
GREETING = (
    "<p>Dear {{ contact.first_name | default: 'reader' }} of {{ contact.account | default: 'your company' }},</p>\n"
)
CONDITION = "{% if contact.country == 'IN' %}<p>Namaste</p>{% else %}<p>Hello</p>{% endif %}\n"


def main(rows: int = 1000, rounds: int = 5) -> None:
    """Prints a JSON line for each of the two ways to fill a mail."""
    sink, port, name = _sink()
    try:
        _set_up(port)
        _people(rows)
        for number, path in enumerate(("tokens", "liquid"), start=1):
            _measure(path, number, rows, rounds, port, name)
    finally:
        sink.terminate()
        sink.wait()


def _measure(path: str, number: int, rows: int, rounds: int, port: int, sink: str) -> None:
    from django.db import connection

    from crm.delivery.providers import forget_providers, provider_of

    ours, floor = [], []
    for turn in range(rounds + 1):
        ready = _ready_made(number, rows, f"{path}:ready:{turn}")
        mine = rows / _timed(_send, number, rows, f"{path}:{turn}")
        bare = rows / _timed(_send_bare, ready, port)
        if turn:  # the first turn warms both
            ours.append(mine)
            floor.append(bare)
    provider_of("email").close()
    forget_providers()
    rate, limit = statistics.median(ours), statistics.median(floor)
    line = {
        "name": f"send_{path}",
        "engine": connection.vendor,
        "rows": rows,
        "ours": round(rate),
        "floor": round(limit),
        "ratio": round(rate / limit, 3),
        "bar": BAR,
        "ok": rate / limit >= BAR,
        "versions": {"python": platform.python_version(), "sink": sink},
    }
    if sink != "smtp-sink":
        line["fell_back"] = (
            f"There is no smtp-sink here (apt-get install postfix). {sink} is slow, which flatters the ratio."
        )
    print(json.dumps(line), flush=True)


def _send(number: int, rows: int, send_key: str) -> None:
    from django.utils import timezone

    from crm.delivery.queueing import queue_for
    from crm.delivery.sending import deliver
    from crm.models import Contact, Message

    queued = queue_for(Contact.objects.all(), content=("benchmark", number, 1), send_key=send_key)
    deliver("email", timezone.now())
    sent = Message.objects.filter(send_key=send_key, status="sent").count()
    if not queued == sent == rows:
        raise SystemExit(f"{queued} queued, {sent} sent of {rows}")


def _ready_made(number: int, rows: int, send_key: str) -> list[tuple[str, str, bytes]]:
    """The messages as ours would send them, made beforehand: (from, to, data)."""
    from django.utils import timezone

    from crm.delivery.packing import Packer
    from crm.delivery.queueing import queue_for
    from crm.models import Contact, Message

    queue_for(Contact.objects.all(), content=("benchmark", number, 1), send_key=send_key)
    messages = list(Message.objects.filter(send_key=send_key).select_related("sender", "contact"))
    parcels, failed = Packer("email").pack(messages, timezone.now())
    if failed or len(parcels) != rows:
        raise SystemExit(f"Could not be made: {failed[:1]}")
    Message.objects.filter(send_key=send_key).update(status=Message.Status.CANCELLED)
    return [(parcel.sent_from, parcel.to, parcel.data) for parcel in parcels]


def _send_bare(ready: list[tuple[str, str, bytes]], port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for sent_from, to, data in ready:
            smtp.sendmail(sent_from, [to], data)


def _timed(work, *args) -> float:
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start


def _people(rows: int) -> None:
    from crm.actions.consent import give_consent_many
    from crm.delivery import contents
    from crm.delivery.contents import Content
    from crm.models import Company, Contact, Sender

    Company.objects.get_or_create(pk=1, defaults={"name": "Northwind", "street": "Main Street 1", "city": "Vienna"})
    Sender.objects.create(name="Northwind", email="events@northwind.example", is_default=True)
    Contact.objects.bulk_create(
        Contact(first_name=f"Asha{n}", last_name="Rao", company_name=f"Firm {n}", country="IN", email=f"p{n}@x.example")
        for n in range(rows)
    )
    give_consent_many(Contact.objects.all(), source="Benchmark")
    body = f"<html><body>{GREETING}%s{PARAGRAPH * 50}{LINKS}</body></html>"
    known = {1: body % "", 2: body % CONDITION}
    contents.register(
        "benchmark", lambda pk, version: Content("Benchmark", "{{ contact.first_name }}, see you?", known[pk])
    )


def _sink() -> tuple[subprocess.Popen, int, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = smtp_sink()
    if found:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = subprocess.Popen([found, *user, f"127.0.0.1:{port}", "200"])
    else:
        arguments = ["-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
        process = subprocess.Popen([sys.executable, "-m", "aiosmtpd", *arguments])
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port, "smtp-sink" if found else "aiosmtpd"
        time.sleep(0.1)
    raise SystemExit("The sink does not answer.")


def _set_up(port: int) -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["LOG_LEVEL"] = "WARNING"
    import django
    from django.conf import settings

    settings.DELIVERY = {
        **settings.DELIVERY,
        "email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": f"smtp://127.0.0.1:{port}"}},
    }
    settings.DELIVERY_NOTES = Path(FOLDER.name)
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["TEST"] = {"NAME": f"{FOLDER.name}/test.sqlite3"}
    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
