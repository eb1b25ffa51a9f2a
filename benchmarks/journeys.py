"""Participants of a six-step journey, in steps a second, against bare SQL that moves the same rows.

Ours: the engine, from the first step to the last (wait, branch, update a field, split, wait, end), in batches of 1,000.
Floor: the same diary rows, moves, field update and rows of the log, by one statement each a step and batch, nothing
judged. Ours and floor in turn, medians.

    python -m benchmarks.journeys [people] [rounds]        TEST_DATABASE_URL names the database, else a file of SQLite
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

BAR = 0.20
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")


def main(people: int = 20_000, rounds: int = 3) -> None:
    """Prints one JSON line."""
    _set_up()
    from django.db import connection

    journey, contacts = _journey(people)
    ours, floor, steps = [], [], 0
    for _ in range(rounds):
        _enter(journey, contacts)
        seconds, steps = _timed(_advance)
        ours.append(steps / seconds)
        _enter(journey, contacts)
        seconds, _ = _timed(lambda: _bare(journey))
        floor.append(steps / seconds)
    rate, bare = statistics.median(ours), statistics.median(floor)
    line = {
        "name": "journey_steps",
        "engine": connection.vendor,
        "rows": steps,
        "ours": round(rate),
        "floor": round(bare),
        "ratio": round(rate / bare, 3),
        "bar": BAR,
        "ok": rate / bare >= BAR,
        "versions": {"python": platform.python_version(), "database": str(connection.get_database_version())},
    }
    print(json.dumps(line))
    _tear_down()


def _set_up() -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names."""
    os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)


def _tear_down() -> None:
    from django.db import connection

    connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _timed(work):
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def _journey(people: int):
    from crm.models import Contact
    from tests.factories.journeys import live_journey, node

    in_india = {"test": "country", "op": "is_any_of", "value": ["IN"]}
    nodes = {
        "wait": node("wait_for", amount=1, unit="minutes"),
        "where": node("branch", branches=[{"outcome": "yes", "label": "India", "rule": in_india}]),
        "mark": node("update_field", field="origin", value="Journey"),
        "split": node("random_split", percent=50),
        "later": node("wait_for", amount=1, unit="minutes"),
        "end": node("end"),
        "no": node("end"),
        "b": node("end"),
    }
    edges = [
        ["entry", "next", "wait"],
        ["wait", "next", "where"],
        ["where", "yes", "mark"],
        ["where", "else", "no"],
        ["mark", "next", "split"],
        ["split", "a", "later"],
        ["split", "b", "b"],
        ["later", "next", "end"],
    ]
    journey = live_journey(nodes, edges, now=NOON, again="always")
    contacts = Contact.objects.bulk_create(
        (
            Contact(last_name=f"C{n}", email=f"c{n}@bench.example", country="IN" if n % 5 else "DE")
            for n in range(people)
        ),
        batch_size=1000,
    )
    return journey, [contact.pk for contact in contacts]


def _enter(journey, contacts) -> None:
    from crm.models import Contact, Interaction
    from journeys.entering import Arrival, admit
    from journeys.models import Participant, Passage, Visit

    for model in (Visit, Passage, Participant, Interaction):
        model.objects.all().delete()
    Contact.objects.update(origin="")
    admit(journey, [Arrival(pk, "bench", NOON) for pk in contacts], NOON)


def _advance() -> int:
    from journeys import engine

    return sum(engine.advance(NOON + timedelta(minutes=minute), seconds=3600) for minute in (1, 2))


def _bare(journey) -> None:
    """The same rows: per step and batch one diary insert and one move; the field; the log at the end."""
    from django.db import connection, transaction

    from journeys.models import Participant

    now = connection.ops.adapt_datetimefield_value(NOON)
    alive = list(Participant.objects.order_by("pk").values_list("pk", flat=True))
    for step, share in (("wait", 1.0), ("where", 1.0), ("mark", 0.8), ("split", 0.8), ("later", 0.4), ("end", 1.0)):
        part = alive[: int(len(alive) * share)]
        for start in range(0, len(part), 1000):
            listed = ",".join(map(str, part[start : start + 1000]))
            with transaction.atomic(), connection.cursor() as sql:
                sql.execute(
                    "INSERT INTO journeys_visit (participant_id, node, number, outcome, arrived_at, at)"
                    f" SELECT id, %s, visit, 'next', arrived_at, %s FROM journeys_participant WHERE id IN ({listed})",
                    [step, now],
                )
                if step == "mark":
                    sql.execute(
                        "UPDATE crm_contact SET origin = 'Journey', updated_at = %s WHERE id IN"
                        f" (SELECT contact_id FROM journeys_participant WHERE id IN ({listed}))",
                        [now],
                    )
                if step == "end":
                    sql.execute(
                        "INSERT INTO crm_interaction (kind, contact_id, visitor, source_type, source_id, data, occurred_at,"
                        " key, verdict, verdict_version)"
                        " SELECT 'journey.ended', contact_id, '', 'journeys.journey', journey_id, '{}', %s,"
                        f" 'journey.ended:' || id, '', 0 FROM journeys_participant WHERE id IN ({listed})".replace(
                            "'{}'", "'{}'::jsonb" if connection.vendor == "postgresql" else "'{}'"
                        ),
                        [now],
                    )
                    sql.execute(
                        f"UPDATE journeys_participant SET status = 'done', due_at = NULL, left_at = %s WHERE id IN ({listed})",
                        [now],
                    )
                else:
                    sql.execute(
                        "UPDATE journeys_participant SET node = %s, visit = visit + 1, status = 'ready', due_at = %s,"
                        f" arrived_at = %s WHERE id IN ({listed})",
                        [f"{step}+", now, now],
                    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
