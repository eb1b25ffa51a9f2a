"""Web and worker under one foreground command: starts both, nudges what is due, restarts what died or hangs.

Each child is a process group of its own, so that Ctrl-C reaches the supervisor alone and a stop signal goes to the parent of
the worker only: sent to the whole group it can hang the cluster.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from crm import jobs
from crm.models import JobRun

log = logging.getLogger("tandem.serve")

TICK = 1.0
WORKER_IS_STALE = timedelta(seconds=45)
STOP_WITHIN = 15
BACK_OFF = [0, 1, 2, 5, 10, 30]
SUPERVISOR = "supervisor"


@dataclass
class Child:
    """One command that must be running. Deaths in quick succession are answered with longer pauses."""

    name: str
    command: list[str]
    process: subprocess.Popen | None = None
    worker: str = ""
    started_at: datetime | None = None
    deaths: int = 0
    start_after: float = field(default=0.0)

    def start(self) -> None:
        self.worker = f"{self.name}-{uuid.uuid4().hex[:8]}"
        self.started_at = timezone.now()
        environment = {**os.environ, "TANDEM_WORKER": self.worker}
        self.process = subprocess.Popen(self.command, start_new_session=True, env=environment)

    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def bury(self) -> None:
        """Kill what is left of the group, free its claims, and note when to try again."""
        if self.process is None:
            return
        self.kill()
        jobs.forget_claims_of(self.worker)
        lived = timezone.now() - self.started_at if self.started_at else timedelta()
        self.deaths = 0 if lived > timedelta(minutes=1) else self.deaths + 1
        pause = BACK_OFF[min(self.deaths, len(BACK_OFF) - 1)]
        self.start_after = time.monotonic() + pause
        log.warning("%s died; starting it again in %s s", self.name, pause)
        self.process = None

    def kill(self) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """`run` returns when it was asked to stop (SIGINT, SIGTERM) and both children have ended."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self.asked: dict[str, datetime] = {}
        self.is_stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        while not self.is_stopping:
            self._keep_running()
            self._tick()
            time.sleep(TICK)
        self._end()

    def _stop(self, *_: object) -> None:
        self.is_stopping = True

    def _keep_running(self) -> None:
        for child in self.children:
            if child.process is not None and child.is_dead():
                child.bury()
            if child.process is None and time.monotonic() >= child.start_after:
                child.start()

    def _tick(self) -> None:
        now = timezone.now()
        try:
            close_old_connections()
            jobs.tick(now, self.asked)
            JobRun.objects.update_or_create(name=SUPERVISOR, defaults={"started_at": now, "finished_at": now})
            self._restart_a_hanging_worker(now)
        except DatabaseError as problem:
            log.error("The database does not answer: %s", problem)

    def _restart_a_hanging_worker(self, now: datetime) -> None:
        """Alive is not enough: a cluster whose idle worker was killed can hang. Its heartbeat is a job that ran."""
        beat = JobRun.objects.filter(name=jobs.HEARTBEAT).first()
        for child in self.children:
            if child.name != "worker" or child.process is None or child.started_at is None:
                continue
            last_run = beat.finished_at if beat and beat.finished_at else child.started_at
            last_sign = max(child.started_at, last_run)
            if now - last_sign > WORKER_IS_STALE:
                log.error("The worker has not run anything for %s s", int((now - last_sign).total_seconds()))
                child.bury()

    def _end(self) -> None:
        for child in self.children:
            if child.process is not None and not child.is_dead():
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop in time", child.name)
            child.kill()
            jobs.forget_claims_of(child.worker)


def web(host: str, port: int) -> Child:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"]
    command += ["--host", host, "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "4", "--backpressure", "64"]
    return Child("web", [*command, "--no-ws", "--log-level", "warning"])


def worker() -> Child:
    return Child("worker", [sys.executable, "manage.py", "qcluster"])
