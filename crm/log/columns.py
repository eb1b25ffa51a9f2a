"""Columns that the database fills by itself: under which epoch and transaction a row of the log was written.

Ids do not become visible in the order they were given; the writer's transaction id tells readers what may still come.
SQLite has one writer, so its ids are enough and both columns stay 0.
"""

from typing import Any

from django.db import models
from django.db.models import Func


class WriterXid(Func):
    """The id of the writing transaction (PostgreSQL: pg_current_xact_id)."""

    arity = 0
    output_field = models.BigIntegerField()

    def as_sql(self, *args: Any, **extra: Any) -> tuple[str, list]:  # type: ignore[override]
        return "0", []

    def as_postgresql(self, *args: Any, **extra: Any) -> tuple[str, list]:
        return "(pg_current_xact_id()::text::bigint)", []


class LogEpoch(Func):
    """The epoch of this database. A restored dump restarts transaction ids: `manage.py new_epoch` raises the default."""

    arity = 0
    output_field = models.IntegerField()

    def as_sql(self, *args: Any, **extra: Any) -> tuple[str, list]:  # type: ignore[override]
        return "0", []
