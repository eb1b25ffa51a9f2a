"""A role without a verb is refused by every face that would do it, with a sentence; the record stays as it was."""

import pytest
from django.urls import reverse

from crm.actions.bulk import start_run
from crm.errors import Forbidden
from crm.models import Account, BulkRun, Contact, RoleGrant
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}
MADE_BY = {
    "crm.account": AccountFactory,
    "crm.contact": ContactFactory,
    "sales.lead": LeadFactory,
    "sales.opportunity": OpportunityFactory,
    "crm.activity": ActivityFactory,
}
API = {
    "crm.account": "accounts",
    "crm.contact": "contacts",
    "sales.lead": "leads",
    "sales.opportunity": "opportunities",
    "crm.activity": "activities",
}
every_kind = pytest.mark.parametrize("kind", MADE_BY)


@pytest.fixture
def colleague(team):
    return UserFactory(name="Cora Colleague", team=team, roles=["rep"])


@pytest.fixture
def without(rep):
    """without("assign"): the role of Rita loses this verb everywhere."""

    def take(verb):
        assert RoleGrant.objects.filter(role__key="rep", verb=verb).delete()[0]

    return take


def owner_of(record):
    return type(record)._base_manager.get(pk=record.pk).owner


@every_kind
def test_who_may_not_assign_gives_nothing_away(client, rep, colleague, without, kind):
    record = MADE_BY[kind](owner=rep)
    without("assign")
    client.force_login(rep)
    here = f"{kind}/{record.pk}"
    page = client.get(record.get_absolute_url()).content.decode()
    assert f"/records/{here}/assign/" not in page
    assert client.get(f"/records/{here}/assign/").status_code == 403
    refused = client.post(f"/records/{here}/assign/", {"owner": colleague.pk})
    assert (refused.status_code, "does not let you assign" in refused.content.decode()) == (403, True)
    typed = {"value": colleague.pk, "version": record.version, "seen": str(rep.pk)}
    assert client.post(f"/records/{here}/facts/owner/", typed).status_code in (403, 422)
    assert client.post(f"/lists/{here}/cells/owner/", typed).status_code in (403, 422)
    client.post(f"/records/{here}/edit/", {"owner": colleague.pk, "version": record.version})
    address = f"/api/v1/{API[kind]}/{record.pk}/"
    assert client.post(f"{address}assign/", {"owner": colleague.pk}, **JSON).status_code == 403
    assert client.patch(address, {"owner": colleague.pk}, **JSON).status_code in (200, 400, 403)
    assert owner_of(record) == rep


@every_kind
def test_who_may_not_assign_gives_nothing_away_in_bulk(client, rep, colleague, without, kind):
    record = MADE_BY[kind](owner=rep)
    without("assign")
    client.force_login(rep)
    assert "Assign" not in client.get(reverse("crm:bulk-bar", args=[kind])).content.decode()
    posted = {"ids": [record.pk], "owner": colleague.pk, "go": "1"}
    assert client.post(reverse("crm:bulk-do", args=[kind, "assign"]), posted).status_code == 403
    edited = {"ids": [record.pk], "field": "owner", "value": colleague.pk, "go": "1"}
    client.post(reverse("crm:bulk-do", args=[kind, "edit"]), edited)
    body = {"kind": kind, "action": "edit", "ids": [record.pk], "values": {"field": "owner", "value": colleague.pk}}
    client.post("/api/v1/bulk-runs/", body, **JSON)
    assert owner_of(record) == rep


