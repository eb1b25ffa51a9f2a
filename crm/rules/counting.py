"""Counting while somebody waits: exact, or a sentence on why it would take too long. PostgreSQL stops it; SQLite counts on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

PATIENCE = 5_000
"""Milliseconds for one question."""
T = TypeVar("T")


class TooSlow(Exception):
    """The database was stopped."""


@dataclass(frozen=True)
class Counted:
    """`count` is None where it took too long; `why` says what made it slow."""

    count: int | None
    why: str = ""


def count(rows: QuerySet, patience: int = PATIENCE) -> Counted:
    rows = rows.order_by()
    try:
        return Counted(within(patience, rows.count))
    except TooSlow:
        return Counted(None, why_slow(rows))


def within(patience: int, ask: Callable[[], T]) -> T:
    """The answer of the database if it comes within `patience` milliseconds. Raises TooSlow."""
    if connection.vendor != "postgresql":
        return ask()
    try:
        with transaction.atomic():
            _limit(str(int(patience)))
            answer = ask()
            _limit("DEFAULT")
            return answer
    except OperationalError as problem:
        if "statement timeout" not in str(problem):
            raise
        raise TooSlow from problem


def _limit(milliseconds: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")


def why_slow(rows: QuerySet) -> str:
    """By the plan of the database: the table that it reads from end to end, and by which columns it looks there."""
    scans = [
        node for node in _plan(json.loads(rows.explain(format="json"))[0]["Plan"]) if "Seq Scan" in node["Node Type"]
    ]
    if not scans:
        return _("This takes longer than %d seconds to count. It is right all the same.") % (PATIENCE // 1000)
    worst = max(scans, key=lambda node: node.get("Total Cost", 0))
    model = next((one for one in apps.get_models() if one._meta.db_table == worst["Relation Name"]), None)
    what = str(model._meta.verbose_name_plural) if model else worst["Relation Name"]
    said = _("This is slow to count: all %(what)s are read one by one, for want of an index") % {"what": what}
    asked = _columns(model, worst.get("Filter", "")) if model else []
    return _("%(said)s over %(columns)s.") % {"said": said, "columns": ", ".join(asked)} if asked else f"{said}."


def _plan(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _plan(inner)


def _columns(model: Any, condition: str) -> list[str]:
    """The fields that a condition of the plan speaks of, but for those that every question asks."""
    words = set(condition.replace("(", " ").replace(")", " ").replace('"', " ").split())
    fields = [field for field in model._meta.concrete_fields if field.column in words]
    return [str(field.verbose_name) for field in fields if field.column not in ("deleted_at", "is_active")]
