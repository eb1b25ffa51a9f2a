"""Indexes on demand: a field that is searched often gets an expression index, made by a job beside the running business.

PostgreSQL makes it CONCURRENTLY, so that nobody waits; a second worker finds the lock taken and leaves.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.apps import apps
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.custom_fields.sql import index_sql
from crm.models import CustomField

log = logging.getLogger(__name__)
Index = CustomField.Index
LOOK_AGAIN = timedelta(minutes=5)
"""Longer than a job may run: whoever was killed over it, is followed by another."""


def work_on_indexes() -> None:
    """Make what is wanted, drop what is not; one after the other, by one worker."""
    with _alone() as mine:
        if not mine:
            return
        while field := CustomField.objects.filter(index_due_at__lte=timezone.now()).order_by("index_due_at").first():
            _settle(field)


def _settle(field: CustomField) -> None:
    rows = CustomField.objects.filter(pk=field.pk)
    later = timezone.now() + LOOK_AGAIN
    if field.index_state == Index.UNWANTED:
        rows.update(index_due_at=later)
        _drop(name_of(field))
        rows.filter(index_state=Index.UNWANTED).update(index_state=Index.NONE, index_due_at=None)
        return
    rows.update(index_state=Index.MAKING, index_due_at=later)
    try:
        if not (field.index_state == Index.MAKING and is_there(name_of(field))):  # it was finished, but nobody wrote so
            _make(field)
    except DatabaseError as problem:
        log.warning("The index of the custom field %s could not be made: %s", field.pk, problem)
        _failed(field, str(problem).strip().splitlines()[0])
    except CannotIndex as problem:
        _failed(field, str(problem))
    else:
        rows.filter(index_state=Index.MAKING).update(index_state=Index.READY, index_due_at=None, index_problem="")


class CannotIndex(Exception):
    """This database has no index for such a field."""


def _failed(field: CustomField, why: str) -> None:
    rows = CustomField.objects.filter(pk=field.pk, index_state=Index.MAKING)
    rows.update(index_state=Index.FAILED, index_due_at=None, index_problem=why[:500])


def _make(field: CustomField) -> None:
    if connection.vendor == "sqlite" and field.type == field.Type.CHOICES:
        raise CannotIndex(_("SQLite has no index for several choices; PostgreSQL has."))
    name = name_of(field)
    _drop(name)  # what a killed worker left half made, or was made for another type
    table = apps.get_model(field.kind)._meta.db_table
    with connection.cursor() as sql:
        sql.execute(index_sql(name, table, field.field_kind, field.key))
        sql.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def _drop(name: str) -> None:
    beside = "CONCURRENTLY " if connection.vendor == "postgresql" else ""
    with connection.cursor() as sql:
        sql.execute(f"DROP INDEX {beside}IF EXISTS {connection.ops.quote_name(name)}")


def name_of(field: CustomField) -> str:
    """Within the 63 letters of PostgreSQL, and told apart by kind and key."""
    told = f"{field.kind}.{field.key}"
    return f"on_demand_{field.key[:30]}_{hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()[:10]}"


def is_there(name: str) -> bool:
    """Is the index there and whole? One whose making was broken off is not."""
    if connection.vendor == "postgresql":
        question = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid"
        told = connection.ops.quote_name(name)
    else:
        question, told = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s", name
    with connection.cursor() as sql:
        sql.execute(question, [told])
        return sql.fetchone() is not None


def want_lost_ones(**_signal: object) -> None:
    """After each migrate: SQLite remakes a table to change it, and its indexes made here are gone then."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as sql:
        if CustomField._meta.db_table not in connection.introspection.table_names(sql):
            return
    for field in CustomField.objects.filter(index_state=Index.READY):
        if not is_there(name_of(field)):
            CustomField.objects.filter(pk=field.pk).update(index_state=Index.WANTED, index_due_at=timezone.now())


@contextmanager
def _alone() -> Iterator[bool]:
    """A lock of the session: it ends with a killed worker's connection. SQLite has one writer anyhow."""
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(hashtextextended('custom field indexes', 0))")
        mine = sql.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as sql:
                sql.execute("SELECT pg_advisory_unlock(hashtextextended('custom field indexes', 0))")
