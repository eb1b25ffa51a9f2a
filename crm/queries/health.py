"""Is everything well? Database, worker, supervisor, the log's readers, what is overdue: read by /healthz and the health page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from crm import jobs
from crm.log.reading import is_behind, readers
from crm.models import JobRun, LogCursor, Schedule

WORKER_IS_LATE = timedelta(seconds=30)
SUPERVISOR_IS_LATE = timedelta(seconds=10)
SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Sign:
    """One thing that is well or not, and why, in a sentence for the operator."""

    name: str
    is_well: bool
    sentence: str


def signs(now: datetime) -> list[Sign]:
    """Database, supervisor and worker; that this answers at all says that the web is well."""
    try:
        runs = {run.name: run for run in JobRun.objects.filter(name__in=[jobs.HEARTBEAT, SUPERVISOR])}
    except DatabaseError as problem:
        return [Sign("database", False, f"The database does not answer: {str(problem).splitlines()[0]}")]
    return [
        Sign("web", True, "Pages are answered."),
        Sign("database", True, f"{connection.display_name} answers."),
        _alive("supervisor", runs.get(SUPERVISOR), now, SUPERVISOR_IS_LATE, "Start it with “make run”."),
        _alive("worker", runs.get(jobs.HEARTBEAT), now, WORKER_IS_LATE, "The supervisor restarts it when it hangs."),
    ]


def _alive(name: str, run: JobRun | None, now: datetime, late: timedelta, advice: str) -> Sign:
    if run is None or run.finished_at is None:
        return Sign(name, False, f"The {name} has not been seen yet. {advice}")
    ago = now - run.finished_at
    if ago > late:
        return Sign(name, False, f"The {name} was last seen {int(ago.total_seconds())} s ago. {advice}")
    return Sign(name, True, f"The {name} was seen {max(0, int(ago.total_seconds()))} s ago.")


def overdue_schedules(now: datetime) -> list[Schedule]:
    """Recurring work whose time has passed by more than a minute."""
    return list(Schedule.objects.filter(due_at__lt=now - timedelta(minutes=1)))


def reader_states() -> list[tuple[str, LogCursor | None, bool]]:
    """Name, cursor and “has rows to read” of every reader of the log."""
    cursors = LogCursor.objects.in_bulk([name for name, _ in readers])
    return [(name, cursors.get(name), is_behind(reader, cursors.get(name))) for name, reader in readers]


def who_holds_the_log(now: datetime) -> str:
    """On PostgreSQL the oldest running transaction keeps readers waiting: name it when it is older than two seconds."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT pid, usename, extract(epoch FROM now() - xact_start)::int, left(query, 80) FROM pg_stat_activity"
            " WHERE backend_xid IS NOT NULL AND xact_start < now() - interval '2 seconds' AND pid <> pg_backend_pid()"
            " ORDER BY xact_start LIMIT 1"
        )
        row = sql.fetchone()
    return f"Transaction of {row[1]} (pid {row[0]}) is open for {row[2]} s: {row[3]}" if row else ""
