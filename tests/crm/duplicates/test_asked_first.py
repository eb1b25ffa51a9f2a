"""Whom a new record may be is said while it is typed, asked before it is made, and refused by the API where it is certain."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from crm.actions.contacts import capture_contact
from crm.models import Account, Contact, Duplicate
from sales.models import Lead
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory


@pytest.fixture
def page(client, rep):
    client.force_login(rep)
    return client


@pytest.fixture
def api(rep):
    client = APIClient()
    client.force_authenticate(rep)
    return client


@pytest.fixture
def asha(rep):
    return ContactFactory(
        first_name="Asha", last_name="Rao", email="asha@rao.example", mobile="+91 98765 43210", owner=rep
    )


@pytest.fixture
def stranger(db):
    """Somebody of another team."""
    return UserFactory(team=TeamFactory(), roles=["rep"])


def typed(page, **values):
    return page.get(reverse("crm:alike", args=["crm.contact"]), values).text


def test_while_one_types_the_page_says_who_it_may_be_and_why(page, asha):
    said = typed(page, last_name="Rao", mobile="098765 43210", country="IN")
    assert "This may be" in said
    assert "same mobile 098765 43210" in said
    assert asha.get_absolute_url() in said
    assert "This is most likely" in typed(page, email="ASHA@rao.example")
    assert typed(page, email="other@rao.example").strip() == ""


def test_somebody_who_may_not_be_seen_is_only_counted(page, stranger):
    ContactFactory(first_name="Secret", last_name="Person", email="asha@rao.example", owner=stranger)
    said = typed(page, email="asha@rao.example")
    assert "1 record like this belongs to somebody else" in said
    assert "Secret" not in said


def test_before_a_contact_is_made_the_page_asks_and_creates_it_anyway(page, asha, rep):
    data = {"last_name": "Rao", "email": "asha@rao.example", "owner": rep.pk}
    asked = page.post(reverse("crm:contact-add"), data)
    assert (asked.status_code, Contact.objects.count()) == (409, 1)
    assert "Create anyway" in asked.text
    made = page.post(reverse("crm:contact-add"), {**data, "create_anyway": "yes"})
    assert made.status_code == 302
    pair = Duplicate.objects.get()
    assert (pair.first_id, pair.reasons, pair.found_by) == (asha.pk, "email", "page")


def test_what_is_only_possible_and_was_shown_is_not_asked_again(page, asha, rep):
    data = {"last_name": "Other", "phone": "+91 98765 43210", "owner": rep.pk}
    assert page.post(reverse("crm:contact-add"), data).status_code == 409
    assert page.post(reverse("crm:contact-add"), {**data, "shown_duplicates": asha.pk}).status_code == 302
    certain = {"last_name": "Rao", "email": "asha@rao.example", "owner": rep.pk, "shown_duplicates": asha.pk}
    assert page.post(reverse("crm:contact-add"), certain).status_code == 409


def test_an_account_of_the_same_name_is_asked_about(page, rep):
    AccountFactory(name="ACME GmbH", owner=rep)
    asked = page.post(reverse("crm:account-add"), {"name": "Acme Ltd", "owner": rep.pk})
    assert (asked.status_code, Account.objects.count()) == (409, 1)
    assert "same name" in asked.text


def test_a_lead_of_somebody_alike_is_offered_to_be_about_them(page, asha):
    data = {
        "topic": "Wants a demo",
        "first_name": "Asha",
        "last_name": "Rao",
        "phone": "+91 98765 43210",
        "rating": "warm",
    }
    asked = page.post(reverse("sales:lead-new"), data)
    assert (asked.status_code, Lead.objects.count()) == (409, 0)
    assert f"?contact={asha.pk}" in asked.text
    assert page.post(reverse("sales:lead-new"), {**data, "create_anyway": "yes"}).status_code == 302
    assert Duplicate.objects.get().found_by == "capture"


def test_a_lead_with_a_known_address_is_about_its_person_and_nothing_is_asked(page, asha):
    data = {"topic": "Wants a demo", "email": "asha@rao.example", "rating": "warm"}
    assert page.post(reverse("sales:lead-new"), data).status_code == 302
    assert Lead.objects.get().contact == asha


def test_the_api_refuses_what_is_certain_with_the_matches_unless_it_is_meant(api, asha):
    body = {"last_name": "Rao", "email": "Asha@rao.example"}
    refused = api.post("/api/v1/contacts/", body)
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    problem = refused.json()
    assert problem["title"].startswith("This is most likely “Asha Rao”: same email Asha@rao.example.")
    assert problem["matches"] == [
        {
            "id": asha.pk, "name": "Asha Rao", "strength": "certain", "reasons": ["same email Asha@rao.example"],
            "url": asha.get_absolute_url(),
        }
    ]  # fmt: skip
    made = api.post("/api/v1/contacts/?allow_duplicates=true", body)
    assert made.status_code == 201
    assert made.json()["duplicates"]["matches"][0]["id"] == asha.pk
    assert Duplicate.objects.get().found_by == "api"


def test_the_api_creates_what_is_only_possible_with_a_hint(api, asha):
    made = api.post("/api/v1/contacts/", {"last_name": "Other", "phone": "+91 98765 43210"})
    assert made.status_code == 201
    assert [one["strength"] for one in made.json()["duplicates"]["matches"]] == ["possible"]
    assert "duplicates" not in api.post("/api/v1/contacts/", {"last_name": "Nobody"}).json()


def test_the_api_refuses_a_second_company_with_one_vat_id_but_counts_who_may_not_be_seen(api, stranger, rep):
    ContactFactory(email="asha@rao.example", owner=stranger)
    hidden = api.post("/api/v1/contacts/", {"last_name": "Rao", "email": "asha@rao.example"}).json()
    assert (hidden["status"], hidden["matches"], hidden["hidden"]) == (409, [], 1)
    AccountFactory(name="ACME", vat_id="DE123456789", owner=rep)
    assert api.post("/api/v1/accounts/", {"name": "Other", "vat_id": "DE 123 456 789"}).status_code == 409


def test_a_lead_by_api_is_about_whom_it_names(api, asha):
    body = {"topic": "Demo", "first_name": "Asha", "last_name": "Rao", "phone": "+91 98765 43210"}
    assert api.post("/api/v1/leads/", body).status_code == 409
    assert api.post("/api/v1/leads/", {**body, "email": "asha@rao.example"}).json()["contact"] == asha.pk


def test_whoever_fills_in_a_form_raises_a_pair_to_review_and_joins_nobody_by_guess(asha, rep):
    made, is_new = capture_contact(
        email="new@else.example", first_name="Asha", last_name="Rao", phone="+91 98765 43210"
    )
    assert (is_new, made != asha) == (True, True)
    assert Duplicate.objects.values_list("first_id", "second_id", "found_by", "status").get() == (
        asha.pk, made.pk, "capture", "open",
    )  # fmt: skip


def test_several_contacts_with_one_address_are_raised_when_somebody_comes_with_it(asha):
    twin = ContactFactory(email="asha@rao.example")
    capture_contact(email="asha@rao.example")
    capture_contact(email="asha@rao.example")
    assert Duplicate.objects.values_list("first_id", "second_id").get() == (asha.pk, twin.pk)
