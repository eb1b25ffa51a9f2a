"""Opportunities that a journey asks the desk for: receipts as outcomes, refusals with their reason, by sets."""

from datetime import date
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.hooks import handover
from crm.models import Interaction, Notification
from journeys import engine, steps
from journeys.actions.participants import add_contacts
from journeys.models import Visit
from sales.models import Opportunity, StageVisit
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
WAYS = ["new", "known", "refused"]
EDGES = [["entry", "next", "d"], *(["d", way, way] for way in WAYS)]


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def walk(contacts, by, **params):
    step = node("create_opportunity", **{"topic": "Renewal", "amount": "1200.50", "days": 30, **params})
    journey = live_journey({"d": step, **{way: node("end") for way in WAYS}}, EDGES)
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey


def test_the_owner_gets_a_deal_and_is_told_of_it(by, rep):
    contact = ContactFactory(owner=rep)
    journey = walk([contact], by)
    [deal] = Opportunity.objects.all()
    assert (deal.topic, deal.owner, deal.contact, deal.account) == ("Renewal", rep, contact, contact.account)
    assert (deal.estimated_revenue, deal.estimated_revenue_base) == (Decimal("1200.50"), Decimal("1200.50"))
    assert deal.estimated_close == date(2026, 12, 24)
    assert deal.description == f"Journey: {journey.name}"
    assert StageVisit.objects.get().opportunity == deal
    assert Notification.objects.get(user=rep).url == deal.get_absolute_url()
    assert Interaction.objects.get(kind="opportunity.opened").contact == contact
    assert LogEntry.objects.get(object_id=deal.pk, object_repr=str(deal)).additional_data["source"] == "journey"
    assert Visit.objects.get(node="d").detail == {"opportunity": deal.pk, "owner": rep.pk}


def test_a_contact_with_an_open_deal_is_known(by, rep):
    contact = ContactFactory(owner=rep)
    walk([contact], by)
    walk([contact], by)
    assert list(Visit.objects.filter(node="d").order_by("pk").values_list("outcome", flat=True)) == ["new", "known"]
    assert Opportunity.objects.count() == 1


def test_what_nobody_would_own_is_refused_with_its_reason(by):
    walk([ContactFactory(owner=None)], by)
    visit = Visit.objects.get(node="d")
    assert visit.outcome == "refused"
    assert visit.detail == {"reason": "Nobody would own it: the contact has no owner, or whoever was chosen has left."}
    assert Opportunity.objects.count() == 0


def test_an_inactive_contact_is_refused(by, rep):
    walk([ContactFactory(owner=rep, is_active=False)], by)
    assert Visit.objects.get(node="d").detail == {"reason": "The contact is inactive."}


def test_whoever_is_named_otherwise_owns_what_would_be_nobodys(by, rep):
    walk([ContactFactory(owner=None)], by, otherwise=rep.pk)
    assert Opportunity.objects.get().owner == rep


def request(key, contact, owner):
    return handover.DealRequest(key, contact.pk, "Renewal", Decimal(5), date(2026, 12, 1), owner.pk)


def test_the_same_key_always_gets_the_same_receipt(rep):
    contact = ContactFactory()
    [first] = handover.open_deals([request("k", contact, rep)])
    [second] = handover.open_deals([request("k", contact, rep)])
    assert (first, first.outcome) == (second, "new")


def test_two_wishes_for_one_contact_open_one_deal(rep):
    contact = ContactFactory()
    one, two = handover.open_deals([request("a", contact, rep), request("b", contact, rep)])
    assert (one.outcome, two.outcome, one.opportunity) == ("new", "known", two.opportunity)


def test_one_and_two_hundred_cost_the_same_questions(by, rep):
    counts = []
    for many in (1, 200):
        people = many_contacts(many, last_name=f"N{many}", owner=rep)
        requests = [request(f"{many}:{c.pk}", c, rep) for c in people]
        with CaptureQueriesContext(connection) as seen:
            handover.open_deals(requests)
        counts.append(len([q for q in seen if not q["sql"].startswith("INSERT") and "SAVEPOINT" not in q["sql"]]))
        Opportunity.objects.all().delete()
        for person in people:
            person.delete()
    assert counts[0] == counts[1]


def test_a_negative_amount_and_no_topic_are_errors_at_their_place():
    found = steps.get("create_opportunity").complaints({"amount": "-1", "days": 30, "topic": ""})
    assert sorted(path for path, _ in found) == ["amount", "topic"]
