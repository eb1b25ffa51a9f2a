"""The counts of direct sends: triggers that keep them, the job that folds them, and the comparison with the messages.

Whoever writes messages, however it is written, the counts follow in the same transaction. PostgreSQL: one statement-level
trigger an event adds rows of the differences, which no other writer waits for. SQLite, which has one writer: a row-level
trigger counts up the row itself. Only sends are counted (`send:…`): of a journey or a letter nobody watches a million.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection, connections, migrations, transaction

from crm.models import SendCount

PREFIX = "send:"
COLUMNS = ("send_key", "variant", "status", "reason", "heard")
EVENTS = ("INSERT", "UPDATE", "DELETE")
FOLDED_AT_ONCE = 50
"""Sends in one short transaction."""
Key = tuple[str, str, str, int]


def counts_of(send_key: str) -> Counter[Key]:
    """(variant, status, reason, heard) → how many messages. One question for a few rows."""
    found: Counter[Key] = Counter()
    for *key, n in SendCount.objects.filter(send_key=send_key).values_list(*COLUMNS[1:], "n"):
        found[tuple(key)] += n
    return found


def is_unfolded(now: Any = None) -> bool:
    """Asked every second by the sweep."""
    return SendCount.objects.filter(is_whole=False).exists()


@transaction.atomic
def fold() -> int:
    """Make one row of those that look alike, for some sends; answers how many rows there were."""
    keys = SendCount.objects.filter(is_whole=False).order_by("send_key").values_list("send_key", flat=True)
    rows = SendCount.objects.filter(send_key__in=list(keys.distinct()[:FOLDED_AT_ONCE]))
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    sums: Counter[tuple[Any, ...]] = Counter()
    ids = []
    for pk, *key, n in rows.values_list("pk", *COLUMNS, "n"):
        ids.append(pk)
        sums[tuple(key)] += n
    SendCount.objects.filter(pk__among=ids).delete()
    SendCount.objects.bulk_create(
        SendCount(**dict(zip(COLUMNS, key, strict=True)), n=n) for key, n in sums.items() if n
    )
    return len(ids)


def differences() -> list[tuple[Any, ...]]:
    """(send_key, variant, status, reason, heard, by how many the count is too small), by one question: empty if all is well."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_differences()} ORDER BY 1, 2, 3, 4, 5")
        return cursor.fetchall()


def mend() -> int:
    """Add what is missing, and take what is too much; answers how many counts were wrong.

    One statement sees messages and counts as of one moment, so it may run while mails go out.
    """
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO crm_sendcount ({columns}, n, is_whole) {_differences('false')}")
        return int(cursor.rowcount)


def _differences(*more: str) -> str:
    columns = ", ".join(COLUMNS)
    chosen = ", ".join([columns, "CAST(SUM(n) AS bigint)", *more])
    return (
        f"SELECT {chosen} FROM ({counted()} UNION ALL SELECT {columns}, -n FROM crm_sendcount) AS both_sides "
        f"GROUP BY {columns} HAVING SUM(n) <> 0"
    )


def counted() -> str:
    """What the messages themselves say."""
    return f"SELECT {_said('')}, COUNT(*) AS n FROM crm_message WHERE send_key LIKE 'send:%' GROUP BY 1, 2, 3, 4, 5"


