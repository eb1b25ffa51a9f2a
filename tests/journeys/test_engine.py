"""The engine: by sets, once per visit, nobody lost, nobody doubled."""

from datetime import UTC, datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.hooks import contact_actions
from crm.log.recording import record
from crm.models import Activity, Contact, Interaction
from journeys import engine, steps
from journeys.actions.journeys import (
    clear_stopped,
    pause_journey,
    publish_journey,
    resume_journey,
    save_draft,
    stop_journey,
)
from journeys.actions.participants import add_contacts, remove_participant, try_again
from journeys.models import Participant, Passage, Visit
from journeys.steps.batch import Answer
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CALL = node("create_activity", kind="call", subject="Ring them", days=1)


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def enter(journey, contacts, by, now=NOON):
    return add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=now)


def diary(participant):
    return list(participant.visits.values_list("node", "number", "outcome"))


def test_people_walk_from_step_to_step_and_the_diary_keeps_each(by):
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "c": CALL, "e": node("end")})
    enter(journey, [ContactFactory()], by)
    assert engine.advance(NOON) == 0
    assert engine.advance(NOON + HOUR) == 3
    participant = Participant.objects.get()
    assert diary(participant) == [("w", 1, "next"), ("c", 2, "next"), ("e", 3, "ended")]
    assert (participant.status, participant.outcome) == ("done", "ended")
    assert Activity.objects.get().due_at == NOON + HOUR + timedelta(days=1)
    assert set(Interaction.objects.values_list("kind", flat=True)) == {"journey.entered", "journey.ended"}
    assert dict(Passage.objects.values_list("node", "count")) == {"w": 1, "c": 1, "e": 1}


def queries_of_a_whole_way(count, by):
    journey = live_journey({"c": CALL, "w": node("wait_for", amount=1, unit="hours"), "e": node("end")})
    enter(journey, many_contacts(count), by)
    with CaptureQueriesContext(connection) as one:
        assert engine.advance(NOON) == count
    with CaptureQueriesContext(connection) as two:
        assert engine.advance(NOON + HOUR) == 2 * count
    inserts = [q for q in [*one, *two] if q["sql"].startswith("INSERT") or "SAVEPOINT" in q["sql"]]
    return len(one) + len(two) - len(inserts), Visit.objects.filter(participant__journey=journey).count()


def test_one_and_a_thousand_people_cost_the_same_number_of_queries(by):
    """INSERTs are left out: Django splits them by the number of variables a database takes."""
    few, _ = queries_of_a_whole_way(1, by)
    Contact.objects.all().delete()
    many, visits = queries_of_a_whole_way(1000, by)
    assert (many, visits) == (few, 3000)


def test_the_same_batch_again_does_nothing_twice(by):
    journey = live_journey({"c": CALL, "e": node("end")})
    enter(journey, many_contacts(5), by)
    place = engine.next_place(NOON)
    people = engine._claim(place, NOON, None)
    assert engine.advance(NOON) == 10
    assert engine._advance_place(place, NOON, [person.id for person in people]) == 0
    assert (Activity.objects.count(), Visit.objects.count()) == (5, 10)


def test_a_batch_that_dies_half_way_leaves_nothing_behind(by, monkeypatch):
    """As after a kill: the transaction was never there, and the next turn does it all."""
    journey = live_journey({"c": CALL, "e": node("end")})
    enter(journey, many_contacts(5), by)

    class Killed(BaseException):
        pass

    def dies(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_move", dies)
        with pytest.raises(Killed):
            engine.advance(NOON)
    assert (Activity.objects.count(), Visit.objects.count()) == (0, 0)
    assert engine.advance(NOON) == 10
    assert Activity.objects.count() == 5


@pytest.fixture
def fussy():
    """A kind of step that cannot bear people called Zora."""

    def run(batch, now):
        if Contact.objects.filter(pk__in=batch.contacts, first_name="Zora").exists():
            raise ValueError("not Zora")
        return Answer.everyone(batch)

    kind = steps.register(steps.StepKind("fussy", "Fussy", "bolt", "Test", "", run))
    yield kind
    steps.kind._kinds._items.pop("fussy")


def test_one_bad_person_never_fails_the_batch(by, fussy):
    journey = live_journey({"f": node("fussy"), "e": node("end")})
    people = many_contacts(20)
    zora = ContactFactory(first_name="Zora")
    enter(journey, [*people[:7], zora, *people[7:]], by)
    engine.advance(NOON)
    assert Participant.objects.filter(status="done").count() == 20
    failed = Participant.objects.get(status="failed")
    assert (failed.contact, failed.problem, failed.node) == (zora, "ValueError: not Zora", "f")


def test_who_failed_can_try_again(by, fussy):
    journey = live_journey({"f": node("fussy"), "e": node("end")})
    zora = ContactFactory(first_name="Zora")
    enter(journey, [zora], by)
    engine.advance(NOON)
    Contact.objects.update(first_name="Nora")
    assert try_again(journey, by=by, now=NOON) == 1
    engine.advance(NOON)
    assert diary(Participant.objects.get()) == [("f", 1, "next"), ("e", 2, "ended")]


def test_a_paused_journey_holds_its_steps_until_it_is_resumed(by):
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "e": node("end")})
    enter(journey, [ContactFactory()], by)
    journey = pause_journey(journey, by=by)
    assert (engine.has_due(NOON + HOUR), engine.advance(NOON + HOUR)) == (False, 0)
    resume_journey(journey, by=by, now=NOON + HOUR)
    assert engine.advance(NOON + HOUR) == 2


