"""The statements that keep the index: written by the database itself, so that no bulk write and no COPY passes it by.

PostgreSQL: statement-level triggers with transition tables; a change that touches no word costs one comparison.
SQLite: row-level triggers, and FTS5 over the entries. SQLite loses a table's triggers whenever a migration remakes the
table, and refuses to rename a table that a trigger elsewhere names; so there they are taken away before each migrate and
made again after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, connections, migrations

from crm.search.indexed import Indexed, Join, kept

UPSERT = (
    "INSERT INTO crm_searchentry (kind, record_id, words) {rows} WHERE {where} "
    "ON CONFLICT (kind, record_id) DO UPDATE SET words = excluded.words WHERE crm_searchentry.words <> excluded.words"
)
FTS = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS crm_searchwords USING fts5("
    "words, content='crm_searchentry', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
)


def operations(*tables: Indexed) -> list[migrations.RunPython]:
    """What the migration does: on PostgreSQL the triggers, and the entries of the rows that stand already. SQLite gets
    both when the whole migrate is done (`put_back`)."""

    def make(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for table in tables:
                _run(editor.connection.alias, [*_make_postgresql(table), fill(table, "postgresql")])

    def drop(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for table in tables:
                _run(editor.connection.alias, _drop_postgresql(table))

    return [migrations.RunPython(make, drop)]


def index_operations() -> list[migrations.RunPython]:
    """The index over the words: trigrams on PostgreSQL, FTS5 on SQLite."""

    def make(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            _run(
                editor.connection.alias,
                [
                    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
                    "CREATE EXTENSION IF NOT EXISTS unaccent",
                    "CREATE INDEX search_entry_words ON crm_searchentry USING gin (words gin_trgm_ops)",
                ],
            )

    def drop(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            _run(editor.connection.alias, ["DROP INDEX IF EXISTS search_entry_words"])

    return [migrations.RunPython(make, drop)]


def take_away(using: str = "default", plan: Any = (), **_: Any) -> None:
    """Before a migrate that changes something, on SQLite."""
    if connections[using].vendor != "sqlite" or not plan:
        return
    names = _names(using, "trigger")
    _run(using, [f'DROP TRIGGER "{name}"' for name in names if name.startswith("search_")])


def put_back(using: str = "default", plan: Any = (), **_: Any) -> None:
    """After it: the words table, the triggers of every table that stands, and what was missed."""
    if connections[using].vendor != "sqlite" or not plan:
        return
    tables = _names(using, "table")
    if "crm_searchentry" not in tables:
        return
    is_new = "crm_searchwords" not in tables
    _run(using, [FTS, *_words_triggers()])
    for table in kept():
        if table.table in tables and all(join.table in tables for join in table.joins):
            _run(using, [*_make_sqlite(table), fill(table, "sqlite")])
    if is_new:
        _run(using, ["INSERT INTO crm_searchwords (crm_searchwords) VALUES ('rebuild')"])


def rebuild() -> None:
    """All entries anew: after a restore without triggers, or when a doubt remains."""
    statements = ["DELETE FROM crm_searchentry", *(fill(table, connection.vendor) for table in kept())]
    if connection.vendor == "sqlite":
        statements.append("INSERT INTO crm_searchwords (crm_searchwords) VALUES ('rebuild')")
    _run(connection.alias, statements)


def fill(table: Indexed, vendor: str) -> str:
    """Entries for every row of the table."""
    return UPSERT.format(rows=_rows(table, table.table, vendor), where="TRUE")


def _rows(table: Indexed, source: str, vendor: str) -> str:
    joined = [f"LEFT JOIN {join.table} j{i} ON j{i}.id = record.{join.on}" for i, join in enumerate(table.joins)]
    words = [f"record.{column}" for column in table.columns]
    words += [f"j{i}.{column}" for i, join in enumerate(table.joins) for column in join.columns]
    return f"SELECT '{table.kind}', record.id, {_words(words, vendor)} FROM {source} record {' '.join(joined)}"


def _words(columns: Iterable[str], vendor: str) -> str:
    if vendor == "postgresql":
        return f"lower(unaccent(concat_ws(' ', '', {', '.join(columns)})))"
    return "lower(' ' || " + " || ' ' || ".join(f"COALESCE({column}, '')" for column in columns) + ")"


# SQLite


def _make_sqlite(table: Indexed) -> Iterable[str]:
    gone = f"DELETE FROM crm_searchentry WHERE kind = '{table.kind}' AND record_id = OLD.id"
    new = UPSERT.format(rows=_rows(table, table.table, "sqlite"), where="record.id = NEW.id")
    watched = ", ".join([*table.columns, *(join.on for join in table.joins)])
    yield f"CREATE TRIGGER IF NOT EXISTS search_{table.table}_insert AFTER INSERT ON {table.table} BEGIN {new}; END"
    yield (
        f"CREATE TRIGGER IF NOT EXISTS search_{table.table}_update AFTER UPDATE OF {watched} ON {table.table} "
        f"BEGIN {new}; END"
    )
    yield f"CREATE TRIGGER IF NOT EXISTS search_{table.table}_delete AFTER DELETE ON {table.table} BEGIN {gone}; END"
    for join in table.joins:
        rows = UPSERT.format(rows=_rows(table, table.table, "sqlite"), where=f"record.{join.on} = NEW.id")
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {_joined_name(table, join)} AFTER UPDATE OF {', '.join(join.columns)} "
            f"ON {join.table} BEGIN {rows}; END"
        )


def _words_triggers() -> Iterable[str]:
    """FTS5 keeps no copy of the words: it is told what to forget and what to learn."""
    forget = "INSERT INTO crm_searchwords (crm_searchwords, rowid, words) VALUES ('delete', OLD.id, OLD.words)"
    learn = "INSERT INTO crm_searchwords (rowid, words) VALUES (NEW.id, NEW.words)"
    for event, body in {"INSERT": learn, "DELETE": forget, "UPDATE": f"{forget}; {learn}"}.items():
        yield (
            f"CREATE TRIGGER IF NOT EXISTS search_words_{event.lower()} AFTER {event} ON crm_searchentry "
            f"BEGIN {body}; END"
        )


# PostgreSQL


def _make_postgresql(table: Indexed) -> Iterable[str]:
    yield from _drop_postgresql(table)
    watched = [*table.columns, *(join.on for join in table.joins)]
    rows = UPSERT.format(rows=_rows(table, "new_rows", "postgresql"), where="TRUE")
    yield from _trigger(f"search_{table.table}_insert", table.table, "INSERT", rows)
    changed = f"record.id IN ({_changed(watched)})"
    rows = UPSERT.format(rows=_rows(table, "new_rows", "postgresql"), where=changed)
    yield from _trigger(f"search_{table.table}_update", table.table, "UPDATE", rows)
    gone = f"DELETE FROM crm_searchentry e USING old_rows o WHERE e.kind = '{table.kind}' AND e.record_id = o.id"
    yield from _trigger(f"search_{table.table}_delete", table.table, "DELETE", gone)
    for join in table.joins:
        changed = f"record.{join.on} IN ({_changed(join.columns)})"
        rows = UPSERT.format(rows=_rows(table, table.table, "postgresql"), where=changed)
        yield from _trigger(_joined_name(table, join), join.table, "UPDATE", rows)


def _changed(columns: Iterable[str]) -> str:
    """The ids of the rows of an UPDATE whose words differ; most updates change none."""
    names = list(columns)
    new, old = (", ".join(f"{which}.{name}" for name in names) for which in "no")
    return f"SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE ({new}) IS DISTINCT FROM ({old})"


def _trigger(name: str, table: str, event: str, body: str) -> Iterable[str]:
    given = {
        "INSERT": "NEW TABLE AS new_rows",
        "DELETE": "OLD TABLE AS old_rows",
        "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    }[event]
    yield (f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$")
    yield (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {given} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _drop_postgresql(table: Indexed) -> Iterable[str]:
    names = [f"search_{table.table}_{event}" for event in ("insert", "update", "delete")]
    for name in [*names, *(_joined_name(table, join) for join in table.joins)]:
        yield f"DROP FUNCTION IF EXISTS {name}() CASCADE"


def _joined_name(table: Indexed, join: Join) -> str:
    return f"search_{table.table}_by_{join.on}"


def _names(using: str, what: str) -> set[str]:
    with connections[using].cursor() as sql:
        sql.execute("SELECT name FROM sqlite_master WHERE type = %s", [what])
        return {name for (name,) in sql.fetchall()}


def _run(using: str, statements: Iterable[str]) -> None:
    with connections[using].cursor() as sql:
        for statement in statements:
            sql.execute(statement)
