"""Making the normal forms of rows that were written by set, or by an older version of the folding."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from crm import normal
from crm.log.quiet import quietly
from crm.models import Account, Contact

BATCH = 500
LONGEST = 30.0
"""Seconds that one job works before the sweep asks for the next."""
MODELS: tuple[Any, ...] = (Account, Contact)
"""Accounts come first: the forms of a contact contain the name of its company."""


def is_waiting(now: datetime) -> bool:
    """For the sweep: are there rows whose forms are to be made?"""
    return any(model.objects.without_forms().exists() for model in MODELS)


def make_waiting_forms(longest: float = LONGEST) -> int:
    """Make the forms of whatever waits, a short transaction a batch; answers how many rows."""
    until, done = time.monotonic() + longest, 0
    for model in MODELS:
        while time.monotonic() < until and (batch := _make_batch(model)):
            done += batch
    return done


@transaction.atomic
def _make_batch(model: Any) -> int:
    """The rows are locked meanwhile, so that what is written fits what they say."""
    waiting = model.objects.without_forms()
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, of=("self",))
    rows = list(_with_company(model, waiting).order_by("pk")[:BATCH])
    renamed = [row.pk for row in rows if model is Account and row.forms()["name_key"] != row.name_key]
    with quietly("system"):
        _write(model, rows)
        if renamed:
            Contact.objects.filter(account__in=renamed).update(normal_version=0)
    return len(rows)


def _write(model: Any, rows: list[Any]) -> None:
    columns = [*model.form_columns, "normal_version"]
    sets = ", ".join(f'"{column}" = %s' for column in columns)
    values = [[*(row.forms()[column] for column in model.form_columns), normal.VERSION, row.pk] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {model._meta.db_table} SET {sets} WHERE id = %s", values)


def stale_rows(model: Any, batch: int = 2000) -> Iterator[tuple[int, dict[str, tuple[str, str]]]]:
    """Every row whose forms are not what they should be: its id, and {column: (stored, expected)}."""
    rows = _with_company(model, model.objects.all()).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last)[:batch]):
        last = page[-1].pk
        for row in page:
            wrong = {c: (getattr(row, c), form) for c, form in row.forms().items() if getattr(row, c) != form}
            if wrong or row.normal_version < normal.VERSION:
                yield row.pk, wrong


def _with_company(model: Any, rows: Any) -> Any:
    return rows.select_related("account") if model is Contact else rows
