"""What changed: triggers that note the contacts concerned by a change of a table, however the change is written.

    LEADS = Watch("sales_lead", columns=("contact_id",), contacts="SELECT contact_id AS id FROM {rows}")

in `<app>/watched.py`; `triggers.keep(LEADS)` in wiring; `operations = triggers.operations(LEADS)` in the migration that
follows the one that makes the table, with ("crm", "0004_touched") among its dependencies.

PostgreSQL: statement-level with transition tables, one insert a statement. SQLite: row-level. SQLite loses a table's
triggers whenever a migration remakes the table, and refuses to rename a table that a trigger elsewhere names; so there
they are taken away before each migrate and made again after it, which the registry of `keep` is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections, migrations

from crm.hooks.registry import Registry

EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Watch:
    """Changes of `table` touch the contacts that `contacts` selects, as one column called id.

    `{rows}` stands for the changed rows, old and new, and is called `changed`; `columns` are those it has. `on` narrows
    the events. `if_different`: an update counts only where one of the columns has another value than before, for a table
    whose other columns are written all the time.
    """

    table: str
    columns: tuple[str, ...]
    contacts: str
    on: tuple[str, ...] = EVENTS
    if_different: bool = False

    def name(self, event: str) -> str:
        return f"touched_{self.table}_{event.lower()}"


_kept: Registry[Watch] = Registry("watch")


def keep(*watches: Watch) -> None:
    for watch in watches:
        _kept.register(watch.table, watch)


def operations(*watches: Watch) -> list[migrations.RunPython]:
    """What the migration does: on PostgreSQL the triggers; SQLite gets them when the whole migrate is done."""

    def make(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for watch in watches:
                _run(editor.connection.alias, _make_postgresql(watch))

    def drop(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for watch in watches:
                _run(editor.connection.alias, _drop_postgresql(watch))

    return [migrations.RunPython(make, drop)]


def take_away(using: str = "default", **_: Any) -> None:
    """Before each migrate, on SQLite."""
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as sql:
        sql.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'touched\\_%' ESCAPE '\\'")
        names = [name for (name,) in sql.fetchall()]
    _run(using, [f'DROP TRIGGER "{name}"' for name in names])


def put_back(using: str = "default", **_: Any) -> None:
    """After each migrate, on SQLite: every watch whose table stands. Twice is once."""
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as sql:
        sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {name for (name,) in sql.fetchall()}
    if "crm_touched" in tables:
        for watch in _kept.values():
            if watch.table in tables:
                _run(using, _make_sqlite(watch))


def touch(contacts: Iterable[int]) -> None:
    """Note contacts by hand, where what changed is not in a watched table."""
    from crm.models import Touched

    Touched.objects.bulk_create([Touched(contact_id=pk) for pk in contacts], batch_size=1000)


def _run(using: str, statements: Iterable[str]) -> None:
    with connections[using].cursor() as sql:
        for statement in statements:
            sql.execute(statement)


def _make_sqlite(watch: Watch) -> Iterable[str]:
    for event in watch.on:
        seen = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
        rows = _changed(
            watch,
            ["SELECT " + ", ".join(f"{which}.{column} AS {column}" for column in watch.columns) for which in seen],
        )
        yield (
            f'CREATE TRIGGER IF NOT EXISTS "{watch.name(event)}" AFTER {event} ON "{watch.table}" BEGIN '
            f"INSERT INTO crm_touched (contact_id) {_select(watch, f'({rows})')}; END"
        )


def _changed(watch: Watch, sides: list[str]) -> str:
    """The rows of an event; of an update the old and the new ones."""
    if watch.if_different and len(sides) == 2:
        old, new = sides
        return f"SELECT * FROM ({old} EXCEPT {new}) AS was UNION SELECT * FROM ({new} EXCEPT {old}) AS became"
    return " UNION ".join(sides)


def _select(watch: Watch, rows: str) -> str:
    chosen = watch.contacts.format(rows=f"{rows} AS changed")
    return f"SELECT DISTINCT found.id FROM ({chosen}) AS found WHERE found.id IS NOT NULL"


def _make_postgresql(watch: Watch) -> Iterable[str]:
    yield from _drop_postgresql(watch)
    columns = ", ".join(watch.columns)
    sources = {
        "INSERT": ("new_rows",),
        "DELETE": ("old_rows",),
        "UPDATE": ("old_rows", "new_rows"),
    }
    tables = {"new_rows": "NEW TABLE AS new_rows", "old_rows": "OLD TABLE AS old_rows"}
    for event in watch.on:
        rows = _changed(watch, [f"SELECT {columns} FROM {source}" for source in sources[event]])
        yield (
            f"CREATE FUNCTION {watch.name(event)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO crm_touched (contact_id) {_select(watch, f'({rows})')}; RETURN NULL; END $$"
        )
        referencing = " ".join(tables[source] for source in sources[event])
        yield (
            f"CREATE TRIGGER {watch.name(event)} AFTER {event} ON {watch.table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {watch.name(event)}()"
        )


def _drop_postgresql(watch: Watch) -> Iterable[str]:
    for event in EVENTS:
        yield f"DROP FUNCTION IF EXISTS {watch.name(event)}() CASCADE"


def standing() -> set[str]:
    """The names of our triggers in this database; a test compares them with what is kept."""
    if connection.vendor == "sqlite":
        question = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        question = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as sql:
        sql.execute(question)
        return {name for (name,) in sql.fetchall() if name.startswith("touched_")}


def expected() -> set[str]:
    return {watch.name(event) for watch in _kept.values() for event in watch.on}