def test_stopping_lets_everybody_out_and_nobody_in(by):
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "e": node("end")})
    enter(journey, many_contacts(3), by)
    journey = stop_journey(journey, by=by)
    assert set(Participant.objects.values_list("status", "outcome")) == {("exited", "stopped")}
    assert engine.advance(NOON + HOUR) == 0
    assert clear_stopped(journey) == 0
    assert Interaction.objects.filter(kind="journey.ended").count() == 3


def test_people_finish_on_the_version_they_began(by):
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "old": node("end")})
    enter(journey, [ContactFactory()], by)
    save_draft(journey, draft=definition({"new": node("end")}), by=by)
    journey = publish_journey(journey, by=by, now=NOON)
    enter(journey, [ContactFactory()], by)
    engine.advance(NOON + HOUR)
    assert set(Visit.objects.values_list("node", flat=True)) == {"w", "old", "new"}


def test_nobody_comes_in_twice_unless_the_journey_says_so(by):
    contact = ContactFactory()
    once = live_journey({"e": node("end")})
    assert [enter(once, [contact], by, NOON + n * HOUR) for n in (0, 1)] == [1, 0]
    after = live_journey({"w": node("wait_for", amount=90, unit="minutes"), "e": node("end")}, again="after_leaving")
    came = []
    for hours in (0, 1, 2):
        came.append(enter(after, [contact], by, NOON + hours * HOUR))
        engine.advance(NOON + hours * HOUR + timedelta(minutes=31))
    assert came == [1, 0, 1]
    always = live_journey({"w": node("wait_for", amount=9, unit="hours"), "e": node("end")}, again="always")
    assert [enter(always, [contact], by, NOON + n * HOUR) for n in (0, 1)] == [1, 1]


def test_a_loop_ends_visibly_at_the_cap_of_visits(by, monkeypatch):
    monkeypatch.setattr(engine, "MOST_VISITS", 10)
    journey = live_journey({"w": node("wait_for", amount=1, unit="seconds"), "g": node("go_to", step="w")})
    enter(journey, [ContactFactory()], by)
    for second in range(20):
        engine.advance(NOON + timedelta(seconds=second))
    participant = Participant.objects.get()
    assert (participant.status, participant.visit) == ("failed", 11)
    assert participant.problem.startswith("After 10 steps this journey ends")


def test_journeys_that_lead_into_each_other_end_visibly(by):
    journey = live_journey({"e": node("end")}, again="always")
    save_draft(
        journey,
        draft=definition({"j": node("go_to_journey", journey=journey.pk), "e": node("end")}, again="always"),
        by=by,
    )
    publish_journey(journey, by=by, now=NOON)
    enter(journey, [ContactFactory()], by)
    engine.advance(NOON)
    assert Participant.objects.filter(status="done").count() == 5
    assert Participant.objects.get(status="failed").problem.startswith("Journeys lead into each other")


WAITING = {
    "w": node("wait_for_interaction", kind="email.clicked", source="marketing.email:7", amount=1, unit="days"),
    "yes": node("end"),
    "no": node("end"),
}
WAYS = [["entry", "next", "w"], ["w", "happened", "yes"], ["w", "timed_out", "no"]]


def click(contact, at, source=("marketing.email", 7), **more):
    record("email.clicked", contact=contact, source=source, occurred_at=at, **more)


@pytest.fixture
def clickers(by):
    """Nobody publishes a journey that names an email which does not exist."""
    from marketing.models import MarketingEmail

    MarketingEmail.objects.create(pk=7, name="Invitation")
    MarketingEmail.objects.create(pk=8, name="Other")


def test_a_wait_looks_back_to_the_entry(by, clickers):
    journey = live_journey(WAITING, WAYS)
    early, before, never = ContactFactory.create_batch(3)
    enter(journey, [early, before, never], by)
    click(early, NOON + timedelta(minutes=1))
    click(before, NOON - timedelta(days=3))
    click(never, NOON + timedelta(minutes=1), source=("marketing.email", 8))
    click(never, NOON + timedelta(minutes=1), verdict="scanner")
    engine.advance(NOON + timedelta(minutes=2))
    assert dict(Visit.objects.filter(node="w").values_list("participant__contact", "outcome")) == {early.pk: "happened"}
    engine.advance(NOON + timedelta(days=1, minutes=2))
    assert dict(Visit.objects.filter(node="w").values_list("participant__contact", "outcome")) == {
        early.pk: "happened",
        before.pk: "timed_out",
        never.pk: "timed_out",
    }


