"""Where a reader stands: (epoch, xid, id) on PostgreSQL, id alone on SQLite, which has one writer."""

from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from crm.models.interactions import Interaction, LogCursor


def behind(cursor: LogCursor, table_read: type[Model] = Interaction) -> QuerySet[Any]:
    """The rows after the cursor, in order, without those that a running transaction could still overtake.

    `table_read` is the log, or another table with the columns epoch, xid and id.
    """
    rows = table_read._default_manager.all()
    if connection.vendor != "postgresql":
        return rows.filter(pk__gt=cursor.position).order_by("pk")
    table = table_read._meta.db_table
    return rows.extra(  # the ORM knows neither row comparison nor the snapshot
        where=[
            f"({table}.epoch, {table}.xid, {table}.id) > (%s, %s, %s)",
            # Nobody can overtake what the reader's own transaction wrote; a reader at work has written nothing yet.
            f"({table}.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            f" OR {table}.xid = pg_current_xact_id_if_assigned()::text::bigint)",
        ],
        params=[cursor.epoch, cursor.xid, cursor.position],
    ).order_by("epoch", "xid", "id")


def after(table_read: type[Model] = Interaction) -> dict[str, Any]:
    """The end of the log as it is now, for a reader that is not interested in the past."""
    last: Any = table_read._default_manager.order_by("-epoch", "-xid", "-pk").first()
    return {"epoch": last.epoch, "xid": last.xid, "position": last.pk} if last else {}


def is_restored(cursor: LogCursor, table_read: type[Model] = Interaction) -> bool:
    """Has the database been restored elsewhere, so that new rows get lower transaction ids than those read?"""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as sql:
        sql.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        newest = sql.fetchone()[0]
        sql.execute(
            "SELECT column_default FROM information_schema.columns WHERE table_name = %s AND column_name = 'epoch'",
            [table_read._meta.db_table],
        )
        epoch = int(sql.fetchone()[0])
    return cursor.epoch == epoch and cursor.xid > newest
