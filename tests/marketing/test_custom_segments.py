"""Custom fields and tags, of a contact and of its account, in segments: whoever comes to fit enters within a round of jobs."""

import pytest

from crm.actions.custom_fields import retire_custom_field
from crm.actions.records import change_record
from crm.actions.tags import tag_named, tag_records, untag_records
from crm.models import Contact
from marketing.actions.segments import create_segment
from marketing.models import Segment
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.custom_fields import PLANS, custom_field


@pytest.fixture
def segment(marketer, run_jobs):
    def make(test, op, value=None):
        made = create_segment(name="Segment", rule={"test": test, "op": op, "value": value}, by=marketer)
        run_jobs()
        return Segment.objects.get(pk=made.pk)

    return make


def people_of(segment):
    return set(segment.members.values_list("contact_id", flat=True))


def test_a_custom_field_of_the_contact_lets_in_and_out(segment, run_jobs):
    custom_field("crm.contact", "plan", "choice", choices=PLANS)
    contact = ContactFactory()
    gold = segment("custom.plan", "is", "gold")
    change_record(contact, {"custom.plan": "gold"}, by=None)
    run_jobs()
    assert people_of(gold) == {contact.pk}
    change_record(contact, {"custom.plan": None}, by=None)
    run_jobs()
    assert people_of(gold) == set()


def test_a_custom_field_of_the_account_counts_for_its_people(segment, run_jobs):
    custom_field("crm.account", "size", "number")
    account = AccountFactory()
    contact = ContactFactory(account=account)
    ContactFactory()
    large = segment("account.custom.size", "at_least", 100)
    change_record(account, {"custom.size": 100}, by=None)
    run_jobs()
    assert people_of(large) == {contact.pk}


def test_a_tag_on_the_contact_or_on_its_account_lets_in_and_out(segment, run_jobs):
    account = AccountFactory()
    contact, vip = ContactFactory(account=account), tag_named("VIP")
    mine, theirs = segment("tags", "has_any_of", [vip.pk]), segment("account.tags", "has_any_of", [vip.pk])
    tag_records([contact], ["VIP"], by=None)
    run_jobs()
    assert (people_of(mine), people_of(theirs)) == ({contact.pk}, set())
    tag_records([account], ["VIP"], by=None)
    untag_records([contact], ["VIP"], by=None)
    run_jobs()
    assert (people_of(mine), people_of(theirs)) == (set(), {contact.pk})
    untag_records([account], ["VIP"], by=None)
    run_jobs()
    assert people_of(theirs) == set()


def test_owner_and_team_can_be_asked_for(segment, run_jobs):
    owner, team = UserFactory(), TeamFactory()
    by_owner, by_team = segment("owner", "is", owner.pk), segment("team", "is_any_of", [team.pk])
    contact = ContactFactory()
    Contact.objects.filter(pk=contact.pk).update(owner=owner, team=team)
    run_jobs()
    assert people_of(by_owner) == people_of(by_team) == {contact.pk}


def test_a_segment_that_asks_for_a_retired_field_keeps_its_members_and_says_which_field(segment, run_jobs):
    field = custom_field("crm.contact", "plan", "choice", choices=PLANS)
    contact = change_record(ContactFactory(), {"custom.plan": "gold"}, by=None)
    gold = segment("custom.plan", "is", "gold")
    retire_custom_field(field, by=None)
    change_record(contact, {"city": "Kiel"}, by=None)
    run_jobs()
    gold.refresh_from_db()
    assert (people_of(gold), gold.status) == ({contact.pk}, Segment.Status.PROBLEM)
    assert "The field “Plan” is retired." in gold.problem
