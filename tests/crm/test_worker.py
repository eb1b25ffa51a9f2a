"""The worker, for real: a supervisor, a qcluster, this test's database and broker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import jobs
from crm.models import Claim, JobRun
from tests.worker import wait_until

pytestmark = [pytest.mark.worker]


def has_beaten(since):
    return JobRun.objects.filter(name=jobs.HEARTBEAT, finished_at__gt=since).exists()


def test_the_worker_runs_what_is_due_and_stops_on_a_signal(worker):
    wait_until(lambda: has_beaten(timezone.now() - timedelta(seconds=10)), 40, "a heartbeat")


def test_a_killed_cluster_is_started_again_and_its_claims_are_free(worker):
    start = timezone.now()
    wait_until(lambda: has_beaten(start), 40, "a heartbeat")
    Claim.objects.create(token="held", worker="somebody else", beat_at=timezone.now())
    before = worker.cluster().pid
    worker.kill_cluster()
    killed_at = timezone.now()
    wait_until(lambda: has_beaten(killed_at + timedelta(milliseconds=1)), 30, "a heartbeat after the kill")
    assert worker.cluster().pid != before
    assert set(Claim.objects.filter(beat_at__lt=killed_at).values_list("token", flat=True)) == {"held"}
