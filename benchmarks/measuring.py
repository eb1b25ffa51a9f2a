"""What the benchmarks of pages share: two companies in one process, pages timed in turn, medians, one JSON line a bar."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

SMALL, LARGE = 1_000, 1_000_000
GROWTH, OVER_FLOOR, MOST_QUERIES = 1.5, 3.0, 20
GRANTS = """
    SELECT r.*, g.* FROM crm_role_users m JOIN crm_role r ON r.id = m.role_id
    LEFT JOIN crm_rolegrant g ON g.role_id = r.id WHERE m.user_id = %s
"""


def set_up(*sizes: int) -> dict[int, Any]:
    """Django with the settings of tests; a connection to the company of each size, made where it is missing."""
    from benchmarks import company

    os.environ["TEST_DATABASE_URL"] = company.SERVER
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["ALLOWED_HOSTS"] = "testserver"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connections

    found = {}
    for rows in sizes:
        company.use(rows)
        found[rows] = connections["default"]
        found[rows].settings_dict = dict(found[rows].settings_dict)
        connections["default"] = connections.create_connection("default")
    return found


def at(connection: Any) -> None:
    """From here on the product works in this company."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    connections["default"] = connection
    ContentType.objects.clear_cache()


def in_turn(works: list[tuple[Any, Callable[[], Any]]], rounds: int = 15) -> list[float]:
    """The median seconds of each (connection, work), all in turn; once before each timed call warms what it needs."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for (connection, work), times in zip(works, spent, strict=True):
            at(connection)
            work()
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
    return [statistics.median(times) for times in spent]


def queries_of(work: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        work()
        return len(seen)


def once_drawn(visit: Callable[[], Any], module: str, drawing: str) -> Callable[[], Any]:
    """Draws the page of `visit` once more, from the same context, in which everything has been read: its template alone.

    What its list or frame keeps under `drawing` was drawn from what was read, cell by cell; so it is drawn again.
    """
    from django.shortcuts import render

    from crm.queries.naming import names_for

    with mock.patch(f"{module}.render", wraps=render) as drawn:
        visit()
    request, template, context = drawn.call_args.args
    holder = context.get("list") or context["frame"]
    read: dict = {}
    known = mock.patch(
        "crm.web.list_cells.names_for", lambda user, keys: read or read.update(names_for(user, keys)) or read
    )

    def draw() -> Any:
        holder.__dict__.pop(drawing, None)
        with known:
            return render(request, template, context)

    draw()
    return draw


def shell(user: int, kind: str) -> None:
    """By hand, what any page of a signed-in reader asks: session, reader, grants, fields of the company's own, news."""
    for sql, parameters in (
        ("SELECT * FROM django_session ORDER BY expire_date DESC LIMIT 1", ()),
        ("SELECT u.*, t.* FROM crm_user u LEFT JOIN crm_team t ON t.id = u.team_id WHERE u.id = %s", (user,)),
        (GRANTS, (user,)),
        ("SELECT * FROM crm_customfield WHERE kind = %s", (kind,)),
        ("SELECT count(*) FROM crm_notification WHERE read_at IS NULL AND user_id = %s", (user,)),
    ):
        select(sql, parameters)


def select(sql: str, parameters: tuple = ()) -> list[tuple]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def tell(name: str, ours: float, floor: float, bar: float, queries: int = 0, rows: int = LARGE) -> None:
    """One JSON line, times in milliseconds."""
    from django.db import connection

    ratio = round(ours / floor, 2)
    line: dict[str, Any] = {"name": name, "engine": connection.vendor, "rows": rows, "ours": round(ours * 1000, 2)}
    line |= {"floor": round(floor * 1000, 2), "ratio": ratio, "bar": bar, "queries": queries}
    line["ok"] = ratio <= bar and queries <= MOST_QUERIES
    line["versions"] = {"python": platform.python_version(), "database": str(connection.get_database_version())}
    print(json.dumps(line), flush=True)