def test_who_waits_goes_on_as_soon_as_it_happens(by, clickers, run_jobs):
    now = datetime.now(UTC)
    journey = live_journey(WAITING, WAYS, now=now)
    run_jobs()
    contact = ContactFactory()
    enter(journey, [contact], by, now)
    run_jobs()
    assert Participant.objects.get().status == "waiting"
    click(contact, now + timedelta(seconds=1))
    run_jobs(later=timedelta(seconds=2))
    assert diary(Participant.objects.get())[0] == ("w", 1, "happened")


def test_something_that_happened_lets_people_in_and_the_goal_lets_them_out(by, clickers, run_jobs):
    now = datetime.now(UTC)
    live_journey(
        {"w": node("wait_for", amount=1, unit="days"), "e": node("end")},
        now=now,
        entry="interaction",
        kind="email.opened",
        source="marketing.email:7",
        goal={"kind": "email.clicked", "source": "marketing.email:7"},
    )
    run_jobs()
    contact = ContactFactory()
    record("email.opened", contact=contact, source=("marketing.email", 7), occurred_at=now + timedelta(seconds=1))
    record(
        "email.opened", contact=ContactFactory(), source=("marketing.email", 8), occurred_at=now + timedelta(seconds=1)
    )
    run_jobs(later=timedelta(seconds=2))
    participant = Participant.objects.get()
    assert (participant.contact, participant.status) == (contact, "waiting")
    click(contact, now + timedelta(seconds=3))
    run_jobs(later=timedelta(seconds=4))
    participant.refresh_from_db()
    assert (participant.status, participant.outcome) == ("exited", "goal")


def test_a_weekday_is_judged_where_the_person_lives(by):
    journey = live_journey({"w": node("wait_until", mode="weekday", weekday="any", hour="10:00"), "e": node("end")})
    enter(journey, [ContactFactory(time_zone="Asia/Kolkata"), ContactFactory(time_zone="America/New_York")], by)
    engine.advance(NOON)
    due = Participant.objects.order_by("pk").values_list("due_at", flat=True)
    assert list(due) == [datetime(2026, 11, 25, 4, 30, tzinfo=UTC), datetime(2026, 11, 24, 15, 0, tzinfo=UTC)]


def test_a_moment_holds_the_early_and_lets_the_late_go_straight_on(by):
    at = (NOON + HOUR).isoformat()
    journey = live_journey({"w": node("wait_until", mode="moment", at=at), "e": node("end")})
    enter(journey, [ContactFactory()], by)
    assert engine.advance(NOON) == 0
    enter(journey, [ContactFactory()], by, NOON + 2 * HOUR)
    assert engine.advance(NOON + 2 * HOUR) == 4


def test_taking_somebody_out_ends_their_way(by):
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "e": node("end")})
    enter(journey, [ContactFactory()], by)
    assert remove_participant(Participant.objects.get(), by=by).outcome == "removed"
    assert engine.advance(NOON + HOUR) == 0


def test_add_to_journey_is_offered_on_contacts(by):
    journey = live_journey({"e": node("end")})
    action = contact_actions.get("journey")
    contacts = [c.pk for c in ContactFactory.create_batch(2)]
    assert action.run(contacts, by=by, journey=journey) == f"2 added to “{journey}”."
    assert action.run(contacts, by=by, journey=journey) == (
        f"0 added to “{journey}”; 2 left out, because the journey does not take them a second time."
    )


def test_what_a_journey_writes_is_in_the_history_with_its_name_and_spares_the_inactive(by):
    journey = live_journey({"f": node("update_field", field="city", value="Pune"), "c": CALL, "e": node("end")})
    contact, gone = ContactFactory(city="Kiel"), ContactFactory(city="Kiel")
    enter(journey, [contact, gone], by)
    Contact.objects.filter(pk=gone.pk).update(is_active=False)
    engine.advance(NOON)
    came_from = {"source": "journey", "about": journey.name, "of": f"journeys.journey:{journey.pk}"}
    told = LogEntry.objects.get_for_object(contact).first()
    assert (told.changes, told.additional_data) == ({"city": ["Kiel", "Pune"]}, came_from)
    assert Contact.objects.get(pk=contact.pk).version == 2
    assert Contact.objects.get(pk=gone.pk).city == "Kiel"
    activity = Activity.objects.get(contact=contact)
    assert LogEntry.objects.get_for_object(activity).get().additional_data == came_from
