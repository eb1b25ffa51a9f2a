"""/healthz and the health page tell the truth about web, worker, supervisor and database."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm import jobs
from crm.models import JobRun
from crm.queries.health import SUPERVISOR

pytestmark = pytest.mark.django_db


def seen(name, ago=timedelta()):
    JobRun.objects.create(name=name, started_at=timezone.now() - ago, finished_at=timezone.now() - ago)


def test_all_is_well_when_worker_and_supervisor_were_seen_just_now(client):
    seen(jobs.HEARTBEAT)
    seen(SUPERVISOR)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["well"]) == (200, True)


def test_a_worker_that_ran_nothing_for_a_minute_is_not_well(client):
    seen(jobs.HEARTBEAT, ago=timedelta(minutes=1))
    seen(SUPERVISOR)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["worker"]["says"].startswith("The worker was last seen 60 s ago.")


def test_the_health_page_shows_jobs_and_readers_in_few_queries(client, administrator, django_assert_max_num_queries):
    seen(jobs.HEARTBEAT)
    client.force_login(administrator)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("crm:health"))
    assert page.status_code == 200
    assert jobs.HEARTBEAT in page.content.decode()


def test_a_rep_does_not_see_the_health_page(client, rep):
    client.force_login(rep)
    assert client.get(reverse("crm:health")).status_code in (302, 403, 404)
