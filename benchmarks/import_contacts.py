"""Import of contacts from a CSV, with duplicate check, against writing the same rows bare.

Ours: the file is read, cleaned, staged, judged and merged, with history and log, as the worker does it. Floor: the rows
that this leaves behind (contacts, their history entries, their rows of the log), ready-made, by COPY on PostgreSQL and
by bulk_create on SQLite. The bar is 20 %. Ours and floor in turn, medians.

    python -m benchmarks.import_contacts [rows] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from io import BytesIO, StringIO
from pathlib import Path

BAR = 0.20
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")


def main(rows: int = 100_000, rounds: int = 3) -> None:
    """Prints one JSON line."""
    _set_up()
    from django.db import connection

    by = _importer()
    ours, floor, contacts = [], [], []
    for _ in range(rounds):
        _empty()
        ours.append(rows / _timed(_import, _file(rows), by))
        kept = _read_back()
        _empty()
        floor.append(rows / _timed(_write_bare, kept))
        _empty()
        contacts.append(rows / _timed(_write_bare, kept[:1]))
    rate, bare = statistics.median(ours), statistics.median(floor)
    line = {
        "name": "import_contacts",
        "engine": connection.vendor,
        "rows": rows,
        "ours": round(rate),
        "floor": round(bare),
        "ratio": round(rate / bare, 3),
        "bar": BAR,
        "ok": rate / bare >= BAR,
        "versions": _versions(),
        "contacts_only": {
            "floor": round(statistics.median(contacts)),
            "ratio": round(rate / statistics.median(contacts), 3),
        },
    }
    print(json.dumps(line))


def _set_up() -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names."""
    os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django
    from django.conf import settings

    settings.MEDIA_ROOT = Path(FOLDER.name)
    settings.DATABASES["default"].setdefault("TEST", {})
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["TEST"]["NAME"] = f"{FOLDER.name}/test.sqlite3"
    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def _importer():
    from crm.models import User

    return User.objects.create_superuser("bench@tandem.example", "benchmark", name="Ben Benchmark")


def _file(rows: int) -> BytesIO:
    out = StringIO()
    out.write("First name,Last name,Email,Job title,Phone,City,Postal code,Country,Language\n")
    for n in range(rows):
        out.write(
            f"Asha{n},Rao{n},asha{n}@customer{n % 5000}.example,Buyer,+49 30 {n:07},Pune,{n % 90000 + 10000},India,en\n"
        )
    return BytesIO(out.getvalue().encode())


def _import(file: BytesIO, by) -> None:
    """Half of the people are known after the first half of the file would have run: here all are new, the dearest case."""
    from crm.actions.imports import check_import, map_import, run_import, start_import
    from crm.imports.work import work_on
    from crm.models import Import

    of = start_import(file, "bench.csv", by)
    of = map_import(of, mapping=of.mapping, by=by)
    check_import(of, by=by)
    while Import.objects.get(pk=of.pk).status == "checking":
        work_on(of.pk)
    run_import(Import.objects.get(pk=of.pk), by=by)
    while Import.objects.get(pk=of.pk).status == "running":
        work_on(of.pk)
    done = Import.objects.get(pk=of.pk)
    assert (done.status, done.error_count) == ("done", 0), done.problem


def _tables():
    from auditlog.models import LogEntry

    from crm.models import Contact, Interaction

    return [Contact, Interaction, LogEntry]


def _empty() -> None:
    from django.db import connection
    from django_q.models import OrmQ

    from crm.models import Import, ImportLine, Notification

    names = [m._meta.db_table for m in [*_tables(), ImportLine, Import, Notification, OrmQ]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE '%touched%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"TRUNCATE {name}")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%touched%'")
            for name in [*[row[0] for row in cursor.fetchall()], *names]:
                cursor.execute(f"DELETE FROM {name}")
            cursor.execute("PRAGMA foreign_keys = ON")


def _read_back() -> list:
    return [(model, list(model._base_manager.all())) for model in _tables()]


def _write_bare(kept) -> None:
    from django.db import connection, transaction

    for model, rows in kept:
        if connection.vendor == "postgresql":
            _copy(model, rows)
        else:
            for start in range(0, len(rows), 2000):
                with transaction.atomic():
                    model._base_manager.bulk_create(rows[start : start + 2000])


def _copy(model, rows) -> None:
    from django.db import connection, transaction

    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    ready = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for record in ready:
            copy.write_row(record)


def _timed(work, *args) -> float:
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start


def _versions() -> dict:
    import django
    from django.db import connection

    found = {"python": platform.python_version(), "django": django.get_version()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        found[connection.vendor] = cursor.fetchone()[0]
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
