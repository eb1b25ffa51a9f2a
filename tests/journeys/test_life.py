"""The life of a journey: finished, published anew with people inside who are taken along, deleted with its consequences."""

from datetime import timedelta

import pytest
from django.urls import reverse

from crm.errors import Invalid, NotAllowed
from crm.log.reading import Reader, read_forward
from crm.log.recording import record
from crm.models import Deletion
from journeys import engine, listening
from journeys.actions.journeys import (
    archive_journey,
    clear_stopped,
    finish_journey,
    publish_journey,
    reopen_journey,
    save_draft,
    stop_journey,
)
from journeys.actions.moving import ask_to_move, carry_on
from journeys.actions.participants import add_contacts
from journeys.models import Journey, Move, Participant
from journeys.queries.moving import older_of
from journeys.tasks import complete_finished
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
JOURNEYS = Reader("journeys", listening.handle, kinds=listening.kinds)
WAIT = node("wait_for", amount=3, unit="days")
LONG = node("wait_for", amount=90, unit="weeks")
"""Longer than the real clock, which jobs look at, is from NOON."""


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def enter(journey, count, by, now=NOON):
    return add_contacts(journey, contacts=[c.pk for c in many_contacts(count)], by=by, now=now)


def publish_again(journey, nodes, edges=None, *, by, **more):
    journey = save_draft(Journey.objects.get(pk=journey.pk), draft=definition(nodes, edges, **more), by=by)
    return publish_journey(journey, by=by, now=NOON)


def move_all(version, places, by, now=NOON):
    move = ask_to_move(version, places=places, by=by, now=now)
    while carry_on(move, now):
        pass
    move.refresh_from_db()
    return move


def where():
    return sorted(Participant.objects.values_list("version__number", "node", "status", "visit"))


# Finishing


def test_a_finished_journey_lets_nobody_in_and_is_completed_by_the_last_one_who_leaves(by):
    journey = live_journey({"w": WAIT, "e": node("end")}, entry="interaction", kind="form.submitted")
    contact = ContactFactory()
    record("form.submitted", contact=contact, occurred_at=NOON)
    read_forward(JOURNEYS)
    finish_journey(journey, by=by)
    record("form.submitted", contact=ContactFactory(), occurred_at=NOON)
    read_forward(JOURNEYS)
    with pytest.raises(NotAllowed):
        enter(journey, 1, by)
    complete_finished()
    assert Journey.objects.get().status == "finishing"
    assert [p.contact for p in Participant.objects.all()] == [contact]
    assert engine.advance(NOON + 30 * DAY) == 2
    complete_finished()
    journey = Journey.objects.get()
    assert (journey.status, journey.ended_at is not None) == ("completed", True)
    assert archive_journey(journey, by=by).status == "archived"


def test_a_finishing_journey_can_be_opened_again_or_stopped(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 1, by)
    journey = reopen_journey(finish_journey(journey, by=by), by=by)
    assert (journey.status, enter(journey, 1, by)) == ("live", 1)
    journey = stop_journey(finish_journey(journey, by=by), by=by)
    clear_stopped(journey)
    assert set(Participant.objects.values_list("status", flat=True)) == {"exited"}


# Publishing twice


