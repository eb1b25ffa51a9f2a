"""A record is given away: to a person, or into the queue of a team; who gets it is told, by every door."""

import pytest
from rest_framework.test import APIClient

from crm.actions.assignment import assign_record
from crm.actions.records import change_record
from crm.errors import Invalid
from crm.models import Account, Contact, Interaction, Notification
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(team):
    return UserFactory(name="Cara Colleague", team=team, roles=["rep"])


@pytest.fixture
def api(rep):
    client = APIClient()
    client.force_authenticate(rep)
    return client


def bell(user):
    return list(Notification.objects.filter(user=user).values_list("text", flat=True))


def test_the_new_owner_is_told_and_the_log_knows(rep, colleague):
    account = AccountFactory(name="Northwind", owner=rep)
    assert assign_record(account, owner=colleague, by=rep).version == 2
    assert bell(colleague) == ["Rita Rep gave you the account “Northwind”."]
    row = Interaction.objects.get(kind="owner.changed")
    assert (row.account, row.actor, row.data["text"]) == (account, rep, "To Cara Colleague")


def test_giving_it_to_who_has_it_already_is_no_news(rep):
    account = AccountFactory(owner=rep)
    assert assign_record(account, owner=rep, by=rep).version == 1
    assert not Notification.objects.exists()


def test_a_record_waits_in_the_queue_of_a_team_and_its_manager_is_told(rep, manager):
    south = TeamFactory(name="South", manager=manager)
    contact = assign_record(ContactFactory(owner=rep, last_name="Rao"), owner=None, team=south, by=rep)
    assert (contact.owner, contact.team) == (None, south)
    assert bell(manager) == ["In the queue of South: the contact “Asha Rao”."]


def test_it_goes_to_nobody_who_has_left_and_not_to_nobody(rep):
    account = AccountFactory(owner=rep)
    with pytest.raises(Invalid, match="no longer works here"):
        assign_record(account, owner=UserFactory(is_active=False), by=rep)
    with pytest.raises(Invalid, match="Choose a person, or the team"):
        assign_record(account, owner=None, by=rep)


def test_leads_and_deals_go_by_their_own_actions(rep, colleague):
    assign_record(LeadFactory(owner=rep), owner=colleague, by=rep)
    assign_record(OpportunityFactory(owner=rep, topic="Renewal"), owner=colleague, by=rep)
    assert Interaction.objects.filter(kind="lead.assigned").count() == 1
    assert bell(colleague)[0] == "Rita Rep gave you the opportunity “Renewal”."
    assert "Rita Rep gave you a lead" in bell(colleague)[1]


def test_a_lead_in_a_queue_belongs_to_the_team(rep, team):
    lead = assign_record(LeadFactory(owner=rep), owner=None, team=team, by=rep)
    assert (lead.owner, lead.team, lead.assigned_at) == (None, team, None)
    assert type(lead).objects.visible_to(rep).filter(pk=lead.pk).exists()


def test_an_owner_set_by_a_plain_edit_is_told_as_well(rep, colleague):
    contact = change_record(ContactFactory(owner=rep), {"owner": colleague, "city": "Kiel"}, by=rep)
    assert (contact.owner, contact.city) == (colleague, "Kiel")
    assert len(bell(colleague)) == 1


@pytest.mark.parametrize(
    ("name", "make", "refusal"),
    [("accounts", AccountFactory, 403), ("contacts", ContactFactory, 404), ("activities", ActivityFactory, 404)],
)
def test_a_rep_gives_away_their_own_by_the_api_and_not_what_is_anothers(api, rep, colleague, name, make, refusal):
    mine, theirs = make(owner=rep), make(owner=UserFactory())
    given = api.post(f"/api/v1/{name}/{mine.pk}/assign/", {"owner": colleague.pk})
    assert (given.status_code, given.data["owner"]) == (200, colleague.pk)
    assert api.post(f"/api/v1/{name}/{theirs.pk}/assign/", {"owner": rep.pk}).status_code == refusal


def test_the_key_of_a_currency_is_as_good_as_the_currency(rep):
    assert change_record(AccountFactory(), {"currency": "EUR"}, by=rep).currency_id == "EUR"
    assert change_record(AccountFactory(currency_id="EUR"), {"currency": ""}, by=rep).currency is None
    with pytest.raises(Invalid, match="there is no XYZ"):
        change_record(AccountFactory(), {"currency": "XYZ"}, by=rep)


def test_what_cannot_be_empty_says_so_at_its_field(rep):
    with pytest.raises(Invalid, match="cannot be empty") as refused:
        change_record(OpportunityFactory(owner=rep), {"estimated_revenue": None}, by=rep)
    assert refused.value.field == "estimated_revenue"
    assert (Account.objects.count(), Contact.objects.count()) == (1, 1)
