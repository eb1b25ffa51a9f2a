"""A PostgreSQL cluster of a test's own, with fsync as in earnest, to be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil

from scripts.test import free_port, unprivileged_user

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
BIN = FOUND[0].parent if FOUND else None


class Cluster:
    """`with Cluster() as cluster:`; `cluster.url` names an empty database. It is gone afterwards."""

    def __enter__(self) -> Cluster:
        self.home, self.port = Path(tempfile.mkdtemp(prefix="tandem-cluster-")), free_port()
        self.url = f"postgres://tandem@127.0.0.1:{self.port}/postgres"
        shutil.chown(self.home, unprivileged_user())
        self._run("initdb", "-U", "tandem", "-A", "trust", "-E", "UTF8")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        settings = f"-p {self.port} -k {self.home} -c listen_addresses=127.0.0.1 -c fsync=on"
        self._run("pg_ctl", "start", "-w", "-t", "300", "-o", settings, "-l", str(self.home / "log"))

    def kill(self) -> None:
        """SIGKILL to all of it at this instant: what is not on the disk is lost."""
        postmaster = psutil.Process(int((self.home / "data/postmaster.pid").read_text().split()[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=30)

    def _run(self, program: str, *arguments: str) -> None:
        assert BIN
        subprocess.run(
            [BIN / program, "-D", self.home / "data", *arguments],
            user=unprivileged_user() if os.geteuid() == 0 else None,
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
