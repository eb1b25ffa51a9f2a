"""The kill test: SIGKILL in mid-send loses nothing and repeats at most what was on the wire."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller

from crm import jobs
from crm.delivery.queueing import send_one
from crm.models import Interaction, Message
from tests.crm.delivery.conftest import Inbox, free_port
from tests.factories.crm import ContactFactory, SenderFactory, UserFactory
from tests.worker import ROOT, Worker, environment, wait_until

PEOPLE = 200
CONNECTIONS = 3
GOES_ON_WITHIN = 20
"""Seconds from the kill to the next mail on a busy machine: seen within a second, a start of Django, a nudge."""


class SlowInbox(Inbox):
    """Takes its time for each mail, so that the kill comes in the middle."""

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(0.02)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def sink(monkeypatch):
    inbox, port = SlowInbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}")
    yield inbox
    controller.stop()


@pytest.fixture
def letters(transactional_db):
    UserFactory()
    SenderFactory(is_default=True)
    for number in range(PEOPLE):
        contact = ContactFactory()
        send_one(to=contact.email, subject=f"Letter {number}", text="Hello", contact=contact)


def all_have_it_and_repeats_are_few(inbox: Inbox, processes: int) -> None:
    """Equal Message-IDs tell a repeat; at most one mail per connection is given to a socket without a reply."""
    got = Counter(to for to, _ in inbox.mails)
    assert set(got) == set(Message.objects.values_list("address", flat=True))
    assert len(inbox.mails) - PEOPLE <= CONNECTIONS * processes
    ids = Counter(mail["Message-ID"] for _, mail in inbox.mails)
    assert ids == Counter({row.message_id: got[row.address] for row in Message.objects.all()})
    assert Interaction.objects.filter(kind="email.sent").count() == PEOPLE


def test_a_sender_killed_in_mid_send_is_resumed_without_loss(letters, sink):
    sender = subprocess.Popen(
        [sys.executable, "-m", "tests.crm.delivery.sender_process"],
        cwd=ROOT,
        env={**os.environ, **environment(), "TANDEM_WORKER": "doomed"},
    )
    wait_until(lambda: len(sink.mails) >= 70, 120, "the first mails")
    sender.kill()
    sender.wait()
    time.sleep(0.2)  # the mails on the wire arrive
    assert len(sink.mails) < PEOPLE
    assert Message.objects.filter(status="due").exclude(claim=None).exists()
    jobs.forget_claims_of("doomed")
    heir = [sys.executable, "-m", "tests.crm.delivery.sender_process"]
    subprocess.run(heir, cwd=ROOT, env={**os.environ, **environment()}, check=True, timeout=120)
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    all_have_it_and_repeats_are_few(sink, processes=1)


@pytest.mark.worker
def test_the_supervisor_goes_on_within_seconds_after_the_whole_cluster_was_killed(letters, sink):
    with Worker() as worker:
        wait_until(lambda: len(sink.mails) >= 50, 120, "the first mails")
        worker.kill_cluster()
        killed_at = time.monotonic()
        time.sleep(0.2)  # the mails on the wire arrive
        had = len(sink.mails)
        assert had < PEOPLE
        wait_until(lambda: len(sink.mails) > had, GOES_ON_WITHIN - (time.monotonic() - killed_at), "the next mail")
        wait_until(lambda: not Message.objects.filter(status="due").exists(), 150, "everything sent")
    all_have_it_and_repeats_are_few(sink, processes=2)
