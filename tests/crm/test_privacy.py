"""Privacy: what is known from where, everything as a file, and a person forgotten everywhere but for the proof."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from crm.actions.activities import log_activity
from crm.actions.attachments import attach_file
from crm.actions.consent import contact_point, give_consent
from crm.actions.digests import send_due_digests
from crm.actions.notifications import notify
from crm.actions.privacy import clear_old_data, forget_person, hash_of
from crm.delivery.queueing import send_one
from crm.errors import Invalid, NotAllowed
from crm.hooks import personal
from crm.log.recording import record
from crm.models import Attachment, Consent, Contact, Erasure, Interaction, Letter, Notification, OutboxItem
from sales.actions.leads import capture_lead
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

NAME = "Zebulon"


@pytest.fixture
def known(manager):
    """A person about whom much is known; her name stands in every kind of text."""
    lead, _ = capture_lead(
        topic=f"{NAME} wants turbines", email=f"{NAME}@example.com", first_name=NAME, last_name="Quist", company=f"{NAME} AG",
        phone="+49 170 1234567", by=manager,
    )  # fmt: skip
    person = lead.contact
    person.job_title = f"{NAME}'s deputy"
    person.save()
    log_activity(kind="call", subject=f"Called {NAME}", body=f"{NAME} said yes", by=manager, regarding=lead)
    attach_file(person, SimpleUploadedFile(f"{NAME}.txt", NAME.encode()), by=manager)
    record("form.submitted", contact=person, data={"title": f"Form of {NAME}"})
    send_one(to=person.email, contact=person, subject=f"Hello {NAME}", text=NAME, key="hello")
    give_consent(contact_point(person.email, "email"), purpose="commercial", source="A form")
    notify(manager, f"New lead: {person}", lead.get_absolute_url())
    OpportunityFactory(contact=person, account=None, topic=f"Turbines for {NAME}", owner=manager)
    return person


def words_left(*, but=()):
    """The tables in which the name still stands, in any text or JSON."""
    found = set()
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed} - set(but)
    with connection.cursor() as sql:
        for table in tables:
            if connection.vendor == "postgresql":
                sql.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %s", [f"%{NAME}%"])
            else:
                columns = [row[1] for row in sql.execute(f"PRAGMA table_xinfo({table})").fetchall()]
                any_of = " OR ".join(f'CAST("{column}" AS TEXT) LIKE %s' for column in columns)
                sql.execute(f"SELECT count(*) FROM {table} WHERE {any_of}", [f"%{NAME}%"] * len(columns))
            if sql.fetchone()[0]:
                found.add(table)
    return found


@pytest.mark.parametrize("mode", ["anonymise", "erase"])
def test_a_forgotten_person_stands_nowhere_but_in_the_proof_of_her_consent(known, manager, run_jobs, mode):
    """Her letter lies in the Outbox, and so does the morning's digest that told the manager of her."""
    send_due_digests(timezone.now().replace(hour=9))
    run_jobs()
    assert set(OutboxItem.objects.values_list("to", flat=True)) == {"zebulon@example.com", manager.email}
    proof = forget_person(known, mode=mode, reason="She asked", by=manager)
    assert words_left() == {"crm_contactpoint"}
    known.refresh_from_db()
    assert (str(known), known.email, known.is_active) == ("Erased person", "", False)
    assert (proof.address_hash, proof.kept) == (hash_of("zebulon@example.com"), {"crm.consent": 1})
    assert Consent.objects.filter(point__value="zebulon@example.com", granted=True).count() == 1


def test_anonymising_keeps_the_numbers_and_erasing_does_not(known, manager):
    before = Interaction.objects.filter(contact=known).count()
    forget_person(known, mode="anonymise", reason="Old", by=manager)
    assert Interaction.objects.filter(contact=known).count() == before
    forget_person(known, mode="erase", reason="She asked", by=manager)
    assert not Interaction.objects.filter(contact=known).exists()
    assert known.opportunities.count() == 1


def test_the_bytes_of_her_files_go_too(known, manager, django_capture_on_commit_callbacks):
    stored = Attachment.objects.get().file
    with django_capture_on_commit_callbacks(execute=True):
        forget_person(known, mode="anonymise", reason="She asked", by=manager)
    assert not stored.storage.exists(stored.name)


def test_a_person_is_forgotten_once_and_with_a_reason(known, manager):
    with pytest.raises(Invalid, match="Say why"):
        forget_person(known, mode="erase", reason=" ", by=manager)
    forget_person(known, mode="erase", reason="She asked", by=manager)
    with pytest.raises(NotAllowed, match="already"):
        forget_person(known, mode="anonymise", reason="Again", by=manager)


def test_the_history_says_that_and_not_what_was_forgotten(known, manager):
    forget_person(known, mode="erase", reason="She asked", by=manager)
    newest = LogEntry.objects.get_for_object(known).first()
    assert (newest.changes, newest.object_repr, newest.additional_data) == (
        {"erased": ["", "erase"]}, "Erased person", {"source": "privacy"},
    )  # fmt: skip


