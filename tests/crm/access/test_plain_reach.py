"""What a record says of its own reach is what the database says, at every depth and for every kind of owner."""

import itertools

import pytest
from django.utils import timezone

from crm.access.depths import Depth, reaches_plainly
from crm.models import Contact, RoleGrant, Team, User
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contacts(team, south, rep, sven):
    """Of herself, of a colleague, of the team below, of strangers, of teams, of nobody, and one in the bin."""
    below = TeamFactory(name="Sales Far North", parent=team)
    owners = [rep, UserFactory(team=team), UserFactory(team=below), sven, None]
    teams: list[Team | None] = [team, below, south, None]
    made = [ContactFactory(owner=owner, team=of) for owner, of in itertools.product(owners, teams)]
    return [*made, ContactFactory(owner=rep, deleted_at=timezone.now())]


@pytest.mark.parametrize("verb", ["change", "assign", "delete"])
@pytest.mark.parametrize("depth", Depth)
def test_a_record_and_the_database_agree_on_who_reaches_it(depth, verb, rep, contacts):
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb=verb).update(depth=depth)
    reader = User.objects.get(pk=rep.pk)
    reached = set(Contact.objects.reachable_by(reader, verb).values_list("pk", flat=True))
    said = {contact.pk for contact in contacts if reaches_plainly(reader, verb, contact)}
    assert said == reached


def test_where_a_share_may_lead_there_the_record_leaves_it_open(rep, contacts):
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact").update(depth=Depth.OWN)
    reader = User.objects.get(pk=rep.pk)
    foreign = next(contact for contact in contacts if contact.owner_id not in (rep.pk, None))
    assert reaches_plainly(reader, "change", foreign) is None
    assert reaches_plainly(reader, "delete", foreign) is False
