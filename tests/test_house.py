"""The house stands: migrations are complete, roles have their grants."""

import re

import pytest
from django.core.management import call_command

from config.env import ROOT
from config.states import PAGE, drawn
from crm import jobs
from crm.models import JobRun, RoleGrant


@pytest.mark.django_db
def test_no_model_waits_for_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_rep_may_change_the_contacts_of_the_own_team_only(rep):
    assert RoleGrant.objects.get(role__key="rep", resource="crm.contact", verb="change").get_depth_display() == "Team"


def test_every_recurring_job_runs_and_leaves_its_trace(db, run_jobs):
    run_jobs()
    ran = set(JobRun.objects.exclude(finished_at=None).filter(problem="").values_list("name", flat=True))
    assert {name for name, _ in jobs.recurring} - {jobs.HEARTBEAT} <= ran


def test_no_script_names_another_file_because_served_names_carry_a_hash():
    scripts = (ROOT / "static" / "js").glob("*.js")
    assert [
        path.name for path in scripts if re.search(r"^import\b|import\([\"']", path.read_text(), re.MULTILINE)
    ] == []


def test_the_drawn_life_cycles_are_those_of_the_code():
    assert PAGE.read_text() == drawn(), "Run `manage.py draw_states`."