def test_the_second_press_on_publish_makes_no_second_version(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    with pytest.raises(NotAllowed, match="is this already"):
        publish_journey(journey, by=by)
    assert journey.versions.count() == 1


# Moving


def test_people_at_a_step_that_stays_go_on_in_the_new_version_at_their_old_time(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 3, by)
    old = journey.live_version
    task = node("create_activity", kind="call", subject="Ring them", days=1)
    publish_again(journey, {"w": WAIT, "t": task, "e": node("end")}, by=by)
    (older,) = older_of(Journey.objects.get())
    assert [(s.node, s.count, s.fate, s.target) for s in older.spots] == [("w", 3, "stays", "w")]
    due = set(Participant.objects.values_list("due_at", flat=True))
    move = move_all(old, {"w": "w"}, by)
    assert (move.moved, move.let_out, move.done_at) == (3, 0, NOON)
    assert where() == [(2, "w", "waiting", 1)] * 3
    assert set(Participant.objects.values_list("due_at", flat=True)) == due
    engine.advance(NOON + 3 * DAY)
    assert [v.node for v in Participant.objects.first().visits.all()] == ["w", "t", "e"]


def test_a_wait_that_is_shorter_now_is_counted_from_when_they_came(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 2, by)
    old = journey.live_version
    publish_again(journey, {"w": node("wait_for", amount=1, unit="days"), "e": node("end")}, by=by)
    assert older_of(Journey.objects.get())[0].spots[0].fate == "changed"
    move_all(old, {"w": "w"}, by, now=NOON + timedelta(hours=20))
    assert set(Participant.objects.values_list("due_at", flat=True)) == {NOON + DAY}


def test_a_wait_for_something_that_happened_meanwhile_is_answered_after_the_move(by):
    journey = live_journey(
        {"w": node("wait_for_interaction", kind="form.submitted", amount=3, unit="days"), "y": node("end"), "n": node("end")},
        [["entry", "next", "w"], ["w", "happened", "y"], ["w", "timed_out", "n"]],
    )  # fmt: skip
    enter(journey, 1, by)
    engine.advance(NOON)
    old, contact = journey.live_version, Participant.objects.get().contact
    record("email.clicked", contact=contact, occurred_at=NOON + DAY)
    publish_again(
        journey,
        {"w": node("wait_for_interaction", kind="email.clicked", amount=3, unit="days"), "y": node("end"), "n": node("end")},
        [["entry", "next", "w"], ["w", "happened", "y"], ["w", "timed_out", "n"]],
        by=by,
    )  # fmt: skip
    move_all(old, {"w": "w"}, by, now=NOON + 2 * DAY)
    engine.advance(NOON + 2 * DAY)
    assert Participant.objects.get().status == "done"
    assert Participant.objects.get().visits.first().outcome == "happened"


def test_people_at_a_step_that_is_gone_go_to_another_one_or_out_and_the_diary_says_so(by):
    journey = live_journey(
        {"b": node("random_split", percent=50), "a1": WAIT, "a2": WAIT, "e1": node("end"), "e2": node("end")},
        [["entry", "next", "b"], ["b", "a", "a1"], ["b", "b", "a2"], ["a1", "next", "e1"], ["a2", "next", "e2"]],
    )
    enter(journey, 40, by)
    engine.advance(NOON)
    old = journey.live_version
    at = dict.fromkeys(["a1", "a2"], 0) | {key: Participant.objects.filter(node=key).count() for key in ("a1", "a2")}
    assert min(at.values()) > 0
    publish_again(journey, {"long": node("wait_for", amount=9, unit="days"), "e": node("end")}, by=by)
    spots = {s.node: s for s in older_of(Journey.objects.get())[0].spots}
    assert {key: (s.fate, s.target) for key, s in spots.items()} == {"a1": ("gone", ""), "a2": ("gone", "")}
    move = move_all(old, {"a1": "long", "a2": ""}, by)
    assert (move.moved, move.let_out) == (at["a1"], at["a2"])
    stayed = Participant.objects.filter(version__number=2)
    assert set(stayed.values_list("node", "status", "visit", "due_at")) == {("long", "waiting", 3, NOON + 9 * DAY)}
    assert stayed.first().visits.last().outcome == "moved"
    out = Participant.objects.exclude(version__number=2)
    assert set(out.values_list("status", "outcome")) == {("exited", "moved_out")}


def test_whom_nobody_named_stays_on_the_version_they_began(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 1, by)
    old = journey.live_version
    publish_again(journey, {"w": WAIT, "x": WAIT, "e": node("end")}, by=by)
    move = move_all(old, {"e": "e"}, by)
    assert (move.moved, where()) == (0, [(1, "w", "waiting", 1)])


def test_many_are_moved_in_batches_and_a_move_that_was_killed_goes_on(by, monkeypatch):
    monkeypatch.setattr("journeys.actions.moving.BATCH", 4)
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 10, by)
    old = journey.live_version
    publish_again(journey, {"w": node("wait_for", amount=5, unit="days"), "e": node("end")}, by=by)
    move = ask_to_move(old, places={"w": "w"}, by=by)
    assert carry_on(move) == 4
    assert [carry_on(move) for _ in range(3)] == [4, 2, 0]
    move.refresh_from_db()
    assert (move.moved, move.done_at is not None) == (10, True)


