"""Bulk work by its faces: the bar, the dialog, the page of a run, the API, the files of an export."""

from io import BytesIO

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from crm.actions.bulk import start_run
from crm.actions.tags import tag_records
from crm.models import BulkRun, Contact
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def do(kind, action):
    return reverse("crm:bulk-do", args=[kind, action])


def test_the_bar_offers_what_the_role_may(client, rep):
    client.force_login(rep)
    bar = client.get(reverse("crm:bulk-bar", args=["crm.account"])).content.decode()
    assert ("Assign" in bar, "Export" in bar, "Delete" in bar, "Restore" in bar) == (True, True, False, False)
    leads = client.get(reverse("crm:bulk-bar", args=["sales.lead"])).content.decode()
    assert "Disqualify" in leads


def test_the_dialog_says_what_it_will_do_and_the_list_what_it_did(client, administrator):
    contacts = ContactFactory.create_batch(2)
    client.force_login(administrator)
    ids = {"ids": [c.pk for c in contacts]}
    asked = client.post(do("crm.contact", "delete"), ids, **HTMX).content.decode()
    assert "Delete 2 contacts" in asked
    answered = client.post(do("crm.contact", "delete"), {**ids, "go": "1"}, **HTMX)
    assert (answered.status_code, answered["HX-Refresh"]) == (204, "true")
    page = client.get(reverse("crm:bulk-runs")).content.decode()
    assert "Delete: 2 done." in page
    assert "Undo" in page
    run = BulkRun.objects.get()
    client.post(reverse("crm:bulk-revert", args=[run.pk]))
    assert Contact.objects.alive().count() == 2


def test_all_that_match_are_the_rows_of_the_query(client, administrator):
    ContactFactory.create_batch(2, city="Kiel")
    ContactFactory(city="Bonn")
    client.force_login(administrator)
    chosen = {"all": "1", "query": "city=Kiel", "expected": "2"}
    assert "Tag 2 contacts" in client.post(do("crm.contact", "tag"), chosen, **HTMX).content.decode()
    client.post(do("crm.contact", "tag"), {**chosen, "tags": "VIP", "go": "1"}, **HTMX)
    assert BulkRun.objects.get().done_count == 2
    late = client.post(do("crm.contact", "tag"), {**chosen, "expected": "5", "tags": "VIP", "go": "1"}, **HTMX)
    assert (late.status_code, "There are 2 by now" in late.content.decode()) == (422, True)


def test_a_wrong_answer_comes_back_with_its_error(client, administrator):
    client.force_login(administrator)
    posted = {"ids": [ContactFactory().pk], "field": "email", "value": "nobody", "go": "1"}
    answered = client.post(do("crm.contact", "edit"), posted, **HTMX)
    assert (answered.status_code, "valid email" in answered.content.decode()) == (422, True)


def test_the_page_of_a_run_shows_results_and_reasons_and_nothing_to_another_team(client, administrator, rep):
    other = UserFactory(team=TeamFactory(), roles=["rep"])
    mine, foreign = AccountFactory(owner=rep, name="Mine"), AccountFactory(owner=other, name="Foreign")
    client.force_login(rep)
    posted = {"ids": [mine.pk, foreign.pk], "field": "city", "value": "Kiel", "go": "1"}
    client.post(do("crm.account", "edit"), posted)
    run = BulkRun.objects.get()
    page = client.get(reverse("crm:bulk-run", args=[run.pk])).content.decode()
    assert ("City: Kiel" in page, "Revert" in page) == (True, True)
    left_out = client.get(reverse("crm:bulk-items", args=[run.pk, "skipped"])).content.decode()
    assert "Foreign" in left_out
    assert "does not let you change it" in left_out
    lines = b"".join(client.get(reverse("crm:bulk-failures", args=[run.pk])).streaming_content).decode("utf-8-sig")
    assert lines.splitlines()[1].startswith(f"{foreign.pk},Foreign,Left out,")
    client.force_login(other)
    for name, more in (("bulk-run", []), ("bulk-items", ["done"]), ("bulk-failures", [])):
        assert client.get(reverse(f"crm:{name}", args=[run.pk, *more])).status_code == 404
    assert client.post(reverse("crm:bulk-revert", args=[run.pk])).status_code == 404


# Export


def export(by, **values):
    return start_run(
        "crm.contact", "export", Contact.objects.visible_to(by).order_by("-last_name"), values=values, by=by
    )


def fetched(answered):
    """The bytes of a download; its file is closed, as the server does."""
    try:
        return b"".join(answered.streaming_content)
    finally:
        for closer in answered._resource_closers:
            closer()
        answered._resource_closers.clear()


