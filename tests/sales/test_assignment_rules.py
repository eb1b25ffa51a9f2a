"""Assignment rules: which fits, who of its people gets the lead, and why nobody does."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection, connections

from crm.hooks.handover import Request, hand_over
from crm.models import Interaction
from sales.models import Absence, AssignmentRule, Lead, Seller
from sales.queries.assignment_words import why_nobody_has
from tests.factories.crm import CampaignFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import AssignmentRuleFactory, LeadFactory

pytestmark = pytest.mark.django_db
INDIANS = {"all": [{"test": "contact.country", "op": "is", "value": "IN"}]}
HOT = {"all": [{"test": "rating", "op": "is", "value": "hot"}]}
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def only_ours(db):
    """Without the rule that every house begins with."""
    AssignmentRule.objects.all().delete()


@pytest.fixture
def reps(team):
    return [UserFactory(name=name, team=team, roles=["rep"]) for name in ("Asa", "Bea", "Cid")]


def rule(*users, **more):
    made = AssignmentRuleFactory(**more)
    made.users.set(users)
    return made


def arrive(n=1, country="DE", **more):
    """Leads that are handed over, as they are afterwards."""
    wishes = [
        Request(f"k{(contact := ContactFactory(country=country)).pk}", contact.pk, "Webinar", **more) for _ in range(n)
    ]
    return [Lead.objects.get(pk=receipt.lead) for receipt in hand_over(wishes)]


def owners(leads):
    return [lead.owner.name if lead.owner else None for lead in leads]


def test_the_first_rule_whose_condition_holds_decides(only_ours, reps):
    indian = rule(reps[2], order=1, when=INDIANS)
    rule(reps[0], order=2)
    assert owners(arrive(2, country="IN")) == ["Cid", "Cid"]
    assert owners(arrive(country="DE")) == ["Asa"]
    assert arrive(country="IN")[0].assignment_rule == indian


def test_a_condition_and_a_campaign_must_both_hold(only_ours, reps):
    campaign = CampaignFactory()
    rule(reps[2], order=1, when=INDIANS, campaign=campaign)
    rule(reps[0], order=2)
    assert owners(arrive(country="IN", campaign=campaign.pk)) == ["Cid"]
    assert owners(arrive(country="IN") + arrive(country="DE", campaign=campaign.pk)) == ["Asa", "Asa"]


def test_a_rule_whose_condition_cannot_be_used_fits_nothing_and_is_named(only_ours, reps):
    rule(*reps, name="Old", when={"all": [{"test": "gone", "op": "is", "value": 1}]})
    (lead,) = arrive()
    assert (lead.owner, lead.unassigned_because) == (None, "no_rule")
    assert why_nobody_has(lead) == [
        "No rule fits this lead.",
        "The rule “Old” cannot be used: look at its condition.",
    ]


def test_by_load_the_one_with_the_fewest_open_leads_is_next_and_ties_go_in_turn(only_ours, reps):
    rule(*reps, distribution="load")
    for _ in range(2):
        LeadFactory(owner=reps[0])
    assert owners(arrive(5)) == ["Bea", "Cid", "Bea", "Cid", "Asa"]
    assert owners(arrive(1)) == ["Bea"]


def test_closed_leads_are_no_load(only_ours, reps):
    from sales.actions.leads import disqualify_lead

    rule(*reps[:2], distribution="load")
    for _ in range(3):
        disqualify_lead(LeadFactory(owner=reps[0]), reason="lost", by=reps[0])
    LeadFactory(owner=reps[1])
    assert owners(arrive()) == ["Asa"]


def test_the_team_of_a_rule_takes_part_as_far_as_its_role_takes_leads(only_ours, reps):
    south = TeamFactory(name="South")
    sam = UserFactory(name="Sam", team=south, roles=["rep"])
    UserFactory(name="Boss", team=south, roles=["manager"])
    rule(reps[0], team=south)
    assert owners(arrive(4)) == ["Asa", "Sam", "Asa", "Sam"]
    assert sam.name == "Sam"


def test_nobody_gets_more_open_leads_than_they_can_work(only_ours, reps):
    Seller.objects.create(user=reps[0], capacity=1)
    Seller.objects.create(user=reps[1], capacity=2)
    rule(*reps[:2], name="Two")
    leads = arrive(5)
    assert Counter(owners(leads)) == {"Asa": 1, "Bea": 2, None: 2}
    waiting = leads[-1]
    assert (waiting.unassigned_because, waiting.assigned_at) == ("full", None)
    assert why_nobody_has(waiting) == [
        "The rule “Two” fits, but nobody of it is available: Asa is full (1 of 1 open leads); Bea is full (2 of 2 open leads)."
    ]


def test_who_is_absent_gets_nothing_on_these_days_in_their_own_time_zone(only_ours, reps):
    asa = reps[0]
    asa.time_zone = "Pacific/Auckland"  # thirteen hours ahead: noon of the 23rd in UTC is the 24th there
    asa.save()
    Absence.objects.create(user=asa, first_day=date(2026, 11, 24), last_day=date(2026, 11, 25))
    Absence.objects.create(user=asa, first_day=date(2026, 11, 26), last_day=date(2026, 11, 27))
    rule(asa, name="Asa’s", respects_hours=False)
    with time_machine.travel(TUESDAY - timedelta(days=1), tick=False):
        (lead,) = arrive()
    assert lead.unassigned_because == "away"
    assert "Asa is away until 28 Nov" in why_nobody_has(lead)[0]
    with time_machine.travel(TUESDAY - timedelta(days=2), tick=False):
        assert owners(arrive()) == ["Asa"]


@pytest.mark.parametrize(
    ("hour", "got"), [(7, None), (8, "Asa"), (15, "Asa"), (16, None)], ids=["before", "begins", "within", "over"]
)
def test_working_hours_count_in_the_sellers_own_time_zone(only_ours, reps, hour, got):
    reps[0].time_zone = "Europe/Berlin"
    reps[0].save()
    Seller.objects.create(user=reps[0], days=[0, 1, 2, 3, 4], works_from=time(9), works_to=time(17))
    rule(reps[0])
    with time_machine.travel(TUESDAY.replace(hour=hour), tick=False):
        assert owners(arrive()) == [got]


def test_a_rule_may_not_care_for_working_hours(only_ours, reps):
    Seller.objects.create(user=reps[0], days=[5], works_from=time(9), works_to=time(10))
    rule(reps[0], respects_hours=False)
    with time_machine.travel(TUESDAY, tick=False):
        assert owners(arrive()) == ["Asa"]


def test_a_night_shift_belongs_to_the_day_it_begins_on(only_ours, reps):
    Seller.objects.create(user=reps[0], days=[0], works_from=time(22), works_to=time(6))
    rule(reps[0])
    found = []
    for at in (TUESDAY.replace(hour=5), TUESDAY.replace(hour=6), TUESDAY.replace(hour=23)):
        with time_machine.travel(at, tick=False):
            found += owners(arrive())
    assert found == ["Asa", None, None]


def test_a_rule_that_waits_keeps_its_leads_and_one_that_does_not_passes_them_on(only_ours, reps):
    Seller.objects.create(user=reps[0], capacity=0)
    first = rule(reps[0], name="First", order=1, waits=True)
    rule(reps[1], order=2)
    (kept,) = arrive()
    assert (kept.owner, kept.assignment_rule) == (None, first)
    AssignmentRule.objects.filter(pk=first.pk).update(waits=False)
    assert owners(arrive()) == ["Bea"]


def test_several_reasons_at_once_are_all_told(only_ours, reps):
    Seller.objects.create(user=reps[0], capacity=0)
    Absence.objects.create(user=reps[1], first_day=date(2026, 11, 24), last_day=date(2026, 11, 24))
    rule(*reps[:2], name="Two")
    with time_machine.travel(TUESDAY, tick=False):
        (lead,) = arrive()
    assert lead.unassigned_because == "mixed"
    assert "Asa is full (0 of 0 open leads); Bea is away until 25 Nov" in why_nobody_has(lead)[0]


def test_a_rule_whose_people_have_all_left_says_so(only_ours, reps):
    reps[0].is_active = False
    reps[0].save()
    rule(reps[0], name="Gone")
    (lead,) = arrive()
    assert lead.unassigned_because == "nobody"
    assert "it has nobody who takes leads" in why_nobody_has(lead)[0]


def test_the_timeline_tells_why_somebody_got_it(only_ours, reps):
    rule(reps[0], name="By load", distribution="load")
    arrive()
    assert Interaction.objects.get(kind="lead.assigned").data["text"] == (
        "To Asa, by the rule “By load”: had the fewest open leads, 0"
    )


@pytest.mark.parametrize("number", [1, 60])
def test_leads_cost_the_same_queries_however_many(only_ours, reps, number, django_assert_max_num_queries):
    for at, name in enumerate(("One", "Two", "Three")):
        rule(*reps, name=name, order=at, when=HOT if at else INDIANS, distribution="load")
    wishes = [Request(f"k{(c := ContactFactory()).pk}", c.pk, "Webinar") for _ in range(number)]
    with django_assert_max_num_queries(32):
        hand_over(wishes)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_batches_at_once_never_break_a_capacity():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer; this is about two.")
    AssignmentRule.objects.all().delete()
    people = [UserFactory(roles=["rep"]) for _ in range(3)]
    for person in people:
        Seller.objects.create(user=person, capacity=5)
    rule(*people, distribution="load")
    contacts = [ContactFactory() for _ in range(40)]

    def ask(part):
        try:
            return [hand_over([Request(f"{c.pk}", c.pk, "Webinar")])[0] for c in contacts[part::4]]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert sorted(Counter(Lead.objects.exclude(owner=None).values_list("owner", flat=True)).values()) == [5, 5, 5]
    assert Lead.objects.filter(unassigned_because="full").count() == 25
