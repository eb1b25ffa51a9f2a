"""`manage.py new_epoch`: after a dump was restored elsewhere, transaction ids begin anew; readers wait for this."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction


class Command(BaseCommand):
    help = "Begin a new epoch of the interaction log, after this PostgreSQL database was restored from a dump."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            self.stdout.write("SQLite reads its log by id alone and has no epochs; nothing to do.")
            return
        with connection.cursor() as sql:
            sql.execute(
                "SELECT greatest(coalesce((SELECT max(epoch) FROM crm_interaction), 0),"
                " coalesce((SELECT max(epoch) FROM crm_logcursor), 0)) + 1"
            )
            epoch = int(sql.fetchone()[0])
            for table in ("crm_interaction", "crm_touched"):
                sql.execute(f"ALTER TABLE {table} ALTER COLUMN epoch SET DEFAULT {epoch}")
        self.stdout.write(f"The log is now in epoch {epoch}; the readers go on.")
