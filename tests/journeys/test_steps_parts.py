"""Steps with parts: branches in their order, groups by their shares, fields to write; and activities for whom."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from crm.models import Activity, Contact, CustomField
from journeys import engine, graph, simulating, steps
from journeys.actions.participants import add_contacts
from journeys.models import Participant, Visit
from journeys.steps.create_activity import due
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def city(name):
    return {"test": "city", "op": "is", "value": name}


def parting(kind, params):
    """A journey of one step that parts the ways, each of which ends."""
    ways = [outcome.name for outcome in steps.get(kind).outcomes(params)]
    nodes = {"s": node(kind, **params), **{f"end-{way}": node("end") for way in ways}}
    return nodes, [["entry", "next", "s"], *(["s", way, f"end-{way}"] for way in ways)]


def straight(step):
    return definition({"s": step, "e": node("end")})


def taken(kind, params, contacts, by):
    journey = live_journey(*parting(kind, params))
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey, dict(Visit.objects.filter(node="s").values_list("participant__contact", "outcome"))


def passed(step, contacts, by):
    journey = live_journey({"s": step, "e": node("end")})
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey


def complaints(kind, /, **params):
    return list(steps.get(kind).complaints(params))


def test_twenty_five_branches_are_asked_in_their_order(by):
    branches = [{"outcome": f"b{n}", "label": f"City {n}", "rule": city(f"C{n}")} for n in range(24)]
    branches.append({"outcome": "late", "label": "Late", "rule": city("C3")})
    people = [ContactFactory(city=name) for name in ("C3", "C23", "Elsewhere")]
    _, way = taken("branch", {"branches": branches}, people, by)
    assert [way[person.pk] for person in people] == ["b3", "b23", "else"]


def test_a_twenty_sixth_branch_is_too_many():
    branches = [{"outcome": f"b{n}", "label": f"City {n}", "rule": city(f"C{n}")} for n in range(26)]
    assert complaints("branch", branches=branches) == [("count", "From 1 to 25 of them.")]


def test_groups_get_people_by_their_shares(by):
    parts = [{"outcome": name, "label": name, "share": share} for name, share in (("x", 1), ("y", 2), ("z", 7))]
    _, way = taken("random_split", {"parts": parts}, many_contacts(1000), by)
    counts = Counter(way.values())
    assert abs(counts["x"] - 100) < 45
    assert abs(counts["y"] - 200) < 60
    assert abs(counts["z"] - 700) < 75


def test_a_split_that_was_published_with_a_percentage_still_works(by):
    _, way = taken("random_split", {"percent": 99}, many_contacts(50), by)
    assert Counter(way.values())["a"] >= 45


def test_shares_are_said_in_percent():
    parts = [{"outcome": name, "label": name.upper(), "share": 1} for name in "abc"]
    assert [way.label for way in steps.get("random_split").outcomes({"parts": parts})] == [
        "A · 33.3 %",
        "B · 33.3 %",
        "C · 33.3 %",
    ]


def test_a_group_without_a_share_says_so():
    parts = [{"outcome": "a", "label": "A", "share": 0}, {"outcome": "b", "label": "B"}]
    assert complaints("random_split", parts=parts) == [
        ("share_0", "Share: Ensure this value is greater than or equal to 1."),
        ("share_1", "Share: This field is required."),
    ]


@pytest.fixture
def panel(client, marketer):
    client.force_login(marketer)

    def post(step, **data):
        journey = JourneyFactory(draft=straight(step))
        return client.post(reverse("admin:journeys_journey_step", args=[journey.pk, "s"]), data), journey

    return post


def test_a_branch_moves_up_and_another_is_dropped(panel):
    typed = {"count": 3, "label_0": "One", "label_1": "Two", "label_2": "Three", "outcome_1": "b2"}
    html = panel(node("branch"), redraw="up-1", **typed)[0].content.decode()
    assert html.index('value="Two"') < html.index('value="One"')
    assert 'name="outcome_0" value="b2"' in html
    html = panel(node("branch"), redraw="drop-0", **typed)[0].content.decode()
    assert 'value="One"' not in html
    assert 'name="rule_2"' not in html


def test_a_strange_redraw_loses_nothing(panel):
    answer, _ = panel(node("branch"), redraw="drop-99", count="x", label_0="One")
    assert (answer.status_code, 'value="One"' in answer.content.decode()) == (200, True)


@pytest.fixture
def custom():
    def made(key, type, **more):
        return CustomField.objects.create(kind="crm.contact", key=key, label=key.title(), type=type, **more)

    return made


def test_several_fields_are_written_cleared_and_dated_and_the_history_tells(by, custom):
    custom("seen", "day")
    custom("plan", "choice", choices=[{"value": "gold", "label": "Gold"}])
    contact = ContactFactory(city="Pune", department="Sales", custom={"other": 1})
    step = node(
        "update_field",
        fields=[
            {"field": "city", "how": "set", "value": "Mumbai"},
            {"field": "department", "how": "clear"},
            {"field": "custom.plan", "how": "set", "value": "gold"},
            {"field": "custom.seen", "how": "today"},
        ],
    )
    passed(step, [contact], by)
    contact.refresh_from_db()
    assert (contact.city, contact.department) == ("Mumbai", "")
    assert contact.custom == {"other": 1, "plan": "gold", "seen": "2026-11-24"}
    entry = LogEntry.objects.filter(object_id=contact.pk).first()
    assert entry.changes["city"] == ["Pune", "Mumbai"]
    assert entry.additional_data["source"] == "journey"


def test_fields_of_a_thousand_are_written_by_sets(by, custom, django_assert_max_num_queries):
    custom("plan", "text")
    people = many_contacts(1000)
    step = node("update_field", fields=[{"field": "custom.plan", "how": "set", "value": "gold"}])
    journey = live_journey({"s": step, "e": node("end")})
    add_contacts(journey, contacts=[c.pk for c in people], by=by, now=NOON)
    with django_assert_max_num_queries(60):
        engine.advance(NOON)
    assert Contact.objects.filter(custom__plan="gold").count() == 1000


def test_a_field_that_was_retired_fails_people_with_the_reason(by, custom):
    field = custom("plan", "text")
    journey = live_journey(
        {"s": node("update_field", fields=[{"field": "custom.plan", "how": "set", "value": "x"}]), "e": node("end")}
    )
    field.is_retired = True
    field.save()
    add_contacts(journey, contacts=[ContactFactory().pk], by=by, now=NOON)
    engine.advance(NOON)
    assert Participant.objects.get().problem == "A field that this step writes does not exist any more."


def test_values_that_do_not_fit_and_doubled_fields_are_errors_at_their_place(custom):
    custom("seen", "day")
    custom("plan", "choice", choices=[{"value": "gold", "label": "Gold"}], is_required=True)
    found = complaints(
        "update_field",
        fields=[
            {"field": "custom.seen", "how": "set", "value": "soon"},
            {"field": "custom.plan", "how": "clear"},
            {"field": "city", "how": "today"},
            {"field": "city", "how": "set", "value": "Pune"},
            {"field": "email", "how": "clear"},
        ],
    )
    assert [path for path, _ in found] == ["value_0", "how_2", "field_4", "how_1", "field_3"]


def test_the_control_of_a_value_is_that_of_its_field(panel, custom):
    custom("seen", "day")
    html = panel(node("update_field"), redraw="same", count=1, field_0="custom.seen")[0].content.decode()
    assert 'type="date" name="value_0"' in html
    assert "The day on which people pass here" in html
    _, journey = panel(node("update_field"), count=1, field_0="custom.seen", how_0="set", value_0="2026-12-01")
    journey.refresh_from_db()
    assert journey.draft["nodes"]["s"]["params"] == {
        "fields": [{"field": "custom.seen", "how": "set", "value": "2026-12-01"}]
    }


def test_a_team_takes_turns_from_one_batch_to_the_next(by):
    team = TeamFactory()
    members = [UserFactory(team=team), UserFactory(team=team), UserFactory(team=team, is_active=False)]
    step = node("create_activity", kind="task", subject="Look", days=1, who="team", team=team.pk)
    journey = passed(step, [ContactFactory()], by)
    add_contacts(journey, contacts=[ContactFactory().pk for _ in range(2)], by=by, now=NOON)
    engine.advance(NOON)
    counts = Counter(Activity.objects.order_by("pk").values_list("owner", flat=True))
    assert sorted(counts.values()) == [1, 2]
    assert set(counts) == {members[0].pk, members[1].pk}


def test_an_activity_is_for_the_chosen_user_and_says_what_to_do(by):
    one = UserFactory()
    step = node(
        "create_activity",
        kind="call",
        subject="Ring",
        body="Ask for X",
        priority="high",
        days=0,
        who="user",
        user=one.pk,
    )
    journey = passed(step, [ContactFactory(owner=by)], by)
    [activity] = Activity.objects.all()
    assert (activity.owner, activity.priority) == (one, "high")
    assert activity.body == f"Ask for X\n\nJourney: {journey.name}"


def test_the_owner_who_has_left_gives_way_to_whoever_is_named_otherwise(by):
    gone, other = UserFactory(is_active=False), UserFactory()
    step = node("create_activity", kind="task", subject="Look", days=1, otherwise=other.pk)
    passed(step, [ContactFactory(owner=gone), ContactFactory(owner=by)], by)
    assert set(Activity.objects.values_list("owner", flat=True)) == {other.pk, by.pk}


def test_working_days_leave_out_the_weekend():
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert due({"days": 1, "days_are": "working"}, friday) == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert due({"days": 5, "days_are": "working"}, friday) == datetime(2026, 12, 4, 15, tzinfo=UTC)
    saturday = datetime(2026, 11, 28, 15, tzinfo=UTC)
    assert due({"days": 0, "days_are": "working"}, saturday) == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert due({"days": 1}, friday) == saturday


def test_an_activity_for_nobody_chosen_is_an_error_at_its_place():
    assert complaints("create_activity", kind="task", subject="X", days=1, who="user") == [("user", "User: Say who.")]
    assert complaints("create_activity", kind="task", subject="X", days=1, who="team", team=999) == [
        ("team", "Team: Choose a team that still exists.")
    ]


def test_the_simulator_tells_fields_and_activities(by, custom):
    custom("plan", "choice", choices=[{"value": "gold", "label": "Gold"}])
    steps_ = {
        "a": node("update_field", fields=[{"field": "custom.plan", "how": "set", "value": "gold"}]),
        "b": node("create_activity", kind="task", subject="Look", days=1),
        "e": node("end"),
    }
    told = [s.why for s in simulating.walk(JourneyFactory(draft=definition(steps_)), ContactFactory(owner=by), NOON)]
    assert told[0] == "Would write Plan = “Gold”. Now Plan: empty."
    assert told[1] == f"Would give {by} the task “Look”, due 25 Nov 2026."


def test_a_draft_with_parts_has_no_problems_when_it_is_whole():
    nodes, edges = parting("random_split", {"parts": [{"outcome": o, "label": o, "share": 1} for o in "abc"]})
    assert graph.check(definition(nodes, edges)) == []
