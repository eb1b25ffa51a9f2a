"""The only module that knows the queue. A job is a nudge, never the truth: the truth is a row with a due time.

`nudge` asks for a task in the transaction that needs it. A `Sweep` finds due work that nobody works on, every second or
two, and nudges it again; so a queue that forgets (Redis, a killed worker) costs seconds, never work.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from crm.custom_fields.definitions import reading_once
from crm.hooks.registry import Registry
from crm.models.jobs import Claim, JobRun, Schedule

log = logging.getLogger(__name__)

CLAIM_IS_FRESH = timedelta(seconds=15)
HEARTBEAT = "crm.tasks.beat"


def nudge(task: str, *args: int | str, name: str = "") -> None:
    """Ask for `task` (a dotted path into a tasks.py) with ids. Rolled back with the caller's transaction.

    The ORM broker writes into the same transaction; Redis is told on commit. `name` is what the health page shows.
    """
    if "orm" in settings.Q_CLUSTER:
        async_task(run, name or task, task, *args, task_name=task)
    else:
        transaction.on_commit(lambda: async_task(run, name or task, task, *args, task_name=task))


def run(name: str, task: str, *args: int | str) -> None:
    """What the queue really calls: the door, and a trace of the run for the health page. Failures are kept and raised."""
    trace = JobRun.objects.filter(name=name)
    JobRun.objects.update_or_create(name=name, defaults={"started_at": timezone.now()})
    try:
        with reading_once():
            import_string(task)(*args)
    except Exception as problem:
        log.exception("Job %s%s failed", task, args)
        trace.update(failed_at=timezone.now(), problem=f"{type(problem).__name__}: {problem}")
        raise
    trace.update(finished_at=timezone.now(), problem="", runs=F("runs") + 1)


# Claims


def new_claim() -> str:
    """A token to mark rows with. It is valid while `beat` is called at least every 15 s; write results WHERE claim = token."""
    token = uuid.uuid4().hex
    Claim.objects.create(token=token, worker=worker_name(), beat_at=timezone.now())
    return token


def beat(token: str) -> None:
    Claim.objects.filter(pk=token).update(beat_at=timezone.now())


def release(token: str) -> None:
    Claim.objects.filter(pk=token).delete()


@contextmanager
def claim() -> Iterator[str]:
    """A token for the length of a block. After a kill it is simply never refreshed again."""
    token = new_claim()
    try:
        yield token
    finally:
        release(token)


def fresh_claims(now: datetime) -> object:
    """The tokens in force, as a values queryset: due rows are those whose claim is empty or not in here."""
    return Claim.objects.filter(beat_at__gt=now - CLAIM_IS_FRESH).values("token")


def forget_claims_of(worker: str) -> None:
    """The supervisor saw this worker die: its rows are free at once."""
    Claim.objects.filter(worker=worker).delete()


def worker_name() -> str:
    """Which cluster we are; the supervisor gives each one a name."""
    return os.environ.get("TANDEM_WORKER", f"pid-{os.getpid()}")


# Sweeps and schedules


@dataclass(frozen=True)
class Sweep:
    """`is_due(now)` asks the truth, cheaply; where it says yes, `task` is nudged with `args`."""

    task: str
    is_due: Callable[[datetime], bool]
    args: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return ":".join([self.task, *self.args])


@dataclass(frozen=True)
class Recurring:
    """Work for its own sake, every `every`; a missed time is made good once, not many times over."""

    task: str
    every: timedelta
    args: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.task


sweeps: Registry[Sweep] = Registry("sweep")
recurring: Registry[Recurring] = Registry("recurring job")


def register_sweep(task: str, is_due: Callable[[datetime], bool], *args: str) -> None:
    sweep = Sweep(task, is_due, args)
    sweeps.register(sweep.name, sweep)


def register_recurring(task: str, every: timedelta) -> None:
    recurring.register(task, Recurring(task, every))


def tick(now: datetime, waiting: dict[str, datetime]) -> list[str]:
    """Nudge whatever is due; answers what was nudged. Called by the supervisor every second.

    `waiting` is the caller's memory of its nudges: one that has not begun to run within five seconds is repeated.
    """
    nudged = []
    started = dict(JobRun.objects.values_list("name", "started_at"))
    jobs: list[Sweep | Recurring] = [*_due_sweeps(now), *_due_recurring(now)]
    for job in jobs:
        asked = waiting.get(job.name)
        begun = started.get(job.name)
        if asked and now - asked < timedelta(seconds=5) and not (begun and begun >= asked):
            continue
        nudge(job.task, *job.args, name=job.name)
        waiting[job.name] = now
        nudged.append(job.name)
    return nudged


def _due_sweeps(now: datetime) -> list[Sweep]:
    return [sweep for sweep in sweeps.values() if sweep.is_due(now)]


def _due_recurring(now: datetime) -> list[Recurring]:
    known = dict(Schedule.objects.values_list("name", "due_at"))
    due = [job for job in recurring.values() if job.name not in known or known[job.name] <= now]
    for job in due:
        Schedule.objects.update_or_create(name=job.name, defaults={"due_at": now + job.every})
    return due
