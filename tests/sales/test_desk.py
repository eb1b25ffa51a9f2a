"""The desk: contacts handed over become leads, once a key, in turn, also when two hand over at the same time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from crm.errors import Invalid
from crm.hooks.handover import Request, hand_over
from crm.models import HandoverReceipt, Interaction, Notification
from sales.models import AssignmentRule, Lead
from tests.factories.crm import CampaignFactory, ContactFactory, UserFactory
from tests.factories.deals import AssignmentRuleFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reps(team):
    return [UserFactory(team=team, roles=["rep"]) for _ in range(3)]


def wish(contact, key=None, **more):
    return Request(key=key or f"visit:{contact.pk}", contact=contact.pk, topic="Webinar follow-up", **more)


def test_ten_contacts_become_ten_leads_shared_out_in_turn(reps):
    contacts = [ContactFactory(company_name="Northwind") for _ in range(10)]
    details = {"score": 85, "reasons": ["Registered"]}
    receipts = hand_over([wish(c, source="Journey: Webinar", details=details) for c in contacts])
    assert [r.outcome for r in receipts] == ["new"] * 10
    assert [Lead.objects.get(pk=r.lead).contact_id for r in receipts] == [c.pk for c in contacts]
    assert sorted(Counter(r.owner for r in receipts).values()) == [3, 3, 4]
    lead = Lead.objects.get(pk=receipts[0].lead)
    assert (lead.score, lead.reasons, lead.company_name, lead.rating) == (85, ["Registered"], "Northwind", "hot")


def test_the_same_key_always_gets_the_same_receipt(reps):
    contact = ContactFactory()
    first = hand_over([wish(contact)])
    assert hand_over([wish(contact)]) == first
    assert (Lead.objects.count(), HandoverReceipt.objects.count()) == (1, 1)


def test_the_same_key_twice_in_one_batch_is_one_receipt(reps):
    contact = ContactFactory()
    one, two = hand_over([wish(contact), wish(contact)])
    assert one == two
    assert Interaction.objects.filter(kind="lead.created").count() == 1


def test_another_key_for_the_same_person_is_known(reps):
    contact = ContactFactory()
    first, second = hand_over([wish(contact, "a"), wish(contact, "b")])
    assert (first.outcome, second.outcome) == ("new", "known")
    assert (first.lead, first.owner) == (second.lead, second.owner)
    assert [i.kind for i in Interaction.objects.order_by("pk")] == ["lead.created", "lead.assigned", "lead.interest"]


def test_an_open_lead_keeps_its_owner_who_is_told_of_the_new_interest(reps):
    lead = LeadFactory(owner=reps[2])
    (receipt,) = hand_over([wish(lead.contact)])
    assert (receipt.outcome, receipt.lead, receipt.owner) == ("known", lead.pk, reps[2].pk)
    assert Notification.objects.get(user=reps[2]).url == lead.get_absolute_url()


def test_a_closed_lead_does_not_stand_in_the_way_of_a_new_one(reps):
    from sales.actions.leads import disqualify_lead

    closed = disqualify_lead(LeadFactory(owner=reps[0]), reason="lost", by=reps[0])
    (receipt,) = hand_over([wish(closed.contact)])
    assert receipt.outcome == "new"
    assert receipt.lead != closed.pk


def test_the_round_goes_on_over_many_small_batches(reps):
    receipts = [hand_over([wish(ContactFactory())])[0] for _ in range(7)]
    assert [r.owner for r in receipts] == [reps[i % 3].pk for i in range(7)]


def test_who_has_left_takes_no_lead(reps):
    reps[1].is_active = False
    reps[1].save()
    receipts = hand_over([wish(ContactFactory()) for _ in range(4)])
    assert Counter(r.owner for r in receipts) == {reps[0].pk: 2, reps[2].pk: 2}


def test_the_first_rule_that_fits_decides(reps):
    campaign = CampaignFactory()
    special = AssignmentRuleFactory(order=1, campaign=campaign, distribution="fixed")
    special.users.add(reps[2])
    receipts = hand_over([wish(ContactFactory(), campaign=campaign.pk), wish(ContactFactory(), campaign=campaign.pk)])
    assert [r.owner for r in receipts] == [reps[2].pk, reps[2].pk]
    assert hand_over([wish(ContactFactory())])[0].owner == reps[0].pk


def test_where_nobody_takes_leads_the_receipt_says_unassigned_and_the_next_interest_finds_an_owner(db):
    contact = ContactFactory()
    (receipt,) = hand_over([wish(contact, "a")])
    assert (receipt.outcome, Lead.objects.get().owner) == ("unassigned", None)
    rep = UserFactory(roles=["rep"])
    (later,) = hand_over([wish(contact, "b")])
    assert (later.outcome, later.owner, Lead.objects.get().owner) == ("known", rep.pk, rep)
    assert hand_over([wish(contact, "a")]) == [receipt]


def test_a_contact_that_is_not_there_hands_nothing_over(reps):
    with pytest.raises(Invalid, match="no contact 999"):
        hand_over([wish(ContactFactory()), Request(key="x", contact=999, topic="Ghost")])
    assert not Lead.objects.exists()


@pytest.mark.parametrize("number", [1, 100])
def test_a_batch_costs_the_same_for_one_contact_and_for_a_hundred(reps, number, django_assert_max_num_queries):
    wishes = [wish(contact) for contact in [ContactFactory() for _ in range(number)]]
    with django_assert_max_num_queries(30):
        hand_over(wishes)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_desks_at_once_make_one_lead_a_person_and_keep_the_round_even():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer; this is about two.")
    AssignmentRule.objects.get_or_create(name="All reps in turn")
    for _ in range(3):
        UserFactory(roles=["rep"])
    contacts = [ContactFactory() for _ in range(30)]

    def ask(part):
        try:
            return [hand_over([wish(c, f"{part}:{c.pk}")])[0] for c in (contacts if part % 2 else contacts[::-1])]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = [receipt for answer in pool.map(ask, range(4)) for receipt in answer]
    assert Lead.objects.count() == 30
    assert sum(receipt.is_new for receipt in answers) == 30
    assert sorted(Counter(Lead.objects.values_list("owner", flat=True)).values()) == [10, 10, 10]
