"""Waiting for a date of the contact: on the person's clock, over changes of the clocks, looked at again when it is due."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.models import Contact, CustomField
from journeys import engine, simulating, steps
from journeys.actions.participants import add_contacts
from journeys.models import Participant, Visit
from journeys.steps.wait_for_date import moment
from journeys.steps.wait_until import next_such_hour
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
WAYS = ["next", "past", "missing"]
EDGES = [["entry", "next", "w"], *(["w", way, way] for way in WAYS)]
BEFORE = {"field": "custom.ends", "days": 3, "side": "before", "hour": "09:00"}


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


@pytest.fixture(autouse=True)
def ends(db):
    return CustomField.objects.create(kind="crm.contact", key="ends", label="Contract ends", type="day")


def graph_of(**params):
    return {"w": node("wait_for_date", **{**BEFORE, **params}), **{way: node("end") for way in WAYS}}, EDGES


def enter(contacts, by, **params):
    journey = live_journey(*graph_of(**params))
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey


def outcomes():
    return list(Visit.objects.filter(node="w").order_by("participant__contact").values_list("outcome", flat=True))


def test_people_wait_until_days_before_their_date_at_an_hour_of_their_own_clock(by):
    people = [
        ContactFactory(custom={"ends": "2026-12-10"}, time_zone=zone) for zone in ("Asia/Kolkata", "America/New_York")
    ]
    enter(people, by)
    due = Participant.objects.order_by("contact").values_list("due_at", flat=True)
    assert list(due) == [datetime(2026, 12, 7, 3, 30, tzinfo=UTC), datetime(2026, 12, 7, 14, tzinfo=UTC)]
    engine.advance(datetime(2026, 12, 7, 4, tzinfo=UTC))
    assert outcomes() == ["next"]


def test_no_date_and_a_date_that_is_past_have_their_own_ways_out(by):
    enter([ContactFactory(), ContactFactory(custom={"ends": "2026-11-20"})], by)
    assert outcomes() == ["missing", "past"]


def test_a_date_that_was_moved_on_meanwhile_lets_them_wait_on(by):
    contact = ContactFactory(custom={"ends": "2026-12-10"}, time_zone="UTC")
    enter([contact], by)
    Contact.objects.filter(pk=contact.pk).update(custom={"ends": "2026-12-20"})
    engine.advance(datetime(2026, 12, 7, 9, tzinfo=UTC))
    assert outcomes() == []
    assert Participant.objects.get().due_at == datetime(2026, 12, 17, 9, tzinfo=UTC)
    engine.advance(datetime(2026, 12, 17, 9, tzinfo=UTC))
    assert outcomes() == ["next"]


def test_a_date_that_was_taken_away_meanwhile_is_missing(by):
    contact = ContactFactory(custom={"ends": "2026-12-10"}, time_zone="UTC")
    enter([contact], by)
    Contact.objects.filter(pk=contact.pk).update(custom={})
    engine.advance(datetime(2026, 12, 7, 9, tzinfo=UTC))
    assert outcomes() == ["missing"]


def test_a_moment_of_the_contact_counts_by_its_day_there(by):
    contact = ContactFactory(time_zone="Asia/Kolkata")
    Contact.objects.filter(pk=contact.pk).update(created_at=datetime(2026, 11, 23, 20, tzinfo=UTC))  # the 24th in India
    enter([contact], by, field="created_at", side="after", days=7)
    assert Participant.objects.get().due_at == datetime(2026, 12, 1, 3, 30, tzinfo=UTC)


def test_the_anniversary_comes_every_year_and_29_february_is_the_28th():
    yearly = {**BEFORE, "days": 0, "yearly": True}
    assert moment(yearly, date(1980, 11, 20), "UTC", NOON) == datetime(2027, 11, 20, 9, tzinfo=UTC)
    assert moment(yearly, date(1980, 2, 29), "UTC", NOON) == datetime(2027, 2, 28, 9, tzinfo=UTC)
    new_year = {**yearly, "days": 10}
    assert moment(new_year, date(1980, 1, 5), "UTC", NOON) == datetime(2026, 12, 26, 9, tzinfo=UTC)


def test_an_anniversary_lets_them_go_when_it_has_come(by):
    enter([ContactFactory(custom={"ends": "1980-12-01"}, time_zone="UTC")], by, days=0, yearly=True)
    engine.advance(datetime(2026, 12, 1, 9, 5, tzinfo=UTC))
    assert outcomes() == ["next"]


def test_an_hour_that_the_clocks_leap_over_is_an_hour_later_and_one_that_comes_twice_is_its_first():
    at = {**BEFORE, "days": 0, "hour": "02:30"}
    assert moment(at, date(2027, 3, 28), "Europe/Berlin", NOON) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert moment(at, date(2027, 10, 31), "Europe/Berlin", NOON) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_next_such_hour_is_never_past_while_an_hour_comes_twice():
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 in Berlin for the second time
    found = next_such_hour({"weekday": "any", "hour": "02:30"}, "Europe/Berlin", second)
    assert found == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_time_zone_that_does_not_exist_stops_nobody(by):
    enter([ContactFactory(custom={"ends": "2026-12-10"}, time_zone="Mars/Olympus")], by)
    assert Participant.objects.get().due_at == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_a_thousand_people_are_looked_at_by_the_same_questions(by, django_assert_max_num_queries):
    people = many_contacts(1000, custom={"ends": "2026-12-10"}, time_zone="UTC")
    journey = live_journey(*graph_of())
    add_contacts(journey, contacts=[c.pk for c in people], by=by, now=NOON)
    with django_assert_max_num_queries(40):
        engine.advance(NOON)
    assert Participant.objects.filter(due_at=datetime(2026, 12, 7, 9, tzinfo=UTC)).count() == 1000


def test_too_many_days_and_an_unknown_date_are_errors_at_their_place(ends):
    found = dict(steps.get("wait_for_date").complaints({**BEFORE, "days": 5000, "field": "custom.gone"}))
    assert found == {
        "days": "How many days: Ensure this value is less than or equal to 1100.",
        "field": "Which date of the contact: This date does not exist any more. Choose another one.",
    }


def test_the_simulator_waits_until_the_day(by):
    nodes, edges = graph_of()
    journey = JourneyFactory(draft=definition(nodes, edges))
    [stop, last] = simulating.walk(journey, ContactFactory(custom={"ends": "2026-12-10"}, time_zone="UTC"), NOON)
    assert stop.why == "Waits until 7 Dec 2026, 09:00 UTC."
    assert last.at == datetime(2026, 12, 7, 9, tzinfo=UTC)
    [stop, _] = simulating.walk(journey, ContactFactory(), NOON + timedelta(days=1))
    assert stop.why == "There is no such date at this contact."
