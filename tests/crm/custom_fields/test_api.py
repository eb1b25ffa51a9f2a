"""`custom` in the API: read whole, written a part at a time, wrong at its path, filtered by, described in the schema."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.actions.records import change_record
from crm.models import Contact, CustomField
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.custom_fields import custom_field, every_custom_field
from tests.factories.deals import LeadFactory, OpportunityFactory

JSON = "application/json"
CONTACTS = "/api/v1/contacts/"
PLANS = [{"label": "Gold"}, {"label": "Silver"}]


@pytest.fixture
def api(client, administrator):
    client.force_login(administrator)
    return client


def test_a_record_answers_every_custom_field_and_a_patch_changes_only_those_it_names(api):
    every_custom_field("crm.contact")
    contact = ContactFactory()
    change_record(contact, {"custom.seats": 3, "custom.plan": "gold"}, by=None)
    url = f"{CONTACTS}{contact.pk}/"
    answer = api.patch(url, {"custom": {"plan": "silver", "agreed": False}}, content_type=JSON).json()
    assert {key: value for key, value in answer["custom"].items() if value is not None} == {
        "seats": 3,
        "plan": "silver",
        "agreed": False,
    }
    assert set(answer["custom"]) == set(CustomField.objects.values_list("key", flat=True))
    assert api.patch(url, {"custom": {"seats": None}}, content_type=JSON).json()["custom"]["seats"] is None
    assert api.patch(url, {"city": "Kiel"}, content_type=JSON).json()["custom"]["plan"] == "silver"


def test_what_is_wrong_is_said_at_the_path_of_its_field(api):
    every_custom_field("crm.contact")
    sent = {"last_name": "", "custom": {"plan": "lead", "seats": "many", "shoe": 4}}
    answer = api.post(CONTACTS, sent, content_type=JSON)
    assert answer.status_code == 400
    assert {one["path"]: one["message"] for one in answer.json()["errors"]} == {
        "last_name": "This field may not be blank.",
        "custom.plan": "Plan: “lead” is not one of the choices.",
        "custom.seats": "Seats: write a number.",
        "custom.shoe": "There is no custom field “shoe”. Known: "
        "nickname, story, seats, budget, renewal, plan, colours, agreed, page, partner, adviser, desk.",
    }
    answer = api.post(CONTACTS, {"last_name": "Rao", "custom": [1]}, content_type=JSON).json()
    assert answer["errors"] == [{"path": "custom", "message": 'Give an object: {"key": value}.'}]


def test_a_new_record_needs_what_is_required_and_begins_with_the_defaults(api):
    custom_field("crm.contact", "plan", "choice", choices=PLANS, default="silver", is_required=True)
    custom_field("crm.contact", "size", "number", is_required=True)
    answer = api.post(CONTACTS, {"last_name": "Rao"}, content_type=JSON)
    assert answer.json()["errors"] == [{"path": "custom.size", "message": "This field is required."}]
    answer = api.post(CONTACTS, {"last_name": "Rao", "custom": {"size": 4}}, content_type=JSON)
    assert (answer.status_code, answer.json()["custom"]) == (201, {"plan": "silver", "size": 4})
    answer = api.patch(f"{CONTACTS}{answer.json()['id']}/", {"custom": {"size": None}}, content_type=JSON)
    assert answer.json()["errors"] == [{"path": "custom.size", "message": "“Size” must be filled in."}]


@pytest.mark.parametrize(
    ("resource", "kind", "make"),
    [
        ("accounts", "crm.account", AccountFactory),
        ("contacts", "crm.contact", ContactFactory),
        ("leads", "sales.lead", LeadFactory),
        ("opportunities", "sales.opportunity", OpportunityFactory),
    ],
)
def test_all_four_kinds_are_created_changed_and_filtered_so(api, resource, kind, make):
    every_custom_field(kind)
    other = make()
    url = f"/api/v1/{resource}/"
    fresh = {
        "accounts": {"name": "New"},
        "contacts": {"last_name": "New"},
        "leads": {"topic": "New", "last_name": "New"},
        "opportunities": {"topic": "New", "account": AccountFactory().pk},
    }[resource]
    made = api.post(url, {**fresh, "custom": {"plan": "gold", "seats": 2.5}}, content_type=JSON).json()
    changed = api.patch(f"{url}{made['id']}/", {"custom": {"colours": ["red", "blue"]}}, content_type=JSON).json()
    assert (changed["custom"]["plan"], changed["custom"]["colours"]) == ("gold", ["red", "blue"])
    for query in (
        "custom.plan=gold",
        "custom.seats__from=2.4",
        "custom.colours=blue&custom.colours=green",
        "custom.plan__empty=no",
    ):
        assert [row["id"] for row in api.get(f"{url}?{query}").json()["results"]] == [made["id"]], query
    for query in ("custom.plan=silver", "custom.seats__to=2.4", "custom.colours=green", "custom.renewal__last=3"):
        assert api.get(f"{url}?{query}").json()["results"] == [], query
    found = api.get(f"{url}?custom.plan__not=gold").json()["results"]
    assert other.pk in [row["id"] for row in found]
    assert made["id"] not in [row["id"] for row in found]


def test_a_filter_with_a_wrong_choice_is_an_error(api):
    custom_field("crm.contact", "plan", "choice", choices=PLANS)
    answer = api.get(f"{CONTACTS}?custom.plan=lead")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "custom.plan")


def test_a_rep_cannot_point_at_an_account_that_they_do_not_see(client, rep):
    rep.roles.get().grants.filter(resource="crm.account").delete()
    custom_field("crm.contact", "partner", "lookup", to="crm.account")
    client.force_login(rep)
    contact, account = ContactFactory(owner=rep), AccountFactory()
    answer = client.patch(f"{CONTACTS}{contact.pk}/", {"custom": {"partner": account.pk}}, content_type=JSON)
    assert answer.json()["errors"][0]["path"] == "custom.partner"


def test_the_schema_describes_each_field(api):
    custom_field("crm.contact", "plan", "choice", choices=PLANS, label="Plan", help_text="What they pay for.")
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    shape = schema["components"]["schemas"]["Contact"]["properties"]["custom"]["properties"]
    assert shape == {
        "plan": {
            "type": "string",
            "enum": ["gold", "silver", None],
            "description": "Plan What they pay for.",
            "nullable": True,
        }
    }
    names = {one["name"] for one in schema["paths"]["/api/v1/contacts/"]["get"]["parameters"]}
    assert {"custom.plan", "custom.plan__not"} <= names


def test_a_list_costs_the_same_with_one_row_and_with_three(api):
    every_custom_field("crm.contact")
    ContactFactory()
    with CaptureQueriesContext(connection) as one:
        api.get(CONTACTS)
    ContactFactory.create_batch(2)
    with CaptureQueriesContext(connection) as three:
        api.get(CONTACTS)
    assert len(one) == len(three)
    assert sum("crm_customfield" in query["sql"] for query in three) == 1


def test_definitions_are_made_changed_retired_and_deleted_by_their_resource(api, run_jobs):
    url = "/api/v1/custom-fields/"
    sent = {"kind": "crm.contact", "label": "Contract ends", "type": "day"}
    made = api.post(url, sent, content_type=JSON).json()
    assert (made["key"], made["name"]) == ("contract_ends", "custom.contract_ends")
    one = f"{url}{made['id']}/"
    assert api.patch(one, {"label": "Ends"}, content_type=JSON).json()["label"] == "Ends"
    contact = change_record(ContactFactory(), {"custom.contract_ends": "2026-11-30"}, by=None)
    wrong = api.patch(one, {"type": "text"}, content_type=JSON).json()
    assert wrong["errors"][0]["path"] == "type"
    assert api.delete(one).status_code == 409
    assert api.post(f"{one}retire/").json()["is_retired"] is True
    assert api.delete(one).status_code == 204
    run_jobs()
    assert (CustomField.objects.count(), Contact.objects.get(pk=contact.pk).custom) == (0, {})


def test_who_may_not_see_definitions_does_not_find_them(client, rep):
    field = custom_field("crm.contact", "plan", "text")
    client.force_login(rep)
    assert client.get("/api/v1/custom-fields/").json()["results"] == []
    assert client.patch(f"/api/v1/custom-fields/{field.pk}/", {"label": "x"}, content_type=JSON).status_code == 404
    assert client.post("/api/v1/custom-fields/", {"label": "x"}, content_type=JSON).status_code == 403