def operations() -> list[migrations.RunPython]:
    """What the migration does: counts what stands and, on PostgreSQL, makes the triggers; SQLite gets them after the migrate."""

    def make(apps: Any, editor: Any) -> None:
        using = editor.connection.alias
        columns = ", ".join(COLUMNS)
        sql = f"INSERT INTO crm_sendcount ({columns}, is_whole, n) SELECT {columns}, true, n FROM ({counted()}) AS counted"
        _run(using, [sql])
        if editor.connection.vendor == "postgresql":
            _run(using, _make_postgresql())

    def drop(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            _run(editor.connection.alias, _drop_postgresql())

    return [migrations.RunPython(make, drop)]


def take_away(using: str = "default", plan: Any = (), **_: Any) -> None:
    """Before a migrate that changes something, on SQLite, which forgets the triggers of a table that it remakes."""
    if connections[using].vendor == "sqlite" and plan:
        _run(using, [f"DROP TRIGGER IF EXISTS {_name(event)}" for event in EVENTS])


def put_back(using: str = "default", plan: Any = (), **_: Any) -> None:
    """After it, where both tables stand."""
    if connections[using].vendor != "sqlite" or not plan:
        return
    with connections[using].cursor() as sql:
        sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('crm_message', 'crm_sendcount')")
        if len(sql.fetchall()) == 2:
            _run(using, _make_sqlite())


def _name(event: str) -> str:
    return f"send_counts_{event.lower()}"


def _said(row: str) -> str:
    """The columns of a count, of one message; what failed has words of its own each time."""
    reason = f"CASE WHEN {row}status IN ('not_sent', 'cancelled') THEN {row}reason ELSE '' END AS reason"
    return f"{row}send_key, {row}variant, {row}status, {reason}, {row}heard"


def _run(using: str, statements: Iterable[str]) -> None:
    with connections[using].cursor() as sql:
        for statement in statements:
            sql.execute(statement)


def _make_postgresql() -> Iterable[str]:
    yield from _drop_postgresql()
    columns = ", ".join(COLUMNS)
    sides = {"new_rows": 1, "old_rows": -1}
    seen = {"INSERT": ("new_rows",), "DELETE": ("old_rows",), "UPDATE": ("old_rows", "new_rows")}
    for event in EVENTS:
        rows = " UNION ALL ".join(
            f"SELECT {_said('')}, {sides[side]} AS n FROM {side} WHERE send_key LIKE 'send:%'" for side in seen[event]
        )
        yield (
            f"CREATE FUNCTION {_name(event)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO crm_sendcount ({columns}, n, is_whole) SELECT {columns}, SUM(n), false FROM ({rows}) AS changed "
            f"GROUP BY {columns} HAVING SUM(n) <> 0; RETURN NULL; END $$"
        )
        tables = {"new_rows": "NEW TABLE AS new_rows", "old_rows": "OLD TABLE AS old_rows"}
        yield (
            f"CREATE TRIGGER {_name(event)} AFTER {event} ON crm_message "
            f"REFERENCING {' '.join(tables[side] for side in seen[event])} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_name(event)}()"
        )


def _drop_postgresql() -> Iterable[str]:
    for event in EVENTS:
        yield f"DROP FUNCTION IF EXISTS {_name(event)}() CASCADE"


def _make_sqlite() -> Iterable[str]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in COLUMNS)
    steps = {"INSERT": [_up_sqlite()], "DELETE": [_down_sqlite()], "UPDATE": [_down_sqlite(), _up_sqlite()]}
    for event in EVENTS:
        row = "OLD" if event == "DELETE" else "NEW"
        when = f"substr({row}.send_key, 1, {len(PREFIX)}) = '{PREFIX}'" + (
            f" AND ({changed})" if event == "UPDATE" else ""
        )
        yield f"CREATE TRIGGER IF NOT EXISTS {_name(event)} AFTER {event} ON crm_message WHEN {when} BEGIN {' '.join(steps[event])} END"


def _down_sqlite() -> str:
    return f"UPDATE crm_sendcount SET n = n - 1 WHERE id = ({_same_sqlite('OLD')});"


def _up_sqlite() -> str:
    return (
        f"INSERT INTO crm_sendcount ({', '.join(COLUMNS)}, n, is_whole) SELECT {_said('NEW.')}, 0, 1 "
        f"WHERE NOT EXISTS ({_same_sqlite('NEW')}); "
        f"UPDATE crm_sendcount SET n = n + 1 WHERE id = ({_same_sqlite('NEW')});"
    )


def _same_sqlite(row: str) -> str:
    """The count that a row belongs to."""
    reason = f"CASE WHEN {row}.status IN ('not_sent', 'cancelled') THEN {row}.reason ELSE '' END"
    plain = " AND ".join(f"one.{column} = {row}.{column}" for column in COLUMNS if column != "reason")
    return f"SELECT one.id FROM crm_sendcount one WHERE {plain} AND one.reason = {reason} LIMIT 1"
