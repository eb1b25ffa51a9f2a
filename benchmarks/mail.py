"""What the benchmarks of mail share: a database of its own, people who agreed, a content, a sink, and the bare loop of SMTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.debian import smtp_sink

CONNECTIONS = 4
TOKENS, LIQUID = 1, 2
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")
PARAGRAPH = (
    "<p>We show what changes for your team, with examples from companies like yours, and time for questions.</p>\n"
)
LINKS = "".join(f'<p><a href="https://vendor.example/page/{n}">Read more about it ({n})</a></p>\n' for n in range(5))
GREETING = (
    "<p>Dear {{ contact.first_name | default: 'reader' }} of {{ contact.account | default: 'your company' }},</p>\n"
)
CONDITIONS = (
    "{% if contact.country == 'IN' %}<p>Namaste</p>{% else %}<p>Hello</p>{% endif %}\n"
    "<ul>{% for talk in talks %}<li>{{ talk }}{% unless forloop.last %},{% endunless %}</li>{% endfor %}</ul>\n"
)
TALKS = {"talks": ["Opening", "Two on one bike", "Questions"]}

Mail = tuple[bytes, bytes]
"""The envelope (MAIL, RCPT and DATA in one go) and what follows 354, its last dot included."""


def set_up(port: int = 0, database: str = "") -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names.

    `port`: where mails are taken; 0 for none. `database`: the name of one that another process has made.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["LOG_LEVEL"] = "WARNING"
    import django
    from django.conf import settings

    url = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"
    smtp = {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": url}}
    settings.DELIVERY = {**settings.DELIVERY, **({"email": smtp} if port else {})}
    settings.DELIVERY_NOTES = Path(FOLDER.name)
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["TEST"] = {"NAME": f"{FOLDER.name}/test.sqlite3"}
    django.setup()
    from django.db import connection

    if database:
        connection.settings_dict["NAME"] = database
    else:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def people(rows: int) -> None:
    """So many contacts who agreed to commercial mail, a sender, and a mailbox for what bounces."""
    from crm.actions.consent import give_consent_many
    from crm.models import Company, Contact, Mailbox, Sender

    Company.objects.get_or_create(pk=1, defaults={"name": "Northwind", "street": "Main Street 1", "city": "Vienna"})
    Sender.objects.create(name="Northwind", email="events@northwind.example", is_default=True)
    Mailbox.objects.create(
        name="Bounces", kind=Mailbox.Kind.BOUNCES, address="bounces@northwind.example", host="imap.northwind.example"
    )
    Contact.objects.bulk_create(
        (
            Contact(
                first_name=f"Asha{n}", last_name="Rao", company_name=f"Firm {n}", country="IN", email=f"p{n}@x.example"
            )
            for n in range(rows)
        ),
        batch_size=2000,
    )
    give_consent_many(Contact.objects.all(), source="Benchmark")
    tidy()


def tidy() -> None:
    """As the database tidies up after itself in quiet minutes, so that none of it falls into a measured one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def content() -> None:
    """Registers the two contents: words with tokens, and the same with a condition and a list."""
    from crm.delivery import contents
    from crm.delivery.contents import Content

    body = f"<html><body>{GREETING}%s{PARAGRAPH * 50}{LINKS}</body></html>"
    known = {TOKENS: body % "", LIQUID: body % CONDITIONS}
    contents.register(
        "benchmark", lambda pk, version: Content("Benchmark", "{{ contact.first_name }}, see you?", known[pk])
    )


def queue(number: int, send_key: str, contacts: Any = None) -> int:
    """The content of this number to everybody, or to these; answers how many were queued."""
    from crm.delivery.queueing import queue_for
    from crm.models import Contact

    readers = Contact.objects.all() if contacts is None else contacts
    return queue_for(readers, content=("benchmark", number, 1), send_key=send_key, variables=TALKS)


def ready_made(number: int, rows: int, send_key: str) -> list[Mail]:
    """So many messages as ours would send them, made beforehand."""
    from django.utils import timezone

    from crm.delivery.packing import Packer
    from crm.models import Contact, Message

    queue(number, send_key, Contact.objects.order_by("pk")[:rows])
    messages = list(Message.objects.filter(send_key=send_key).select_related("sender"))
    parcels, failed = Packer("email").pack(messages, timezone.now())
    if failed or len(parcels) != rows:
        raise SystemExit(f"Could not be made: {failed[:1]}")
    Message.objects.filter(send_key=send_key).update(status=Message.Status.CANCELLED)
    return [
        (f"MAIL FROM:<{one.envelope_from}>\r\nRCPT TO:<{one.to}>\r\nDATA\r\n".encode(), _ended(one.data))
        for one in parcels
    ]


def _ended(data: bytes) -> bytes:
    return data.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def send_bare(port: int, mails: Sequence[Mail], connections: int = CONNECTIONS) -> None:
    """The floor: a thread a connection writes what is ready, the next envelope with each mail, and reads the replies."""
    threads = [
        threading.Thread(target=_pipelined, args=(port, mails[number::connections])) for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _pipelined(port: int, mails: Sequence[Mail]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock, sock.makefile("rb") as replies:
        replies.readline()
        sock.sendall(b"EHLO floor.example\r\n")
        while replies.readline()[3:4] == b"-":
            pass
        sock.sendall(mails[0][0])
        for place, (_, data) in enumerate(mails):
            for _ in range(3):
                replies.readline()
            following = mails[place + 1][0] if place + 1 < len(mails) else b"QUIT\r\n"
            sock.sendall(data + following)
            if replies.readline()[:1] != b"2":
                raise SystemExit("The sink refused a message of the floor.")


def deliver_all() -> None:
    """One run lasts at most a minute; the nudge begins the next."""
    from django.utils import timezone

    from crm.delivery.sending import deliver, is_due

    while is_due("email", timezone.now()):
        deliver("email", timezone.now())


class Sink:
    """postfix's smtp-sink, installed where we may; else aiosmtpd in a process of its own, and `fell_back` says so."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        found = smtp_sink()
        self.name = "smtp-sink" if found else "aiosmtpd"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        slow = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c", "aiosmtpd.handlers.Sink"]
        self._process = subprocess.Popen([found, *user, f"127.0.0.1:{self.port}", "200"] if found else slow)

    def __enter__(self) -> Sink:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.1)
        raise SystemExit("The sink does not answer.")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def fell_back(self) -> dict[str, str]:
        said = f"There is no smtp-sink here (apt-get install postfix). {self.name} is slow, which flatters the ratio."
        return {} if self.name == "smtp-sink" else {"fell_back": said}


def timed(work: Callable[..., Any], *args: Any) -> float:
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start
