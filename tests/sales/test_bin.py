"""Leads and opportunities in the bin: what goes along, what must stay, what cannot come back."""

import pytest

from crm.actions.bin import delete_record, restore_record
from crm.errors import NotAllowed
from crm.models import Activity
from sales.actions.quotes import create_quote
from sales.models import Lead, Opportunity, Quote
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def test_a_lead_cannot_come_back_beside_another_open_one(administrator):
    contact = ContactFactory(first_name="Asha", last_name="Rao")
    deletion = delete_record(LeadFactory(contact=contact), by=administrator)
    LeadFactory(contact=contact, topic="The new one")
    with pytest.raises(NotAllowed, match="Asha Rao has another open lead by now, “The new one”"):
        restore_record(deletion, by=administrator)
    assert Lead.objects.alive().get().topic == "The new one"


def test_a_lead_waits_for_its_person(administrator):
    contact = ContactFactory(first_name="Asha", last_name="Rao")
    lead = delete_record(LeadFactory(contact=contact), by=administrator)
    person = delete_record(contact, by=administrator)
    with pytest.raises(NotAllowed, match="Restore Asha Rao first"):
        restore_record(lead, by=administrator)
    restore_record(person, by=administrator)
    restore_record(lead, by=administrator)
    assert Lead.objects.alive().exists()


def test_what_is_to_be_done_about_a_lead_goes_along_and_what_was_done_stays(administrator):
    lead = LeadFactory()
    ActivityFactory(regarding=lead, contact=lead.contact, subject="To do")
    ActivityFactory(regarding=lead, contact=lead.contact, subject="Done", status="done")
    delete_record(lead, by=administrator)
    assert [a.subject for a in Activity.objects.alive()] == ["Done"]


def test_a_contact_with_somebody_elses_open_lead_stays(marketer):
    lead = LeadFactory(
        owner=UserFactory(team=TeamFactory()), contact=ContactFactory(first_name="Asha", last_name="Rao")
    )
    with pytest.raises(NotAllowed, match="Asha Rao has an open lead that you may not delete"):
        delete_record(lead.contact, by=marketer)


def test_the_only_customer_of_an_open_deal_stays(administrator):
    contact, account = ContactFactory(first_name="Asha", last_name="Rao"), AccountFactory()
    OpportunityFactory(account=None, contact=contact, by=administrator)
    with pytest.raises(NotAllowed, match="Asha Rao has an open opportunity"):
        delete_record(contact, by=administrator)
    deal = OpportunityFactory(account=account, by=administrator)
    delete_record(deal.contact, by=administrator)
    assert Opportunity.objects.alive().count() == 2


def test_a_deal_takes_its_quotes_along_and_brings_them_back(administrator):
    deal = OpportunityFactory(by=administrator)
    create_quote(opportunity=deal, by=administrator)
    deletion = delete_record(deal, by=administrator)
    assert not Quote.objects.alive().exists()
    restore_record(deletion, by=administrator)
    assert Quote.objects.alive().exists()


def test_a_deal_does_not_come_back_without_any_customer(administrator):
    account = AccountFactory(name="Northwind")
    deal = OpportunityFactory(account=account, contact=None, by=administrator)
    deletion = delete_record(deal, by=administrator)
    delete_record(account, by=administrator)
    with pytest.raises(NotAllowed, match="Restore Northwind first"):
        restore_record(deletion, by=administrator)
