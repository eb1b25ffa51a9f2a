"""Approval by a person: asked under the bell and on “my work”, decided once, by whom it concerns, or not in time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.errors import NotAllowed
from crm.models import Notification
from journeys import engine, simulating, steps
from journeys.actions.approvals import decide
from journeys.actions.participants import add_contacts, remove_participant
from journeys.models import Approval, Participant, Visit
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
WAYS = ["approved", "declined", "late"]
EDGES = [["entry", "next", "a"], *(["a", way, way] for way in WAYS)]


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def nodes(**params):
    values = {"question": "May they get the offer?", "amount": 2, "unit": "days", **params}
    return {"a": node("approval", **values), **{way: node("end") for way in WAYS}}


def enter(contacts, by, now=None, **params):
    now = now or timezone.now()
    journey = live_journey(nodes(**params), EDGES, now=now)
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=now)
    engine.advance(now)
    return journey


def test_the_owner_is_asked_under_the_bell_and_decides_on_a_page(client, by, rep):
    contact = ContactFactory(owner=rep)
    enter([contact], by)
    asked = Approval.objects.get()
    assert Notification.objects.get(user=rep).url == asked.get_absolute_url()
    client.force_login(rep)
    html = client.get(asked.get_absolute_url()).content.decode()
    assert "May they get the offer?" in html
    assert contact.get_absolute_url() in html
    client.post(asked.get_absolute_url(), {"answer": "yes", "comment": "A good customer"})
    engine.advance(timezone.now())
    visit = Visit.objects.get(node="a")
    assert (visit.outcome, visit.detail) == ("approved", {"by": str(rep), "comment": "A good customer"})
    assert "A good customer" in client.get(asked.get_absolute_url()).content.decode()


def test_it_stands_on_my_work_and_in_the_list_until_it_is_decided(client, by, rep):
    enter([ContactFactory(owner=rep)], by)
    client.force_login(rep)
    assert "May they get the offer?" in client.get(reverse("sales:my-work")).content.decode()
    assert "May they get the offer?" in client.get(reverse("journeys:approvals")).content.decode()
    client.post(Approval.objects.get().get_absolute_url(), {"answer": "no"})
    assert "May they get the offer?" not in client.get(reverse("sales:my-work")).content.decode()
    assert "Nothing to approve" in client.get(reverse("journeys:approvals")).content.decode()
    assert "Declined" in client.get(reverse("journeys:approvals"), {"show": "decided"}).content.decode()
    engine.advance(timezone.now())
    assert Visit.objects.get(node="a").outcome == "declined"


def test_nobody_in_time_has_its_own_way_out(by, rep):
    enter([ContactFactory(owner=rep)], by, now=NOON)
    engine.advance(NOON + timedelta(days=2))
    assert Visit.objects.get(node="a").outcome == "late"
    with pytest.raises(NotAllowed, match="decided already: not in time"):
        decide(Approval.objects.get(), is_approved=True, by=rep, now=NOON + timedelta(days=2))


def test_an_answer_after_the_time_but_before_the_engine_is_refused(by, rep):
    enter([ContactFactory(owner=rep)], by, now=NOON)
    with pytest.raises(NotAllowed, match="The time to decide is over"):
        decide(Approval.objects.get(), is_approved=True, by=rep, now=NOON + timedelta(days=3))


def test_two_answers_are_one(by, rep):
    enter([ContactFactory(owner=rep)], by, now=NOON)
    decide(Approval.objects.get(), is_approved=True, by=rep, now=NOON)
    with pytest.raises(NotAllowed, match="decided already: approved"):
        decide(Approval.objects.get(), is_approved=False, by=rep, now=NOON)


def test_who_has_left_the_journey_is_not_decided_about(client, by, rep):
    enter([ContactFactory(owner=rep)], by)
    remove_participant(Participant.objects.get(), by=by)
    client.force_login(rep)
    answer = client.post(Approval.objects.get().get_absolute_url(), {"answer": "yes"})
    assert answer.status_code == 422
    assert "This person has left the journey meanwhile" in answer.content.decode()


def test_others_do_not_see_the_question(client, by, rep):
    enter([ContactFactory(owner=rep)], by)
    stranger = UserFactory(roles=["rep"], team=TeamFactory())
    client.force_login(stranger)
    assert client.get(Approval.objects.get().get_absolute_url()).status_code == 404
    assert client.post(Approval.objects.get().get_absolute_url(), {"answer": "yes"}).status_code == 404
    assert "May they get" not in client.get(reverse("journeys:approvals"), {"show": "all"}).content.decode()
    assert Approval.objects.get().status == "waiting"


def test_the_manager_of_the_owners_team_may_be_asked(by, rep, manager):
    rep.team.manager = manager
    rep.team.save()
    enter([ContactFactory(owner=rep)], by, who="lead")
    assert Approval.objects.get().approver == manager


def test_where_nobody_is_found_whoever_may_change_the_journey_decides(client, by, marketer):
    enter([ContactFactory(owner=None)], by)
    asked = Approval.objects.get()
    assert asked.approver is None
    client.force_login(marketer)
    assert "May they get" in client.get(reverse("journeys:approvals"), {"show": "all"}).content.decode()
    client.post(asked.get_absolute_url(), {"answer": "yes"})
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by) == ("approved", marketer)


def test_an_answer_that_is_neither_is_refused_and_keeps_the_comment(client, by, rep):
    enter([ContactFactory(owner=rep)], by)
    client.force_login(rep)
    answer = client.post(Approval.objects.get().get_absolute_url(), {"answer": "maybe", "comment": "Hm"})
    assert answer.status_code == 422
    assert "Say yes or no." in answer.content.decode()
    assert ">Hm</textarea>" in answer.content.decode()


def test_one_and_two_hundred_cost_the_same_reads(by, rep):
    counts = []
    for many in (1, 200):
        people = many_contacts(many, last_name=f"N{many}", owner=rep)
        journey = live_journey(nodes(), EDGES)
        add_contacts(journey, contacts=[c.pk for c in people], by=by, now=NOON)
        with CaptureQueriesContext(connection) as seen:
            engine.advance(NOON)
        counts.append(len([q for q in seen if not q["sql"].startswith("INSERT") and "SAVEPOINT" not in q["sql"]]))
        for person in people:
            person.delete()
    assert counts[0] == counts[1]


def test_the_list_costs_the_same_for_three_as_for_one(client, by, rep):
    client.force_login(rep)
    counts = []
    for many in (1, 2):
        enter([ContactFactory(owner=rep) for _ in range(many)], by)
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("journeys:approvals"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_question_without_words_or_without_somebody_chosen_is_an_error_at_its_place():
    found = dict(steps.get("approval").complaints({"amount": 1, "unit": "days", "who": "user"}))
    assert found == {"question": "What is asked: This field is required.", "user": "User: Say who."}


def test_the_simulator_says_who_would_be_asked(rep):
    journey = JourneyFactory(draft=definition(nodes(), EDGES))
    [stop, _] = simulating.walk(journey, ContactFactory(owner=rep), NOON)
    assert stop.why == f"Would ask {rep}, for at most 2 days; here the answer is yes."
    [stop, _] = simulating.walk(journey, ContactFactory(owner=None), NOON)
    assert stop.why == "Would ask whoever may change this journey, for at most 2 days; here the answer is yes."


def test_the_panel_asks_who_decides(client, marketer):
    client.force_login(marketer)
    journey = JourneyFactory(draft=definition({"a": node("approval"), "e": node("end")}))
    html = client.get(reverse("admin:journeys_journey_step", args=[journey.pk, "a"])).content.decode()
    assert "Who decides" in html
    assert "The manager of the owner&#x27;s team" in html
