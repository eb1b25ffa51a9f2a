"""A/B/n in a journey: shared out, judged by the test of variants, decided once, by hand or never; and said honestly."""

from datetime import timedelta

import pytest
from django.urls import reverse

from crm.log.recording import entry, record_many
from crm.models import Interaction, Notification
from journeys import engine, graph, steps
from journeys.actions import path_tests
from journeys.actions.journeys import publish_journey, save_draft
from journeys.actions.participants import add_contacts
from journeys.models import Participant, PathTest, Visit
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PARTS = [{"outcome": name, "label": name.upper(), "share": 1} for name in "ab"]
DEED = {"metric": "deed", "kind": "form.submitted", "hours": 24, "people": 30, "confidence": 95, "undecided": "shares"}
EDGES = [["entry", "next", "t"], ["t", "a", "wa"], ["t", "b", "wb"], ["wa", "next", "ea"], ["wb", "next", "eb"]]


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def nodes(**params):
    wait = node("wait_for", amount=90, unit="days")
    test = node("ab_test", **{"parts": PARTS, **DEED, **params})
    return {"t": test, "wa": wait, "wb": wait, "ea": node("end"), "eb": node("end")}


def live(by, goal=None, **params):
    journey = live_journey(nodes(**params), EDGES, goal=goal)
    journey.owner = by
    journey.save()
    return journey


def enter(journey, contacts, by, now=NOON):
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=now)
    engine.advance(now)


def on(path):
    return list(Visit.objects.filter(node="t", outcome=path).values_list("participant__contact", flat=True))


def do_it(contacts, kind="form.submitted", at=NOON + HOUR, **more):
    record_many([entry(kind, contact=pk, occurred_at=at, **more) for pk in contacts])


def test_a_path_that_is_really_better_takes_everybody_from_then_on(by):
    journey = live(by)
    enter(journey, many_contacts(200), by)
    do_it([*on("a")[:60], *on("b")[:10]])
    assert path_tests.judge_due(NOON + 23 * HOUR) == 0
    assert path_tests.judge_due(NOON + 24 * HOUR) == 1
    test = PathTest.objects.get()
    assert (test.status, test.winner, test.looks_at) == ("decided", "a", None)
    assert test.numbers["words"].startswith("A is better than every other")
    before = len(on("b"))
    enter(journey, [ContactFactory() for _ in range(20)], by, NOON + 25 * HOUR)
    assert len(on("b")) == before
    assert Notification.objects.get(user=by).text == f"{journey}: A won: everybody goes that way now."
    assert path_tests.judge_due(NOON + 48 * HOUR) == 0


def test_what_cannot_be_told_apart_is_called_undecided_and_people_go_on_by_their_shares(by):
    journey = live(by)
    enter(journey, many_contacts(200), by)
    do_it([*on("a")[:30], *on("b")[:28]])
    path_tests.judge_due(NOON + 24 * HOUR)
    test = PathTest.objects.get()
    assert (test.status, test.winner, test.looks_at) == ("undecided", "", NOON + 25 * HOUR)
    assert "that may be luck" in test.numbers["words"]
    before = len(on("a")), len(on("b"))
    people = [ContactFactory() for _ in range(60)]
    enter(journey, people, by, NOON + 24 * HOUR)
    assert len(on("a")) > before[0]
    assert len(on("b")) > before[1]
    path_tests.judge_due(NOON + 25 * HOUR)
    assert Notification.objects.filter(user=by).count() == 1


def test_where_it_was_chosen_so_the_path_that_leads_takes_all_although_it_may_be_luck(by):
    journey = live(by, undecided="best")
    enter(journey, many_contacts(200), by)
    do_it([*on("a")[:28], *on("b")[:32]])
    path_tests.judge_due(NOON + 24 * HOUR)
    test = PathTest.objects.get()
    assert (test.status, test.winner) == ("decided", "b")
    assert test.numbers["words"].startswith("Not decided")


def test_with_too_few_people_nothing_is_decided(by):
    journey = live(by, people=150)
    enter(journey, many_contacts(200), by)
    do_it(on("a"))
    path_tests.judge_due(NOON + 24 * HOUR)
    assert PathTest.objects.get().status == "undecided"


def test_nobody_at_all_is_no_error(by):
    journey = live(by)
    enter(journey, [ContactFactory()], by)
    Participant.objects.all().delete()
    path_tests.judge_due(NOON + 24 * HOUR)
    assert PathTest.objects.get().numbers["words"] == "Not decided: Not every variant has reached somebody yet."


def test_deeds_before_the_test_and_by_machines_do_not_count(by):
    journey = live(by)
    enter(journey, many_contacts(100), by)
    do_it(on("a"), at=NOON - HOUR)
    do_it(on("a"), verdict="scanner")
    path_tests.judge_due(NOON + 24 * HOUR)
    assert [row["hits"] for row in PathTest.objects.get().numbers["rows"]] == [0, 0]


