"""Imports and bulk work whose workers are killed, one after the other: no row lost, none doubled, each told once."""

import io
import os
import subprocess
import sys
from collections import Counter

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from crm import jobs
from crm.actions.bulk import revert_run, start_run
from crm.actions.imports import check_import, map_import, revert_import, run_import, start_import
from crm.models import Account, Activity, BulkRun, Contact, Deletion, Import, Interaction, Notification, Tagging
from sales.models import AssignmentRule, Lead
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.deals import AssignmentRuleFactory
from tests.jobs import drain
from tests.worker import ROOT, Worker, environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, BULK = "crm.tasks.work_on_import", "crm.tasks.work_on_bulk_run"
ROWS, EXPORTED = 60, 2100
EARLY, OFTEN = (12, 25, 33, 47), (9, 14, 21, 26, 31)
"""Statements before which the workers die: of a batch, of the end of one, of its progress, wherever they fall."""


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def die(task, pk, statements, batch=10):
    """How the workers ended; the claim of the last one is forgotten, as the supervisor would."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.doomed", task, str(pk), str(batch), *map(str, statements)],
        cwd=ROOT, env={**os.environ, **environment(), "TANDEM_WORKER": "doomed"}, check=True, timeout=300,
        capture_output=True, text=True,
    )  # fmt: skip
    jobs.forget_claims_of("doomed")
    ends = done.stdout.split()
    assert "failed" not in ends, done.stderr
    return ends


def finish():
    """Another worker, who lives."""
    drain()


def people(count):
    lines = [
        "broken@,Ohne,,,\n" if n % 20 == 19 else f"p{n}@c.example,Rao{n},Company {n % 7},Pune,fair\n"
        for n in range(count)
    ]
    return "Email,Last name,Company,City,Tags\n" + "".join(lines)


def begun(text, by, kind="crm.contact", **options):
    of = start_import(io.BytesIO(text.encode()), "file.csv", by, kind=kind)
    of = map_import(of, mapping=of.mapping, by=by, **options)
    return check_import(of, by=by)


def counts(of):
    return (of.status, of.created_count, of.updated_count, of.unchanged_count, of.error_count, of.skipped_count)


def entries(model, action=LogEntry.Action.CREATE):
    """How often each record has such an entry in the history."""
    kind = ContentType.objects.get_for_model(model)
    return Counter(LogEntry.objects.filter(content_type=kind, action=action).values_list("object_id", flat=True))


def steps(of):
    return list(of.steps.values_list("what", flat=True))


def every_contact_came_once(of, count, bad):
    of.refresh_from_db()
    assert counts(of) == ("done", count - bad, 0, 0, bad, 0), of.problem
    assert of.handled == count
    emails = Counter(Contact.objects.values_list("email", flat=True))
    assert emails == {f"p{n}@c.example": 1 for n in range(count) if n % 20 != 19}
    assert entries(Contact) == dict.fromkeys(Contact.objects.values_list("pk", flat=True), 1)
    assert Counter(Account.objects.values_list("name", flat=True)) == {f"Company {n}": 1 for n in range(7)}
    assert entries(Account) == dict.fromkeys(Account.objects.values_list("pk", flat=True), 1)
    heard = Interaction.objects.filter(kind="contact.imported").values_list("contact", flat=True)
    assert Counter(heard) == dict.fromkeys(Contact.objects.values_list("pk", flat=True), 1)
    tagged = Tagging.objects.filter(tag__name="fair").values_list("record_id", flat=True)
    assert Counter(tagged) == dict.fromkeys(Contact.objects.values_list("pk", flat=True), 1)
    assert steps(of) == ["uploaded", "mapped", "checked", "started", "done"]
    assert Notification.objects.filter(key=f"import:{of.pk}:done").count() == 1


def test_an_import_of_contacts_whose_workers_are_killed_brings_each_of_them_once(administrator):
    of = begun(people(ROWS), administrator)
    assert "killed" in die(IMPORT, of.pk, EARLY)
    finish()
    of.refresh_from_db()
    assert counts(of) == ("checked", 57, 0, 0, 3, 0)
    assert not Contact.objects.exists()
    run_import(of, by=administrator)
    assert die(IMPORT, of.pk, (9, 14, 21, 26, 38, 52)).count("killed") >= 5
    assert 0 < Contact.objects.count() < 57
    finish()
    every_contact_came_once(of, ROWS, bad=3)


def test_a_revert_whose_workers_are_killed_takes_each_of_them_back_once(administrator):
    of = begun(people(ROWS), administrator)
    finish()
    run_import(of, by=administrator)
    finish()
    of.refresh_from_db()
    revert_import(of, by=administrator)
    assert die(IMPORT, of.pk, (15, 40, 80, 120)).count("killed") == 4
    finish()
    of.refresh_from_db()
    assert (of.status, of.reverted_count, of.kept_count) == ("reverted", 57, 0)
    assert not Contact.objects.alive().exists()
    assert not Account.objects.alive().exists()
    binned = Deletion.objects.filter(record_type__model="contact").values_list("record_id", flat=True)
    assert Counter(binned) == dict.fromkeys(Contact.objects.values_list("pk", flat=True), 1)
    assert steps(of).count("reverted") == 1


def test_an_import_row_by_row_whose_workers_are_killed_brings_each_activity_once(administrator):
    ContactFactory(email="asha@c.example")
    lines = "".join(
        f"{'Call' if n % 10 else 'Tango'},Call {n},asha@c.example,2026-05-{n % 28 + 1:02},done\n" for n in range(ROWS)
    )
    of = begun("Kind,Subject,Contact,Due,Status\n" + lines, administrator, kind="crm.activity")
    assert "killed" in die(IMPORT, of.pk, EARLY)
    finish()
    of.refresh_from_db()
    run_import(of, by=administrator)
    assert die(IMPORT, of.pk, (40, 77, 111, 250)).count("killed") == 4
    assert 0 < Activity.objects.count() < 54
    finish()
    of.refresh_from_db()
    assert counts(of) == ("done", 54, 0, 0, 6, 0), of.problem
    subjects = Counter(Activity.objects.values_list("subject", flat=True))
    assert subjects == {f"Call {n}": 1 for n in range(ROWS) if n % 10}
    assert entries(Activity) == dict.fromkeys(Activity.objects.values_list("pk", flat=True), 1)


def test_an_import_of_leads_whose_workers_are_killed_gives_each_of_them_to_one_seller(administrator):
    AssignmentRule.objects.all().delete()
    rule, sellers = AssignmentRuleFactory(), UserFactory.create_batch(2, roles=["rep"])
    rule.users.set(sellers)
    lines = "".join(f"Bikes,Rao{n},p{n}@c.example\n" for n in range(ROWS))
    of = begun("Topic,Last name,Email\n" + lines, administrator, kind="sales.lead", assigns_by_rules=True)
    finish()
    run_import(of, by=administrator)
    assert die(IMPORT, of.pk, (60, 200, 260, 500)).count("killed") == 4
    assert 0 < Lead.objects.count() < ROWS
    finish()
    of.refresh_from_db()
    assert counts(of) == ("done", ROWS, 0, 0, 0, 0), of.problem
    assert Counter(Lead.objects.values_list("owner", flat=True)) == {seller.pk: ROWS / 2 for seller in sellers}
    given = Interaction.objects.filter(kind="lead.assigned").values_list("contact", flat=True)
    assert Counter(given) == dict.fromkeys(Contact.objects.values_list("pk", flat=True), 1)
    assert Notification.objects.filter(key__startswith=f"import:{of.pk}:given:").count() == 2


def edited(by, count):
    Contact.objects.bulk_create(ContactFactory.build_batch(count, city="Pune"))
    return start_run("crm.contact", "edit", Contact.objects.all(), values={"field": "city", "value": "Kiel"}, by=by)


def every_contact_says(city, version, changes):
    assert Counter(Contact.objects.values_list("city", "version")) == {(city, version): Contact.objects.count()}
    made = entries(Contact, LogEntry.Action.UPDATE)
    assert made == dict.fromkeys(Contact.objects.values_list("pk", flat=True), changes)


def test_a_bulk_edit_whose_workers_are_killed_changes_each_row_once_and_so_does_its_revert(administrator):
    run = edited(administrator, 120)
    assert die(BULK, run.pk, OFTEN).count("killed") == 5
    run.refresh_from_db()
    assert 0 < run.handled < 120
    finish()
    run.refresh_from_db()
    assert (run.status, run.done_count, run.skipped_count, run.failed_count) == ("done", 120, 0, 0)
    every_contact_says("Kiel", 2, changes=1)
    assert Notification.objects.filter(key=f"bulk:{run.pk}").count() == 1
    undoing = revert_run(run, by=administrator)
    assert die(BULK, undoing.pk, OFTEN).count("killed") == 5
    finish()
    undoing.refresh_from_db()
    assert (undoing.status, undoing.done_count) == ("done", 120)
    every_contact_says("Pune", 3, changes=2)


def test_an_export_whose_workers_are_killed_holds_each_row_once(administrator):
    Contact.objects.bulk_create(ContactFactory.build_batch(EXPORTED))
    chosen = Contact.objects.order_by("email")
    values = {"format": "csv", "columns": ["email"]}
    run = start_run("crm.contact", "export", chosen, values=values, by=administrator)
    assert die(BULK, run.pk, OFTEN, batch=200).count("killed") == 5
    finish()
    run.refresh_from_db()
    with run.file.open() as file:
        lines = file.read().decode("utf-8-sig").split()
    assert lines == ["Email", *sorted(Contact.objects.values_list("email", flat=True))]


@pytest.mark.worker
def test_a_bulk_edit_goes_on_within_seconds_after_the_whole_cluster_was_killed(administrator):
    run = edited(administrator, 3000)
    how_far = BulkRun.objects.filter(pk=run.pk)
    with Worker() as worker:
        wait_until(lambda: how_far.get().handled > 0, 120, "the first batch")
        worker.kill_cluster()
        had = how_far.get().handled
        wait_until(lambda: how_far.get().status == "done", 180, "the run")
    assert had < 3000
    every_contact_says("Kiel", 2, changes=1)


@pytest.mark.soak
@pytest.mark.parametrize("stride", [1, 7])
def test_whatever_the_statement_a_worker_dies_at_each_contact_comes_once(administrator, stride):
    of = begun(people(ROWS), administrator)
    die(IMPORT, of.pk, range(5, 90, stride))
    finish()
    of.refresh_from_db()
    run_import(of, by=administrator)
    die(IMPORT, of.pk, range(5, 130, stride))
    finish()
    every_contact_came_once(of, ROWS, bad=3)


@pytest.mark.soak
def test_an_import_of_50_000_contacts_goes_on_after_every_kill_of_the_cluster(administrator):
    of = begun(people(50_000), administrator)
    how_far = Import.objects.filter(pk=of.pk)
    with Worker() as worker:
        wait_until(lambda: how_far.get().status == "checked", 600, "the check")
        run_import(how_far.get(), by=administrator)
        for part in (5_000, 20_000, 35_000):
            wait_until(lambda part=part: how_far.get().position > part, 600, f"line {part}")
            worker.kill_cluster()
        wait_until(lambda: how_far.get().status == "done", 600, "the import")
    every_contact_came_once(of, 50_000, bad=2_500)