def test_whatever_points_at_a_contact_is_declared_as_personal_data():
    pointing = {
        relation.related_model._meta.label_lower
        for relation in Contact._meta.related_objects
        if relation.related_model is not Contact
    }
    nothing_of_hers = {"crm.account", "crm.erasure"}  # who is the first to call; the proof
    assert pointing - nothing_of_hers - {kind.name for kind in personal.all_personal_data()} == set()


def test_everything_about_her_is_one_file(client, known, administrator):
    client.force_login(administrator)
    answer = client.post(f"/contacts/{known.pk}/privacy/export/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    names = set(archive.namelist())
    assert {"crm.contact.json", "crm.consent.json", "crm.activity.json", "sales.lead.json", "crm.message.json"} <= names
    assert json.loads(archive.read("crm.contact.json"))[0]["email"] == "Zebulon@example.com"
    attachment = Attachment.objects.get()
    assert archive.read(f"files/{attachment.pk}-{attachment.name}") == NAME.encode()


def test_the_page_says_what_is_known_from_where(client, known, administrator):
    client.force_login(administrator)
    page = client.get(f"/contacts/{known.pk}/privacy/").content.decode()
    assert all(words in page for words in ("Lead created", "Form sent", "Consent", "Files"))
    assert "All that is known" in client.get(f"/records/crm.contact/{known.pk}/side/").content.decode()


def test_a_person_is_forgotten_on_the_page(client, known, administrator):
    client.force_login(administrator)
    address = f"/contacts/{known.pk}/privacy/forget/"
    assert client.post(address, {"mode": "erase", "reason": "She asked"}).status_code == 422
    client.post(address, {"mode": "erase", "reason": "She asked", "sure": "on"})
    assert Erasure.objects.get().by == administrator
    assert "Erased on" in client.get(f"/contacts/{known.pk}/privacy/").content.decode()


def test_privacy_requests_are_for_those_whose_role_says_so(client, known, rep, manager):
    client.force_login(manager)
    assert client.get(f"/contacts/{known.pk}/privacy/").status_code == 403
    assert client.post(f"/contacts/{known.pk}/privacy/export/").status_code == 403
    client.force_login(UserFactory(team=TeamFactory(name="South"), roles=["rep"]))
    assert client.get(f"/contacts/{known.pk}/privacy/").status_code == 404


def test_a_client_exports_and_forgets_by_the_api(client, known, administrator):
    client.force_login(administrator)
    answer = client.get(f"/api/v1/contacts/{known.pk}/personal-data/")
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    told = client.post(
        f"/api/v1/contacts/{known.pk}/forget/",
        {"mode": "erase", "reason": "She asked"},
        content_type="application/json",
    )
    assert (told.status_code, told.json()["mode"], Contact.objects.get(pk=known.pk).email) == (200, "erase", "")


def test_an_administrator_asks_whether_an_address_was_erased(client, known, administrator):
    forget_person(known, mode="erase", reason="She asked", by=administrator)
    client.force_login(administrator)
    yes = client.get("/admin/crm/erasure/?q=Zebulon@example.com").content.decode()
    no = client.get("/admin/crm/erasure/?q=other@example.com").content.decode()
    assert ("She asked" in yes, "She asked" in no) == (True, False)


def test_what_is_old_goes_by_the_days_an_administrator_sets(client, administrator):
    client.force_login(administrator)
    notify(administrator, "Read long ago")
    Notification.objects.update(read_at=timezone.now() - timedelta(days=40))
    assert clear_old_data(timezone.now()) == 0
    page = client.get("/admin/crm/erasure/retention/")
    days = {row["keeping"].name: row["field"].value() or "" for row in page.context["rows"]}
    assert client.post("/admin/crm/erasure/retention/", {**days, "crm.notifications": "0"}).status_code == 422
    client.post("/admin/crm/erasure/retention/", {**days, "crm.notifications": "30"})
    assert clear_old_data(timezone.now()) == 1
    assert not Notification.objects.exists()


def test_a_prospect_nobody_heard_of_is_anonymised_in_time(administrator):
    from crm.actions.privacy import set_retention

    long_ago = timezone.now() - timedelta(days=800)
    quiet, lively = ContactFactory.create_batch(2, is_prospect=True)
    Contact.objects.update(created_at=long_ago)
    record("page.visited", contact=lively)
    set_retention({"crm.prospects": 730}, by=administrator)
    clear_old_data(timezone.now())
    quiet.refresh_from_db()
    lively.refresh_from_db()
    assert (str(quiet), lively.is_active) == ("Erased person", True)


def test_a_letter_to_her_has_no_words_left(known, manager):
    forget_person(known, mode="anonymise", reason="She asked", by=manager)
    assert {letter.text for letter in Letter.objects.all()} == {""}