def test_the_goal_of_the_journey_is_a_metric(by):
    journey = live(by, metric="goal", goal={"kind": "form.submitted", "source": None})
    enter(journey, many_contacts(100), by)
    do_it(on("b")[:20])
    path_tests.judge_due(NOON + 24 * HOUR)
    assert [row["hits"] for row in PathTest.objects.get().numbers["rows"]] == [0, 20]


def test_a_test_of_the_goal_without_a_goal_is_a_problem():
    params = {name: value for name, value in DEED.items() if name != "kind"}
    wrong = {**nodes(), "t": node("ab_test", parts=PARTS, **{**params, "metric": "goal"})}
    [problem] = graph.check(definition(wrong, EDGES))
    assert problem.message == "It looks at the goal of the journey, and there is none. Choose one where people come in."


def test_only_opens_of_messages_of_this_journey_count(by):
    from crm.models import Message

    journey = live(by, metric="opens")
    enter(journey, many_contacts(60), by)
    ours, theirs = (
        Message.objects.create(
            contact_id=on("a")[0], channel="email", key=key, send_key=key, address="a@b.example", due_at=NOON
        )
        for key in (f"journey:{journey.pk}:x:1", "send:1")
    )
    do_it(on("a")[:1], kind="email.opened", verdict="human", message=ours)
    do_it(on("b")[:1], kind="email.opened", verdict="human", message=theirs)
    path_tests.judge_due(NOON + 24 * HOUR)
    assert [row["hits"] for row in PathTest.objects.get().numbers["rows"]] == [1, 0]


def test_a_new_version_that_leaves_the_test_alone_goes_on_with_it_and_another_begins_anew(by):
    journey = live(by)
    enter(journey, [ContactFactory()], by)
    draft = {**journey.draft, "nodes": {**journey.draft["nodes"], "wa": node("wait_for", amount=1, unit="days")}}
    journey = publish_journey(save_draft(journey, draft=draft, by=by), by=by, now=NOON)
    enter(journey, [ContactFactory()], by)
    assert PathTest.objects.count() == 1
    changed = {**draft, "nodes": {**draft["nodes"], "t": node("ab_test", parts=PARTS, **{**DEED, "hours": 48})}}
    journey = publish_journey(save_draft(journey, draft=changed, by=by), by=by, now=NOON)
    enter(journey, [ContactFactory()], by)
    assert PathTest.objects.count() == 2


def test_a_winner_is_chosen_by_hand_on_the_live_page(client, marketer, by):
    journey = live(by)
    enter(journey, many_contacts(4), by)
    client.force_login(marketer)
    test = PathTest.objects.get()
    page = client.get(reverse("admin:journeys_journey_live", args=[journey.pk])).content.decode()
    assert "Send everybody this way" in page
    assert "Not decided: Too few to say" in page or "Not every variant" in page
    url = reverse("admin:journeys_journey_choose", args=[journey.pk, test.pk])
    client.post(url, {"path": "nonsense"})
    assert PathTest.objects.get().winner == ""
    client.post(url, {"path": "b"})
    test.refresh_from_db()
    assert (test.winner, test.decided_by) == ("b", marketer)
    assert (
        "Decided: everybody goes the way “B”."
        in client.get(reverse("admin:journeys_journey_live", args=[journey.pk])).content.decode()
    )


def test_who_may_not_change_journeys_chooses_no_winner(client, rep, by):
    journey = live(by)
    enter(journey, [ContactFactory()], by)
    client.force_login(rep)
    url = reverse("admin:journeys_journey_choose", args=[journey.pk, PathTest.objects.get().pk])
    assert client.post(url, {"path": "b"}).status_code in (302, 403, 404)
    assert PathTest.objects.get().winner == ""


def test_what_makes_no_test_is_an_error_at_its_place():
    same = [{"outcome": o, "label": "Same", "share": 1} for o in "ab"]
    assert list(steps.get("ab_test").complaints({"parts": same, **DEED})) == [("", "Two paths have the same name.")]
    many = [{"outcome": f"p{n}", "label": str(n), "share": 1} for n in range(11)]
    assert list(steps.get("ab_test").complaints({"parts": many, **DEED})) == [("count", "From 2 to 10 of them.")]
    few = dict(steps.get("ab_test").complaints({"parts": PARTS, **DEED, "people": 3, "hours": 0}))
    assert sorted(few) == ["hours", "people"]


def test_interactions_are_counted_by_the_same_questions_for_ten_as_for_a_thousand(by, django_assert_max_num_queries):
    journey = live(by)
    enter(journey, many_contacts(1000), by)
    with django_assert_max_num_queries(12):
        path_tests.judge_due(NOON + 24 * HOUR)
    assert Interaction.objects.filter(kind="journey.entered").count() == 1000