@every_kind
def test_who_may_not_delete_deletes_by_no_face(client, rep, without, kind):
    record = MADE_BY[kind](owner=rep)
    without("delete")
    client.force_login(rep)
    door = f"/bin/delete/{kind}/{record.pk}/"
    assert door not in client.get(record.get_absolute_url()).content.decode()
    refused = client.post(door)
    assert (refused.status_code, "does not let you delete" in refused.content.decode()) == (403, True)
    assert client.delete(f"/api/v1/{API[kind]}/{record.pk}/").status_code == 403
    assert "Delete" not in client.get(reverse("crm:bulk-bar", args=[kind])).content.decode()
    posted = {"ids": [record.pk], "go": "1"}
    assert client.post(reverse("crm:bulk-do", args=[kind, "delete"]), posted).status_code == 403
    body = {"kind": kind, "action": "delete", "ids": [record.pk]}
    assert client.post("/api/v1/bulk-runs/", body, **JSON).status_code == 403
    assert type(record)._base_manager.filter(pk=record.pk, deleted_at=None).exists()


@every_kind
def test_who_may_not_export_gets_no_file(client, rep, without, kind):
    record = MADE_BY[kind](owner=rep)
    without("export")
    client.force_login(rep)
    assert "Export" not in client.get(reverse("crm:bulk-bar", args=[kind])).content.decode()
    posted = {"ids": [record.pk], "file_format": "csv", "go": "1"}
    refused = client.post(reverse("crm:bulk-do", args=[kind, "export"]), posted)
    assert (refused.status_code, "does not let you" in refused.content.decode()) == (403, True)
    body = {"kind": kind, "action": "export", "ids": [record.pk], "values": {"file_format": "csv"}}
    assert client.post("/api/v1/bulk-runs/", body, **JSON).status_code == 403
    assert client.get("/exports/").status_code == 403
    assert not BulkRun.objects.exists()


def test_a_bulk_deletion_leaves_out_each_row_that_the_depth_does_not_reach(rep, colleague):
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact").update(depth=2)
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="delete").update(depth=1)
    mine, hers = ContactFactory(owner=rep), ContactFactory(owner=colleague)
    run = start_run("crm.contact", "delete", Contact.objects.filter(pk__in=[mine.pk, hers.pk]), values={}, by=rep)
    assert (run.done_count, run.skipped_count) == (1, 1)
    assert "does not let you delete" in run.items.get(record_id=hers.pk).sentence
    assert list(Contact.objects.alive()) == [hers]


@pytest.mark.parametrize("kind", ["crm.account", "crm.contact", "sales.lead", "sales.opportunity"])
def test_who_may_not_import_begins_none(client, rep, without, kind):
    from django.core.files.uploadedfile import SimpleUploadedFile

    without("import")
    client.force_login(rep)
    file = SimpleUploadedFile("rows.csv", b"Name\nNew one\n", content_type="text/csv")
    page = client.post("/imports/new/", {"kind": kind, "file": file})
    assert page.status_code in (403, 422)
    file = SimpleUploadedFile("rows.csv", b"Name\nNew one\n", content_type="text/csv")
    assert client.post("/api/v1/imports/", {"kind": kind, "file": file}).status_code in (400, 403)


def test_a_run_without_the_verb_is_refused_whatever_face_began_it(rep, without):
    without("delete")
    with pytest.raises(Forbidden):
        start_run("crm.contact", "delete", Contact.objects.all(), values={}, by=rep)


NEW = {
    "crm.account": {"name": "Northwind"},
    "crm.contact": {"last_name": "Rao"},
    "crm.activity": {"kind": "task", "subject": "Ring them"},
}


@pytest.mark.parametrize("kind", NEW)
def test_who_may_not_assign_makes_nothing_for_somebody_else(client, rep, colleague, without, kind):
    without("assign")
    client.force_login(rep)
    address = f"/api/v1/{API[kind]}/"
    refused = client.post(address, {**NEW[kind], "owner": colleague.pk}, **JSON)
    assert (refused.status_code, "does not let you assign" in refused.content.decode()) == (403, True)
    assert client.post(address, {**NEW[kind], "owner": rep.pk}, **JSON).status_code == 201


def test_the_page_of_something_new_asks_for_the_right_to_assign_too(client, rep, colleague, without):
    without("assign")
    client.force_login(rep)
    refused = client.post(reverse("crm:account-add"), {"name": "Northwind", "owner": colleague.pk})
    assert refused.status_code in (403, 422)
    assert not Account.objects.exists()