@pytest.mark.parametrize(
    ("places", "words"),
    [({}, "Say for at least one step"), ({"nope": "w"}, "has no step “nope”"), ({"w": "nope"}, "no such step")],
)
def test_a_move_to_or_from_a_step_that_does_not_exist_is_refused_with_its_name(by, places, words):
    journey = live_journey({"w": WAIT, "e": node("end")})
    enter(journey, 1, by)
    old = journey.live_version
    publish_again(journey, {"w": WAIT, "x": WAIT, "e": node("end")}, by=by)
    with pytest.raises(Invalid, match=words):
        ask_to_move(old, places=places, by=by)
    assert not Move.objects.exists()


def test_the_same_people_are_not_moved_twice_at_once_nor_on_the_newest_version(by):
    journey = live_journey({"w": WAIT, "e": node("end")})
    old = journey.live_version
    journey = publish_again(journey, {"w": WAIT, "x": WAIT, "e": node("end")}, by=by)
    ask_to_move(old, places={"w": "w"}, by=by)
    with pytest.raises(NotAllowed, match="being moved already"):
        ask_to_move(old, places={"w": "x"}, by=by)
    with pytest.raises(NotAllowed, match="newest already"):
        ask_to_move(journey.live_version, places={"w": "w"}, by=by)


def test_the_page_shows_who_goes_where_and_the_press_moves_them(client, marketer, run_jobs):
    journey = live_journey({"w": LONG, "e": node("end")})
    enter(journey, 2, marketer)
    publish_again(journey, {"w": node("wait_for", amount=80, unit="weeks"), "e": node("end")}, by=marketer)
    client.force_login(marketer)
    live = client.get(reverse("admin:journeys_journey_live", args=[journey.pk])).text
    assert "2 people are still on older versions" in live
    address = reverse("admin:journeys_journey_move", args=[journey.pk])
    page = client.get(address).text
    assert "Version 1: 2 people" in page
    assert "says something else now" in page
    assert client.post(address, {"version": "7", "to:w": "w"}).status_code == 404
    assert client.post(address, {"version": "1", "to:w": "w"}).status_code == 302
    run_jobs()
    assert [(number, node) for number, node, *_ in where()] == [(2, "w"), (2, "w")]
    assert "Everybody is on the newest version" in client.get(address).text


def test_the_same_over_rest(client, marketer, run_jobs):
    journey = live_journey({"w": LONG, "e": node("end")})
    enter(journey, 2, marketer)
    publish_again(journey, {"w": LONG, "x": WAIT, "e": node("end")}, by=marketer)
    client.force_login(marketer)
    address = f"/api/v1/journeys/{journey.pk}"
    (older,) = client.get(f"{address}/older-versions/").json()
    assert (older["version"], older["spots"][0]["fate"]) == (1, "stays")
    body = {"from_version": 1, "places": {"w": "w"}}
    assert client.post(f"{address}/move/", body, content_type="application/json").status_code == 202
    run_jobs()
    assert client.get(f"{address}/older-versions/").json() == []
    assert client.post(f"{address}/finish/").json()["status"] == "finishing"
    assert client.post(f"{address}/reopen/").json()["status"] == "live"


# Deleting


def test_a_running_journey_is_deleted_with_its_consequences_shown(client, marketer, run_jobs):
    journey = live_journey({"w": LONG, "e": node("end")})
    enter(journey, 3, marketer)
    other = JourneyFactory(name="Welcome", draft=definition({"g": node("go_to_journey", journey=journey.pk)}))
    client.force_login(marketer)
    address = reverse("admin:journeys_journey_remove_journey", args=[journey.pk])
    page = client.get(address).text
    for words in ("3 people who are inside leave it at once", "Welcome", "Delete for 3 people"):
        assert words in page
    assert Journey.objects.get(pk=journey.pk).status == "live"
    assert client.post(address).status_code == 302
    run_jobs()
    gone = Journey.objects.get(pk=journey.pk)
    assert (gone.status, gone.deleted_at is not None) == ("stopped", True)
    assert set(Participant.objects.values_list("status", "outcome")) == {("exited", "stopped")}
    assert Deletion.objects.count() == 1
    assert client.get(address).status_code == 404
    assert Journey.objects.alive().get() == other


def test_a_rep_may_look_and_not_delete_or_move(client, rep, marketer):
    journey = live_journey({"w": LONG, "e": node("end")})
    client.force_login(rep)
    for name in ("move", "remove_journey"):
        address = reverse(f"admin:journeys_journey_{name}", args=[journey.pk])
        assert client.post(address, {"version": "1", "to:w": "w"}).status_code in (302, 403, 404)
    assert Journey.objects.alive().get().status == "live"
