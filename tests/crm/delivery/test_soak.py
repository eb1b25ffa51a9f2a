"""A send of 20,000 whose worker, mail server and database are killed twenty times, at random moments: none is lost."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import psycopg
import pytest

from tests.cluster import BIN, Cluster
from tests.crm.delivery.conftest import free_port
from tests.worker import ROOT, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.once, pytest.mark.skipif(BIN is None, reason="There is no initdb here.")]

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "20000"))
KILLS = 20
CONNECTIONS = 4
SENDER, SERVER = "tests.crm.delivery.sender_process", "tests.crm.delivery.keeping_server"


class Stage:
    """The three that may die, each as often as it likes."""

    def __init__(self, cluster, folder):
        self.cluster, self.file, self.port = cluster, folder / "kept", free_port()
        self.file.touch()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "DATABASE_URL": cluster.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}?connections={CONNECTIONS}",
            "SECRET_KEY": "soak",
            "REDIS_URL": "",
            "MEDIA_ROOT": str(folder / "media"),
            "LOG_LEVEL": "ERROR",
            "TANDEM_WORKER": "soak",
        }

    def python(self, *arguments):
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment)

    def start_server(self):
        self.server = self.python("-m", SERVER, str(self.port), str(self.file))

    def start_worker(self):
        """As the supervisor does it: what the dead one had claimed is free at once."""
        self.ask("DELETE FROM crm_claim WHERE worker = 'soak'")
        self.worker = self.python("-m", SENDER, "all")

    def ask(self, sql):
        with psycopg.connect(self.cluster.url, autocommit=True) as database:
            found = database.execute(sql)
            return found.fetchall() if found.description else []

    def kept(self):
        return [tuple(line.split()) for line in self.file.read_text().splitlines()]

    def kill(self, what):
        match what:
            case "worker":
                self.worker.kill()
                self.worker.wait()
                self.start_worker()
            case "server":
                self.server.kill()
                self.server.wait()
                self.start_server()
            case "database":
                self.cluster.kill()
                self.worker.wait(60)  # it cannot store what it has sent, and ends
                self.cluster.start()
                self.start_worker()


@pytest.fixture
def stage(tmp_path):
    with Cluster() as cluster:
        stage = Stage(cluster, tmp_path)
        assert stage.python("manage.py", "migrate", "-v0").wait() == 0
        assert stage.python("-m", SENDER, "people", str(MESSAGES)).wait() == 0
        stage.start_server()
        stage.start_worker()
        yield stage
        for process in (stage.worker, stage.server):
            process.kill()
            process.wait()


def test_none_is_lost_whoever_is_killed_and_when(stage, record_property):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(MESSAGES // 100, MESSAGES - MESSAGES // 50), KILLS))
    kills = [chance.choice(["worker", "server", "database"]) for _ in moments]
    for moment, what in zip(moments, kills, strict=True):
        wait_until(lambda moment=moment: len(stage.kept()) >= moment, 300, f"mail {moment} (seed {seed})")
        stage.kill(what)
    finish(stage)
    kept = stage.kept()
    of_reader = dict(stage.ask("SELECT address, message_id FROM crm_message"))
    got = Counter(address for address, _ in kept)
    assert set(got) == set(of_reader), f"lost, with seed {seed}"
    assert {(address, of_reader[address]) for address in got} == set(kept)
    assert len(kept) - MESSAGES <= KILLS * CONNECTIONS, f"too many repeats, with seed {seed}"
    assert stage.ask("SELECT status, count(*) FROM crm_message GROUP BY 1") == [("sent", MESSAGES)]
    told = stage.ask("SELECT count(*), count(DISTINCT message_id) FROM crm_interaction WHERE kind = 'email.sent'")
    assert told == [(MESSAGES, MESSAGES)]
    record_property("kills", dict(Counter(kills)))
    record_property("repeats", len(kept) - MESSAGES)


def finish(stage):
    """What had no reply when the server died is tried again after a minute; so long nobody waits here."""
    end = time.monotonic() + 600
    while stage.ask("SELECT 1 FROM crm_message WHERE status = 'due' LIMIT 1"):
        assert time.monotonic() < end, "It does not come to an end."
        stage.ask("UPDATE crm_message SET due_at = now() WHERE status = 'due' AND claim IS NULL AND due_at > now()")
        if stage.worker.poll() is not None:
            stage.start_worker()
        time.sleep(0.5)
