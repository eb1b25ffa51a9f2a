"""The search for duplicates over a million contacts, against the bare SQL that groups them by the same forms.

Ours: every rule in slices, pairs written with their reasons, progress kept, as the worker does it: once over a fresh base,
where every pair is new. Floor: one GROUP BY a rule over the whole table, its rows fetched and thrown away. The bar is 3 times
the floor. Ours and floor in turn, medians.

    python -m benchmarks.duplicates [rows] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time

BAR = 3.0
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")
FIRST = [
    f"{a}{b}"
    for a in ("An", "Be", "Cla", "Da", "El", "Fe", "Ge", "Ha", "In", "Jo")
    for b in ("ra", "na", "rik", "mi", "vid")
]
FIRST = [f"{name}{end}" for name in FIRST for end in ("", "s", "a", "o", "el", "in", "ette", "ulf", "mar", "wig")]
"""500 first names; with 20,000 last names and 100,000 companies most people are unique, as they are."""


def main(rows: int = 1_000_000, rounds: int = 3) -> None:
    """Prints one JSON line."""
    _set_up()
    from django.db import connection

    from crm.models import Duplicate, DuplicateSearch

    _people(rows)
    ours, floor = [], []
    for _ in range(rounds):
        floor.append(_timed(_group))
        Duplicate.objects.all().delete()
        ours.append(_timed(_search))
    pairs = Duplicate.objects.count()
    assert DuplicateSearch.objects.first().status == "done"
    spent, bare = statistics.median(ours), statistics.median(floor)
    line = {
        "name": "duplicate_search",
        "engine": connection.vendor,
        "rows": rows,
        "ours": round(spent, 2),
        "floor": round(bare, 2),
        "ratio": round(spent / bare, 2),
        "bar": BAR,
        "ok": spent / bare <= BAR,
        "pairs": pairs,
        "versions": {"python": platform.python_version(), "database": str(connection.get_database_version())},
    }
    print(json.dumps(line))
    connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _set_up() -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names."""
    os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def _people(rows: int) -> None:
    """One in forty has a twin: by address, by number, or by name and company. Statistics as a base has that runs for a while."""
    from django.db import connection

    from crm.models import Contact

    _triggers("DISABLE")
    fields = [field for field in Contact._meta.concrete_fields if not field.generated and not field.primary_key]
    for start in range(0, rows, 5000):
        batch = [_person(n) for n in range(start, min(rows, start + 5000))]
        if connection.vendor == "postgresql":
            columns = ", ".join(f'"{field.column}"' for field in fields)
            with connection.cursor() as cursor, cursor.copy(f"COPY crm_contact ({columns}) FROM STDIN") as copy:
                for one in batch:
                    copy.write_row(
                        [field.get_db_prep_save(field.pre_save(one, add=True), connection) for field in fields]
                    )
        else:
            Contact.objects.bulk_create(batch)
    _triggers("ENABLE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE crm_contact" if connection.vendor == "postgresql" else "ANALYZE")


def _triggers(turn: str) -> None:
    """Search words and touched contacts are not what is measured here."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE crm_contact {turn} TRIGGER USER")


def _person(n: int):
    from crm.models import Contact

    twin = n % 40 == 0 and n >= 40
    is_by = n // 40 % 3
    m = n - 40 if twin else n
    name = m if twin and is_by == 2 else n
    contact = Contact(
        first_name=FIRST[name * 7 % 500],
        last_name=f"Name{name * 13 % 20_011}",
        company_name=f"Company {name % 100_003} GmbH",
        email=f"p{m if twin and is_by == 0 else n}@firm{n % 100_003}.example",
        mobile=f"+49151{(m if twin and is_by == 1 else n):08}",
        phone=f"+4930{n % 700_001:07}" if n % 2 else "",
    )
    contact.make_forms()
    return contact


def _group() -> None:
    from django.db import connection

    from crm.queries.duplicate_pairs import bare_grouping
    from crm.queries.likeness import rules_of

    for rule in rules_of("crm.contact"):
        with connection.cursor() as cursor:
            cursor.execute(bare_grouping(rule))
            while cursor.fetchmany(2000):
                pass


def _search() -> None:
    from crm.actions.duplicate_search import begin_search, work_on_search
    from crm.models import DuplicateSearch

    search = begin_search(by=None)
    while DuplicateSearch.objects.get(pk=search.pk).status == "running":
        work_on_search(search.pk)


def _timed(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
