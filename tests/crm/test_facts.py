"""Key facts are edited in their place, by whoever may; what two people change at once is shown to the second, not lost."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from crm.models import Account, Contact
from sales.models import Opportunity
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def address(record, name):
    return reverse("crm:fact", args=[record._meta.label_lower, record.pk, name])


def opened(client, record, name):
    """The form as the page opens it: what a browser would send back unchanged."""
    form = client.get(f"{address(record, name)}?edit=1").context["form"]
    return {name: form[name].value() for name in ("value", "version", "seen")}


@pytest.fixture
def account(rep):
    return AccountFactory(owner=rep, name="Northwind", city="Kiel", country="DE", email="hi@northwind.example")


def test_the_page_groups_what_is_filled_and_folds_what_is_empty(client, rep, account):
    client.force_login(rep)
    facts = client.get(account.get_absolute_url()).context["frame"].facts
    assert {str(g.legend): [f.field.name for f in g.facts] for g in facts.groups} == {
        "Company": ["name"],
        "Ways to reach it": ["email"],
        "Address": ["city", "country"],
    }
    assert "phone" in [fact.field.name for fact in facts.empty]


def test_addresses_are_links_and_choices_are_words(client, rep, account):
    client.force_login(rep)
    page = client.get(account.get_absolute_url()).text
    assert '<a href="mailto:hi@northwind.example">hi@northwind.example</a>' in page
    assert "Germany" in page


def test_what_only_looks_like_a_web_address_is_no_link(client, rep):
    account = AccountFactory(owner=rep, website="javascript:alert(1)")
    client.force_login(rep)
    assert 'href="javascript' not in client.get(account.get_absolute_url()).text


def test_a_fact_is_saved_in_its_place(client, rep, account):
    client.force_login(rep)
    answer = client.post(address(account, "city"), {**opened(client, account, "city"), "value": "Lübeck"})
    assert (answer.status_code, "tandem:record-changed" in answer["HX-Trigger"]) == (200, True)
    account.refresh_from_db()
    assert (account.city, account.version) == ("Lübeck", 2)
    assert LogEntry.objects.get_for_object(account).first().additional_data == {"source": "page"}


def test_a_wrong_value_is_told_at_the_fact_and_stays_typed(client, rep, account):
    client.force_login(rep)
    answer = client.post(address(account, "email"), {**opened(client, account, "email"), "value": "nobody"})
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text
    assert "Enter a valid email address." in answer.text
    assert Account.objects.get().email == "hi@northwind.example"


def test_what_an_action_refuses_is_told_at_the_fact(client, rep):
    deal = OpportunityFactory(owner=rep)
    client.force_login(rep)
    answer = client.post(
        address(deal, "forecast_category"), {**opened(client, deal, "forecast_category"), "value": "won"}
    )
    assert answer.status_code == 422
    assert "Winning and losing set this by themselves." in answer.text


def test_the_second_of_two_sees_both_values_and_who_was_quicker(client, rep, manager, account):
    client.force_login(rep)
    mine = opened(client, account, "city")
    client.force_login(manager)
    client.post(address(account, "city"), {**opened(client, account, "city"), "value": "Lübeck"})
    client.force_login(rep)
    answer = client.post(address(account, "city"), {**mine, "value": "Bremen"})
    assert answer.status_code == 412
    conflict = answer.context["conflict"]
    assert (conflict.who, conflict.theirs, conflict.yours) == ("Max Manager", "Lübeck", "Bremen")
    assert Account.objects.get().city == "Lübeck"
    form = answer.context["form"]
    kept = {name: form[name].value() for name in ("value", "version", "seen")}
    assert client.post(address(account, "city"), kept).status_code == 200
    assert Account.objects.get().city == "Bremen"


def test_taking_theirs_is_reading_it_again(client, rep, account):
    client.force_login(rep)
    Account.objects.update(city="Lübeck", version=2)
    assert "Lübeck" in client.get(address(account, "city")).text


def test_two_people_who_change_different_facts_do_not_notice_each_other(client, rep, account):
    client.force_login(rep)
    city, phone = opened(client, account, "city"), opened(client, account, "phone")
    assert client.post(address(account, "city"), {**city, "value": "Lübeck"}).status_code == 200
    assert client.post(address(account, "phone"), {**phone, "value": "+49 431 1234"}).status_code == 200
    account.refresh_from_db()
    assert (account.city, account.phone, account.version) == ("Lübeck", "+49 431 1234", 3)


def test_a_lookup_is_chosen_by_its_key_and_shown_as_a_link(client, rep, account):
    person = ContactFactory(owner=rep, account=account, last_name="Rao")
    client.force_login(rep)
    form = {**opened(client, account, "primary_contact"), "value": person.pk}
    answer = client.post(address(account, "primary_contact"), form)
    assert f'<a href="/contacts/{person.pk}/">Asha Rao</a>' in answer.text


def test_what_a_fact_points_at_and_its_reader_may_not_see_has_no_name(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()), last_name="Secret")
    account = AccountFactory(owner=rep, primary_contact=hidden)
    client.force_login(rep)
    page = client.get(account.get_absolute_url()).text
    assert "Secret" not in page
    assert "a record you may not see" in page


def test_whose_record_it_is_says_why_it_is_only_read(client, rep):
    other = UserFactory(name="Olga Owner", roles=["rep"])
    account = AccountFactory(owner=other, city="Kiel")
    client.force_login(rep)
    page = client.get(account.get_absolute_url())
    assert "It belongs to Olga Owner" in page.context["frame"].facts.why_not
    assert "data-fact-edit" not in page.text
    assert client.post(address(account, "city"), {"value": "X", "version": 1}).status_code == 403


def test_an_inactive_record_and_a_closed_deal_say_why_they_are_only_read(client, rep):
    contact, deal = ContactFactory(owner=rep, is_active=False), OpportunityFactory(owner=rep)
    Opportunity.objects.filter(pk=deal.pk).update(
        status="lost", lost_reason="price", closed_at=deal.created_at, closed_on="2026-11-01"
    )
    client.force_login(rep)
    why = [client.get(record.get_absolute_url()).context["frame"].facts.why_not for record in (contact, deal)]
    assert why == [
        "It is inactive, and so read-only. Reactivate it to change it.",
        "It is lost. Reopen it to change it.",
    ]
    refused = client.post(address(contact, "city"), {"value": "X", "version": 1})
    assert (refused.status_code, "read-only" in refused.text) == (422, True)


def test_unseen_records_and_unknown_facts_do_not_exist(client, rep, account):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    assert client.get(address(hidden, "city")).status_code == 404
    assert client.get(address(account, "nonsense")).status_code == 404


def test_markup_in_a_fact_is_text(client, rep):
    account = AccountFactory(owner=rep, city="<script>alert(1)</script>", description="<b>bold</b>\nline")
    client.force_login(rep)
    page = client.get(account.get_absolute_url()).text
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page


# All fields on one page


def edit(record):
    return reverse("crm:record-edit", args=[record._meta.label_lower, record.pk])


def whole_form(client, record):
    form = client.get(edit(record)).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in sent.items()}


@pytest.mark.parametrize("make", [AccountFactory, ContactFactory, LeadFactory, OpportunityFactory])
def test_every_kind_is_edited_as_a_whole_with_its_tags(client, rep, make):
    record = make(owner=rep)
    client.force_login(rep)
    form = {**whole_form(client, record), "description": "Changed", "tags": "VIP, Fair"}
    assert client.post(edit(record), form).status_code == 302
    fresh = type(record).objects.get(pk=record.pk)
    assert (fresh.description, fresh.version) == ("Changed", record.version + 1)
    assert [str(tag) for tag in client.get(record.get_absolute_url()).context["frame"].tags] == ["Fair", "VIP"]


def test_what_only_one_of_two_changed_is_merged_without_a_word(client, rep):
    contact = ContactFactory(owner=rep, city="Kiel", phone="1")
    client.force_login(rep)
    mine = whole_form(client, contact)
    client.post(address(contact, "city"), {**opened(client, contact, "city"), "value": "Lübeck"})
    assert client.post(edit(contact), {**mine, "phone": "2"}).status_code == 302
    contact.refresh_from_db()
    assert (contact.city, contact.phone) == ("Lübeck", "2")


def test_what_both_changed_is_asked_and_the_rest_is_merged(client, rep):
    contact = ContactFactory(owner=rep, city="Kiel", phone="1", department="Buying")
    client.force_login(rep)
    mine = whole_form(client, contact)
    theirs = {**whole_form(client, contact), "city": "Lübeck", "department": "Sales"}
    assert client.post(edit(contact), theirs).status_code == 302
    answer = client.post(edit(contact), {**mine, "city": "Bremen", "phone": "2"})
    assert answer.status_code == 412
    assert [(c.name, c.theirs, c.yours) for c in answer.context["conflicts"]] == [("city", "Lübeck", "Bremen")]
    assert "Rita Rep saved" in answer.context["stale_sentence"]
    form = answer.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert (again["city"], again["department"], again["phone"]) == ("Bremen", "Sales", "2")
    assert client.post(edit(contact), {**again, "whose:city": "theirs"}).status_code == 302
    contact = Contact.objects.get(pk=contact.pk)
    assert (contact.city, contact.department, contact.phone) == ("Lübeck", "Sales", "2")


def test_the_form_of_a_closed_deal_leads_back_with_the_reason(client, rep):
    lead = LeadFactory(owner=rep)
    type(lead).objects.filter(pk=lead.pk).update(
        status="disqualified", disqualify_reason="lost", closed_at=lead.created_at
    )
    client.force_login(rep)
    answer = client.get(edit(lead), follow=True)
    assert answer.redirect_chain == [(lead.get_absolute_url(), 302)]
    assert "Reopen it to change it." in answer.text
