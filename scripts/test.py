"""Run the tests on every database and broker that this machine has, and say at the end which those were.

SQLite always, with it the tests that look at pages alone (marked “once”); PostgreSQL and Redis from TEST_DATABASE_URL and
TEST_REDIS_URL, or throw-away servers of their own on free ports where the binaries exist. A server that somebody runs here
is never used unasked.
"""

from __future__ import annotations

import argparse
import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.debian import CHROMIUM, need_chromium, need_dovecot


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--soak", action="store_true", help="only the long kill and load tests")
    arguments = options.parse_args()
    browser, imap = need_chromium(), need_dovecot()
    marker = "soak" if arguments.soak else "not soak"
    ran: list[str] = []
    code = pytest("SQLite, ORM broker", ran, marker)
    with postgresql() as database, redis() as broker:
        if database:
            environment = {"TEST_DATABASE_URL": database, "TEST_REDIS_URL": broker or ""}
            again = f"{marker} and not once"
            code |= pytest(f"PostgreSQL, {'Redis' if broker else 'ORM'} broker", ran, again, environment)
    print()
    for line in ran:
        print(f"ran with: {line}")
    if not database:
        print("not run: PostgreSQL (no TEST_DATABASE_URL, and no initdb on this machine: apt-get install postgresql)")
    if database and not broker:
        print("not run: Redis (no TEST_REDIS_URL, and no redis-server on this machine: apt-get install redis-server)")
    print(f"browser: {CHROMIUM}" if browser else "not run: browser tests (no Chromium: apt-get install chromium)")
    print(f"IMAP: {imap}" if imap else "not run: mailboxes over IMAP (no Dovecot: apt-get install dovecot-imapd)")
    return code


def pytest(name: str, ran: list[str], marker: str, environment: dict[str, str] | None = None) -> int:
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-m", marker, "-n", "2", "--dist", "loadfile"]
    code = subprocess.call(command, env={**os.environ, **(environment or {})})
    ran.append(f"{name} ({'passed' if code == 0 else 'FAILED'}, {time.monotonic() - start:.0f} s)")
    return code


@contextmanager
def postgresql() -> Iterator[str]:
    """A database URL: the given one, or that of a cluster made for this run; "" where there is none to be had."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    folders = [os.path.dirname(p) for p in sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)]
    found = shutil.which("initdb")
    bin_folder = folders[0] if folders else os.path.dirname(found) if found else ""
    if given or not bin_folder:
        yield given
        return
    user = unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="tandem-pg-", ignore_cleanup_errors=True) as home:
        shutil.chown(home, user)
        port, data = free_port(), f"{home}/data"
        quiet = {
            "user": user,
            "stdout": subprocess.DEVNULL,
            "cwd": home,
            "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        }
        subprocess.check_call(
            [f"{bin_folder}/initdb", "-D", data, "-U", "tandem", "-A", "trust", "-E", "UTF8"], **quiet
        )
        settings = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        control = [f"{bin_folder}/pg_ctl", "-D", data, "-w", "-o", settings, "-l", f"{home}/log"]
        subprocess.check_call([*control, "start"], **quiet)
        try:
            yield f"postgres://tandem@127.0.0.1:{port}/tandem"
        finally:
            subprocess.call([f"{bin_folder}/pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis URL, likewise."""
    given = os.environ.get("TEST_REDIS_URL", "")
    if given or not shutil.which("redis-server"):
        yield given
        return
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def unprivileged_user() -> str:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
