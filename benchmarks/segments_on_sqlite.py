"""Segments over a hundred thousand people and two million rows of the log on SQLite: is the builder still interactive?

Each count of `benchmarks.segments` against the same SQL by hand in SQLite's words (bar 1.3), the first build, and the quick
refresh after a thousand people changed. The file is made once and kept under var/.

    python -m benchmarks.segments_on_sqlite [rounds]
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import in_turn, tell
from benchmarks.segments import COUNT, QUESTIONS, _bare, _build, _count, _look_again

AT_MOST_THE_WHOLE = 1.0
"""With so few people the whole takes a tenth of a second; looking at some must not cost more."""
PEOPLE, EMAILS, DAYS = 100_000, 10, 400
COUNTRIES = ["IN", "DE", "FR", "NO", "US"]
FILE = Path(__file__).resolve().parents[1] / "var" / f"audience_{PEOPLE}.sqlite3"


def main(rounds: int = 7) -> None:
    """Prints a JSON line a bar; “ours” is in milliseconds."""
    here = _set_up()
    for name, (rule, sql) in QUESTIONS.items():
        by_hand = _in_words_of_sqlite(sql)
        assert _count(rule) == _bare(by_hand), (name, _count(rule), _bare(by_hand))
        ours, bare = in_turn([(here, partial(_count, rule)), (here, partial(_bare, by_hand))], rounds)
        tell(f"segment count on SQLite: {name}", ours, bare, COUNT, rows=PEOPLE)
    (whole,) = in_turn([(here, _build)], 3)
    (quick,) = in_turn([(here, _look_again)], 3)
    tell("segment after 1,000 touched, on SQLite", quick, whole, AT_MOST_THE_WHOLE, rows=PEOPLE)


def _in_words_of_sqlite(sql: str) -> str:
    return re.sub(r"now\(\) - interval '(\d+) days'", r"strftime('%Y-%m-%d %H:%M:%f', 'now', '-\1 days')", sql).replace(
        "%", "%%"
    )


def _set_up() -> Any:
    FILE.parent.mkdir(exist_ok=True)
    os.environ["TEST_DATABASE_URL"] = f"sqlite:///{FILE}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    here = connections["default"]
    from crm.models import Interaction

    if not Interaction.objects.exists():
        _fill()
    return here


def _fill() -> None:
    from importlib import import_module

    from django.db import connection

    from crm.log import triggers
    from crm.models import Contact, CustomField, Interaction, Message

    CustomField.objects.get_or_create(
        kind="crm.contact", key="plan", defaults={"label": "Plan", "type": "text", "is_indexed": True}
    )
    now = datetime.now(UTC)
    triggers.take_away()
    Contact.objects.bulk_create(
        (
            Contact(
                id=n,
                first_name="Asha",
                last_name=f"Person {n}",
                email=f"person{n}@customer.example",
                country=COUNTRIES[n % 5],
                custom={"plan": "basic" if n % 10 else "gold"},
            )
            for n in range(1, PEOPLE + 1)
        ),
        batch_size=500,
    )
    Message.objects.bulk_create(_messages(Message, now), batch_size=500)
    Interaction.objects.bulk_create(_log(Interaction, now), batch_size=500)
    with connection.cursor() as cursor:
        for statement in import_module("marketing.migrations.0006_engagement_of_the_past").FILL:
            cursor.execute(statement)
        cursor.execute("CREATE INDEX IF NOT EXISTS bench_plan ON crm_contact (lower(custom ->> 'plan'))")
        cursor.execute("ANALYZE")
    triggers.put_back()


def _sent() -> Iterator[tuple[int, int, int]]:
    """(message, email, contact): each email went to four people in ten."""
    pk = 0
    for email in range(1, EMAILS + 1):
        for contact in range(1, PEOPLE + 1):
            if (contact * 7 + email * 13) % 10 < 4:
                pk += 1
                yield pk, email, contact


def _sent_at(now: datetime, email: int, contact: int) -> datetime:
    return now - timedelta(days=(EMAILS - email) * DAYS // EMAILS + contact % 1000 / 1000)


def _messages(model: Any, now: datetime) -> Iterator[Any]:
    for pk, email, contact in _sent():
        at = _sent_at(now, email, contact)
        yield model(
            id=pk, key=f"s{email}:{contact}", send_key=f"s{email}", channel="email", purpose="commercial",
            contact_id=contact, address=f"person{contact}@customer.example", content_type="marketing.email",
            content_id=email, status="sent", due_at=at, sent_at=at,
        )  # fmt: skip


def _log(model: Any, now: datetime) -> Iterator[Any]:
    rows = 0
    for pk, email, contact in _sent():
        at = _sent_at(now, email, contact)
        of = {"contact_id": contact, "message_id": pk, "source_type": "marketing.email", "source_id": email}
        yield model(kind="email.sent", occurred_at=at, **of)
        yield model(kind="email.delivered", occurred_at=at, **of)
        opens = max(0, 4 - pk % 10)
        verdict = "prefetch" if pk % 11 == 0 else "human"
        for n in range(1, opens + 1):
            yield model(kind="email.opened", occurred_at=at + timedelta(hours=n * 3 + pk % 50), verdict=verdict, **of)
        if pk % 4 == 0:
            yield model(kind="email.clicked", occurred_at=at + timedelta(hours=pk % 60), verdict="human", **of)
        rows += 2 + opens + (pk % 4 == 0)
    for n in range(PEOPLE * 20 - rows):
        at = now - timedelta(days=n % DAYS, milliseconds=n)
        yield model(kind="page.visited", contact_id=1 + n * 48271 % PEOPLE, occurred_at=at, verdict="human")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
