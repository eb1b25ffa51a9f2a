"""Steps that change tags and lists: by set, with the log and the history that the same by hand leaves."""

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.actions.tags import tag_records, tags_of
from crm.models import Interaction
from journeys import engine, graph, simulating
from journeys.actions.participants import add_contacts
from journeys.models import Participant
from marketing.actions.segments import add_members
from marketing.models import SegmentMember
from marketing.uses import uses_of
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.emails import ListFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def walk(step, contacts, by):
    journey = live_journey({"s": step, "e": node("end")})
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey


def tags_on(contact):
    return [tag.name for tag in tags_of([contact]).get(contact.pk, [])]


def problems(step):
    return [(p.path, p.message) for p in graph.check(definition({"s": step, "e": node("end")}))]


def test_tags_are_put_on_and_the_history_tells_the_journey(by):
    contact = ContactFactory()
    tag_records([contact], ["old"], by=by)
    journey = walk(node("change_tags", do="add", tags=["VIP", "old"]), [contact], by)
    assert tags_on(contact) == ["old", "VIP"] or tags_on(contact) == ["VIP", "old"]
    entry = LogEntry.objects.filter(object_id=contact.pk).first()
    assert set(entry.changes["tags"][1].split(", ")) == {"old", "VIP"}
    assert entry.changes["tags"][0] == "old"
    assert entry.additional_data == {
        "source": "journey",
        "about": journey.name,
        "of": f"journeys.journey:{journey.pk}",
    }


def test_tags_are_taken_off_whatever_their_case(by):
    contact = ContactFactory()
    tag_records([contact], ["VIP", "Other"], by=by)
    walk(node("change_tags", do="remove", tags=["vip", "unknown"]), [contact], by)
    assert tags_on(contact) == ["Other"]


def test_an_inactive_contact_is_not_tagged_and_goes_on(by):
    contact = ContactFactory(is_active=False)
    walk(node("change_tags", do="add", tags=["VIP"]), [contact], by)
    assert (tags_on(contact), Participant.objects.get().status) == ([], "done")


def test_people_come_onto_a_list_and_the_log_says_so_once(by):
    contacts, members = [ContactFactory(), ContactFactory()], ListFactory()
    add_members(members, [contacts[0].pk], by=None)
    walk(node("change_list", do="add", list=members.pk), contacts, by)
    assert set(SegmentMember.objects.values_list("contact", flat=True)) == {c.pk for c in contacts}
    entered = Interaction.objects.filter(kind="segment.entered", source_id=members.pk)
    assert sorted(entered.values_list("contact", flat=True)) == [c.pk for c in contacts]
    members.refresh_from_db()
    assert members.member_count == 2


def test_people_go_off_a_list_and_the_log_says_so(by):
    contacts, members = [ContactFactory(), ContactFactory()], ListFactory()
    add_members(members, [contacts[0].pk], by=None)
    walk(node("change_list", do="remove", list=members.pk), contacts, by)
    assert SegmentMember.objects.count() == 0
    assert list(Interaction.objects.filter(kind="segment.left").values_list("contact", flat=True)) == [contacts[0].pk]


def test_a_list_in_the_bin_fails_who_comes_there_with_the_reason(by):
    members = ListFactory()
    journey = live_journey({"s": node("change_list", do="add", list=members.pk), "e": node("end")})
    members.deleted_at = NOON
    members.save()
    add_contacts(journey, contacts=[ContactFactory().pk], by=by, now=NOON)
    engine.advance(NOON)
    assert Participant.objects.get().problem == "The list does not exist any more. Choose another one."


def test_a_list_that_a_step_fills_counts_as_used():
    members = ListFactory()
    journey = live_journey({"s": node("change_list", do="add", list=members.pk), "e": node("end")})
    assert [use.label for use in uses_of([members.pk])[members.pk]] == [f"The journey “{journey}”"]


@pytest.mark.parametrize(
    "step",
    [node("change_tags", do="add", tags=["A", "B"]), node("change_tags", do="remove", tags=["A", "B"])],
    ids=["on", "off"],
)
def test_one_and_three_hundred_people_cost_the_same_reads(by, step):
    counts = []
    for many in (1, 300):
        people = many_contacts(many, last_name=f"N{many}")
        journey = live_journey({"s": step, "e": node("end")})
        add_contacts(journey, contacts=[c.pk for c in people], by=by, now=NOON)
        with CaptureQueriesContext(connection) as seen:
            engine.advance(NOON)
        counts.append(len([q for q in seen if not q["sql"].startswith("INSERT") and "SAVEPOINT" not in q["sql"]]))
        for person in people:
            person.delete()
    assert counts[0] == pytest.approx(counts[1], abs=1)


def test_a_step_without_tags_or_with_too_long_ones_says_so():
    assert problems(node("change_tags", do="add", tags=[])) == [
        ("draft/nodes/s/params/tags", "Tags: This field is required.")
    ]
    assert problems(node("change_tags", do="add", tags=["x" * 61])) == [
        ("draft/nodes/s/params/tags", "Tags: A tag has at most 60 characters.")
    ]
    assert problems(node("change_tags", do="add", tags=[str(n) for n in range(11)])) == [
        ("draft/nodes/s/params/tags", "Tags: At most 10 tags in one step.")
    ]
    assert problems(node("change_tags", do="dance", tags="VIP")) != []


def test_a_segment_with_a_rule_is_no_list():
    ruled = ListFactory(kind="dynamic", rule={"all": []})
    [(path, message)] = problems(node("change_list", do="add", list=ruled.pk))
    assert (path, message) == (
        "draft/nodes/s/params/list",
        "List: Choose a list that is filled by hand and still exists.",
    )


def test_the_simulator_says_what_would_change_and_changes_nothing(by):
    contact, members = ContactFactory(), ListFactory()
    steps = {
        "a": node("change_tags", do="add", tags=["VIP"]),
        "b": node("change_tags", do="remove", tags=["VIP"]),
        "c": node("change_list", do="add", list=members.pk),
        "d": node("change_list", do="remove", list=members.pk),
        "e": node("end"),
    }
    told = [stop.why for stop in simulating.walk(JourneyFactory(draft=definition(steps)), contact, NOON)]
    assert told[:4] == ["Would get the tag VIP.", "Does not have it.", "Would be put on the list.", "Is not on it."]
    assert (tags_on(contact), SegmentMember.objects.count()) == ([], 0)
