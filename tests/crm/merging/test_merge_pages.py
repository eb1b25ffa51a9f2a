"""Merging on the pages and over the API: compared field by field, followed by the old address, taken back."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from crm.actions.duplicates import raise_duplicates
from crm.actions.merging import merge_records
from crm.models import Contact, Merge
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(rep):
    asha = {"first_name": "Asha", "email": "asha@customer.example", "owner": rep}
    return ContactFactory(last_name="Rao", city="Pune", **asha), ContactFactory(last_name="Rao-Iyer", city="", **asha)


@pytest.fixture
def page(client, rep):
    client.force_login(rep)
    return client


def test_a_rep_merges_two_field_by_field_and_takes_it_back(page, two, django_assert_max_num_queries):
    stays, goes = two
    ActivityFactory(contact=goes)
    found = page.get(reverse("crm:record-merge", args=["crm.contact", stays.pk]))
    assert "Asha Rao-Iyer" in found.text
    assert "same email" in found.text
    address = reverse("crm:merge", args=["crm.contact", stays.pk, goes.pk])
    page.get(address)
    with django_assert_max_num_queries(20):
        shown = page.get(address)
    assert "<b>1</b> activity" in shown.text
    sent = {"take.last_name": "theirs", "take.city": "mine", "versions": f"{stays.version},{goes.version}"}
    answer = page.post(address, sent)
    merge = Merge.objects.get()
    assert answer.url == reverse("crm:merged", args=[merge.pk])
    with django_assert_max_num_queries(20):
        told = page.get(answer.url).text
    assert "<del>Rao</del> → <ins>Rao-Iyer</ins>" in told
    assert "1 activity" in told
    assert "Asha Rao-Iyer → Asha Rao" in page.get(reverse("crm:merges")).text
    page.post(reverse("crm:merge-undo", args=[merge.pk]))
    stays.refresh_from_db()
    assert stays.last_name == "Rao"
    assert "Undone" in page.get(answer.url).text


def test_a_stale_page_says_so_and_keeps_what_was_chosen(page, two):
    stays, goes = two
    Contact.objects.filter(pk=stays.pk).update(version=7)
    address = reverse("crm:merge", args=["crm.contact", stays.pk, goes.pk])
    answer = page.post(address, {"take.last_name": "theirs", "versions": "1,1"})
    assert answer.status_code == 422
    assert "Somebody else saved one of the two" in answer.text
    assert 'name="take.last_name" value="theirs" checked' in answer.text
    assert not Merge.objects.exists()


def test_the_address_of_the_merged_one_leads_to_the_other(page, two, rep):
    stays, goes = two
    merge_records(stays, goes, by=rep)
    answer = page.get(goes.get_absolute_url())
    assert (answer.status_code, answer.url) == (302, stays.get_absolute_url())
    fact = reverse("crm:fact", args=["crm.contact", goes.pk, "city"])
    answer = page.post(fact, {"value": "Delhi", "version": 1, "seen": ""}, follow=True)
    assert "Nothing was changed: the record was merged into" in answer.text


def test_what_is_not_seen_is_neither_merged_nor_led_to(page, two):
    stays, _ = two
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    assert page.get(reverse("crm:merge", args=["crm.contact", stays.pk, hidden.pk])).status_code == 404
    other = ContactFactory(owner=hidden.owner)
    merge = merge_records(hidden, other, by=UserFactory(is_superuser=True))
    assert page.get(other.get_absolute_url()).status_code == 404
    assert page.get(reverse("crm:merged", args=[merge.pk])).status_code == 404
    assert page.post(reverse("crm:merge-undo", args=[merge.pk])).status_code == 404


def test_the_queue_and_the_record_lead_to_the_comparison(page, two):
    stays, goes = two
    raise_duplicates([goes], found_by="capture")
    compare = reverse("crm:merge", args=["crm.contact", stays.pk, goes.pk])
    assert compare in page.get(reverse("crm:duplicates")).text
    assert compare in page.get(reverse("crm:record-side", args=["crm.contact", stays.pk])).text


def test_the_first_page_finds_another_one_by_its_name_and_complains_at_the_field(page, two):
    stays, goes = two
    address = reverse("crm:record-merge", args=["crm.contact", stays.pk])
    assert page.post(address, {"other": ""}).status_code == 422
    assert page.post(address, {"other": goes.pk}).url == reverse("crm:merge", args=["crm.contact", stays.pk, goes.pk])


def test_leads_of_two_people_are_told_to_merge_the_people(page, rep):
    one, other = LeadFactory(owner=rep), LeadFactory(owner=rep)
    shown = page.get(reverse("crm:merge", args=["sales.lead", one.pk, other.pk]))
    assert "These leads are about two people" in shown.text


@pytest.fixture
def api(rep):
    client = APIClient()
    client.force_authenticate(rep)
    return client


def test_a_client_merges_follows_and_undoes(api, two):
    stays, goes = two
    answer = api.post(f"/api/v1/contacts/{stays.pk}/merge/", {"other": goes.pk, "take": ["last_name"]}, format="json")
    assert (answer.status_code, answer.data["winner_id"]) == (201, stays.pk)
    moved = api.get(f"/api/v1/contacts/{goes.pk}/")
    assert (moved.status_code, moved["Location"].endswith(f"/contacts/{stays.pk}/")) == (301, True)
    assert api.get(f"/api/v1/contacts/{stays.pk}/").data["last_name"] == "Rao-Iyer"
    assert [one["id"] for one in api.get("/api/v1/merges/?in_force=true").data["results"]] == [answer.data["id"]]
    undone = api.post(f"/api/v1/merges/{answer.data['id']}/undo/")
    assert (undone.status_code, undone.data["report"]) == (200, [])
    assert api.post(f"/api/v1/merges/{answer.data['id']}/undo/").status_code == 409


def test_a_client_is_told_what_cannot_be_merged(api, two):
    stays, goes = two
    address = f"/api/v1/contacts/{stays.pk}/merge/"
    assert api.post(address, {"other": 999_999}, format="json").status_code == 404
    answer = api.post(address, {"other": goes.pk, "take": ["shoe_size"]}, format="json")
    assert (answer.status_code, "shoe_size" in answer.content.decode()) == (400, True)
    account = AccountFactory(owner=UserFactory(team=TeamFactory()))
    assert api.post(f"/api/v1/accounts/{account.pk}/merge/", {"other": account.pk}, format="json").status_code == 403


def test_a_client_reads_and_judges_pairs(api, two):
    raise_duplicates([two[1]], found_by="capture")
    pair = api.get("/api/v1/duplicates/?status=open").data["results"][0]
    assert (pair["first_id"], pair["second_id"], pair["reasons"]) == (two[0].pk, two[1].pk, ["email"])
    assert api.post(f"/api/v1/duplicates/{pair['id']}/dismiss/").data["status"] == "dismissed"
    assert api.post(f"/api/v1/duplicates/{pair['id']}/reopen/").data["status"] == "open"