def content(run):
    with run.file.open("rb") as file:
        return file.read()


def test_a_small_export_is_downloaded_at_once_in_the_lists_order(client, administrator):
    asha = ContactFactory(first_name="Asha", last_name="=cmd()", phone="+49 40 12", owner=administrator, country="DE")
    ContactFactory(first_name="Böb", last_name="Zö", country="IN")
    tag_records([asha], ["VIP", "Fair"], by=administrator)
    client.force_login(administrator)
    posted = {"all": "1", "query": "sort=-last_name", "format": "csv", "which": "shown", "go": "1"}
    posted["columns"] = ["first_name", "last_name", "phone", "country", "owner", "tags"]
    answered = client.post(do("crm.contact", "export"), posted)
    assert answered["Content-Disposition"].startswith('attachment; filename="Contacts ')
    assert fetched(answered).decode() == (
        "\ufeffFirst name,Last name,Phone,Country,Owner,Tags\r\n"
        "Böb,Zö,,India,,\r\n"
        'Asha,\'=cmd(),+49 40 12,Germany,Ada Admin,"Fair, VIP"\r\n'
    )


def test_a_raw_export_has_names_of_fields_codes_and_addresses(administrator):
    asha = ContactFactory(country="DE", owner=administrator, is_prospect=True)
    run = export(administrator, format="csv", columns=["country", "owner", "is_prospect"], raw=True)
    text = content(run).decode("utf-8-sig")
    assert text == f"id,country,owner,is_prospect\r\n{asha.pk},DE,ada@tandem.example,yes\r\n"


def test_a_long_export_is_a_job_and_a_spreadsheet_reads_it(administrator, run_jobs, monkeypatch):
    from crm.hooks import bulk_actions

    monkeypatch.setitem(bulk_actions.get("crm.contact", "export").__dict__, "at_once", 10)
    ContactFactory.create_batch(120, city="Pune <& Co>")
    run = export(administrator, format="xlsx", columns=["last_name", "city", "created_at"])
    run_jobs()
    run.refresh_from_db()
    assert (run.status, run.done_count) == ("done", 120)
    sheet = CalamineWorkbook.from_filelike(BytesIO(content(run))).get_sheet_by_index(0).to_python()
    assert (len(sheet), sheet[0]) == (121, ["Last name", "City", "Created"])
    names = list(Contact.objects.order_by("-last_name").values_list("last_name", flat=True))
    assert [row[0] for row in sheet[1:]] == names
    assert {row[1] for row in sheet[1:]} == {"Pune <& Co>"}
    assert sheet[1][2].date() == run.created_at.date()


def test_nobody_fetches_the_file_of_another(client, administrator, manager):
    ContactFactory(owner=manager)
    run = export(manager, format="csv")
    client.force_login(manager)
    for address in (reverse("crm:bulk-file", args=[run.pk]), f"/api/v1/bulk-runs/{run.pk}/file/"):
        answered = client.get(address)
        assert (answered.status_code, len(fetched(answered)) > 100) == (200, True)
    client.force_login(administrator)
    assert client.get(reverse("crm:bulk-run", args=[run.pk])).status_code == 200
    for address in (reverse("crm:bulk-file", args=[run.pk]), f"/api/v1/bulk-runs/{run.pk}/file/"):
        assert client.get(address).status_code == 404


# The API


def test_a_client_starts_reads_and_reverts_a_run(client, administrator):
    contacts = ContactFactory.create_batch(2, city="Kiel")
    client.force_login(administrator)
    body = {"kind": "crm.contact", "action": "edit", "query": "city=Kiel", "values": {"field": "city", "value": "Bonn"}}
    made = client.post("/api/v1/bulk-runs/", body, "application/json", headers={"Idempotency-Key": "one"})
    again = client.post("/api/v1/bulk-runs/", body, "application/json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["done_count"], again.json()["id"]) == (201, 2, made.json()["id"])
    results = client.get(f"/api/v1/bulk-runs/{made.json()['id']}/results/").json()["results"]
    assert {row["record"] for row in results} == {c.pk for c in contacts}
    undone = client.post(f"/api/v1/bulk-runs/{made.json()['id']}/revert/")
    assert (undone.status_code, undone.json()["reverts"]) == (201, made.json()["id"])
    assert set(Contact.objects.values_list("city", flat=True)) == {"Kiel"}
    wrong = client.post("/api/v1/bulk-runs/", {**body, "values": {"field": "nothing"}}, "application/json")
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (400, "values.field")
