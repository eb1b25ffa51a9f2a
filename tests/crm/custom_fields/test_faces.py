"""A custom field is met wherever its kind of record is: forms, facts, lists, bulk edits, imports, the history."""

import io

import pytest
from django.urls import reverse

from crm.actions.imports import check_import, map_import, revert_import, run_import, start_import
from crm.actions.many import change_records
from crm.actions.records import change_record
from crm.hooks import records
from crm.models import Account, Contact, Import
from crm.queries.history import history_of
from sales.actions.leads import qualify_lead
from sales.models import Lead, Opportunity
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.custom_fields import PLANS, custom_field, every_custom_field
from tests.factories.deals import LeadFactory

CONTACT = "crm.contact"


@pytest.fixture
def page(client, rep):
    client.force_login(rep)
    return client


@pytest.mark.parametrize(
    ("kind", "address", "sent", "model"),
    [
        ("crm.contact", "crm:contact-add", {"last_name": "Rao"}, Contact),
        ("crm.account", "crm:account-add", {"name": "Northwind"}, Account),
        ("sales.lead", "sales:lead-new", {"topic": "A tandem", "last_name": "Rao", "rating": "warm"}, Lead),
        (
            "sales.opportunity",
            "sales:opportunity-new",
            {"topic": "Deal", "rating": "warm", "currency": "EUR"},
            Opportunity,
        ),
    ],
)
def test_the_form_of_something_new_asks_for_it_and_begins_with_its_default(page, rep, kind, address, sent, model):
    custom_field(kind, "plan", "choice", choices=PLANS, default="silver", group="Contract")
    custom_field(kind, "size", "number", is_required=True, highest=5)
    if kind == "sales.opportunity":
        sent = {**sent, "account": AccountFactory(owner=rep, name="Northwind").name, "estimated_revenue": "10"}
    shown = page.get(reverse(address))
    assert 'value="silver" selected' in shown.content.decode()
    for size, said in (("", "required"), ("6", "At most 5")):
        answer = page.post(reverse(address), {**sent, "custom.plan": "gold", "custom.size": size})
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
    page.post(reverse(address), {**sent, "custom.plan": "gold", "custom.size": "4"})
    assert model.objects.latest("pk").custom == {"plan": "gold", "size": 4}


def test_a_fact_is_edited_in_its_place_and_the_history_tells_it_by_its_label(page, rep):
    every_custom_field(CONTACT)
    contact = change_record(ContactFactory(owner=rep), {"custom.plan": "gold"}, by=rep)
    address = reverse("crm:fact", args=[CONTACT, contact.pk, "custom.plan"])
    page.post(address, {"value": "silver", "version": contact.version, "seen": "gold"})
    contact.refresh_from_db()
    assert contact.custom == {"plan": "silver"}
    change = history_of(contact, rep, only="custom.plan").events[0].changes[0]
    assert (change.field, change.before, change.after) == ("Plan", "Gold", "Silver")


def test_a_listed_field_is_a_column_with_its_colours_and_others_can_be_chosen(page, rep):
    every_custom_field(CONTACT)
    custom_field(CONTACT, "tariff", "choice", choices=PLANS, is_listed=True)
    partner = AccountFactory(name="Northwind", owner=rep)
    change_record(ContactFactory(owner=rep), {"custom.tariff": "gold", "custom.partner": partner}, by=rep)
    shown = page.get(reverse("crm:contacts")).content.decode()
    assert '<span class="tag is-amber">Gold</span>' in shown
    assert "Northwind" not in shown
    chosen = page.get(reverse("crm:contacts"), {"columns": "name,custom.partner,custom.renewal"}).content.decode()
    assert "Northwind" in chosen


def test_a_list_is_filtered_by_it(page, rep):
    custom_field(CONTACT, "plan", "choice", choices=PLANS)
    ContactFactory(owner=rep, last_name="Silverman")
    change_record(ContactFactory(owner=rep, last_name="Goldman"), {"custom.plan": "gold"}, by=rep)
    shown = page.get(reverse("crm:contacts"), {"custom.plan": "gold"}).content.decode()
    assert ("Goldman" in shown, "Silverman" in shown) == (True, False)


def test_a_bulk_edit_obeys_the_field(rep):
    custom_field(CONTACT, "size", "number", highest=5)
    contacts = [change_record(ContactFactory(owner=rep), {"custom.size": size}, by=rep) for size in (1, 4)]
    outcomes = change_records(contacts, {"custom.size": 9}, by=rep)
    assert {outcome.sentence for outcome in outcomes.values()} == {"Size: at most 5."}
    change_records(contacts, {"custom.size": 4}, by=rep)
    assert [one.custom for one in Contact.objects.filter(pk__in=[c.pk for c in contacts])] == [{"size": 4}, {"size": 4}]


def test_what_is_exported_is_named_and_every_kind_offers_its_fields_once(db):
    for kind in ("crm.account", CONTACT, "sales.lead", "sales.opportunity"):
        every_custom_field(kind)
        names = [field.name for field in records.get(kind).all_fields()]
        assert len(names) == len(set(names))


def test_a_qualified_lead_gives_its_values_to_fields_of_the_same_key_and_type(rep):
    for kind in ("sales.lead", "sales.opportunity"):
        custom_field(kind, "seats", "number")
        custom_field(kind, "plan", "choice", choices=PLANS[: 1 if kind == "sales.opportunity" else 3])
    custom_field("sales.opportunity", "region", "text", default="South")
    custom_field("sales.lead", "shop", "text")
    lead = LeadFactory(owner=rep, custom={"seats": 4, "plan": "silver", "shop": "Pune"})
    qualify_lead(lead, by=rep)
    assert Opportunity.objects.get().custom == {"seats": 4, "region": "South"}


CSV = "Email,Last name,Plan\nasha@customer.example,Rao,Gold\nben@customer.example,Ito,Silver\n"


@pytest.fixture
def imported(administrator, run_jobs, settings, tmp_path):
    """imported(text): the contacts of a file, checked and written; `known` says what becomes of known ones."""
    settings.MEDIA_ROOT = tmp_path

    def bring_in(text, **options):
        of = start_import(io.BytesIO(text.encode()), "people.csv", administrator)
        of = map_import(of, mapping=of.mapping, by=administrator, **options)
        check_import(of, by=administrator)
        run_jobs()
        run_import(of, by=administrator)
        run_jobs()
        return Import.objects.get(pk=of.pk)

    return bring_in


@pytest.mark.parametrize(("known", "plan"), [("overwrite", "gold"), ("fill", "bronze")])
def test_an_import_writes_the_values_of_its_columns_and_leaves_the_others(
    imported, administrator, run_jobs, known, plan
):
    every_custom_field(CONTACT)
    asha = ContactFactory(email="asha@customer.example", last_name="Rao", custom={"plan": "bronze", "seats": 2.5})
    of = imported(CSV, known=known)
    asha.refresh_from_db()
    assert asha.custom == {"plan": plan, "seats": 2.5}
    assert Contact.objects.get(email="ben@customer.example").custom == {"plan": "silver"}
    revert_import(of, by=administrator)
    run_jobs()
    asha.refresh_from_db()
    assert asha.custom == {"plan": "bronze", "seats": 2.5}
