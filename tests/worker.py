"""A real supervisor and qcluster in processes of their own, on the database of the test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


class Worker:
    """`with Worker() as worker:` runs `manage.py serve --no-web`; leaving it stops it as Ctrl-C would."""

    def __enter__(self):
        call_command("createcachetable", "tandem_cache", verbosity=0)
        if broker():
            redis.Redis.from_url(broker()).flushdb()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--no-web"],
            cwd=ROOT,
            env={**os.environ, **environment()},
            start_new_session=True,
        )
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill_everything()
            raise

    def cluster(self):
        """The parent process of the qcluster, and below it its workers; None while it is not there."""
        for child in psutil.Process(self.process.pid).children():
            if "qcluster" in " ".join(child.cmdline()):
                return child
        return None

    def kill_cluster(self):
        """SIGKILL to the qcluster and all its workers, at this instant."""
        cluster = self.cluster()
        for process in [*cluster.children(recursive=True), cluster]:
            process.kill()

    def kill_everything(self):
        for process in [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]:
            process.kill()


def environment() -> dict[str, str]:
    """The settings of the product itself, pointed at the database and the broker of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database).replace(":@", "@")
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": url,
        "REDIS_URL": broker(),
        "SECRET_KEY": settings.SECRET_KEY,
        "PUBLIC_URL": settings.PUBLIC_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "LOG_LEVEL": "WARNING",
    }


def broker() -> str:
    """TEST_REDIS_URL, with a database of its own for each of the processes that pytest runs side by side; "" without Redis."""
    given = os.environ.get("TEST_REDIS_URL", "")
    if not given:
        return ""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    base, _, database = given.rpartition("/")
    return f"{base}/{int(database or 0) + number}"


def wait_until(true: Callable[[], bool], seconds: float = 30, what: str = "it") -> None:
    """Ask every tenth of a second; fails with a sentence."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"After {seconds} s {what} is still not true.")
