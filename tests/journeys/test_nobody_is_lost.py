"""Whatever the graph: everybody who comes in is somewhere, and every step they took is in the diary exactly once."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys import editing, engine, graph
from journeys.actions.participants import add_contacts
from journeys.models import Participant, Passage, Visit
from tests.factories.crm import UserFactory
from tests.factories.journeys import NOON, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
KINDS = {
    "wait_for": {"amount": 30, "unit": "minutes"},
    "random_split": {"percent": 40},
    "create_activity": {"kind": "task", "subject": "Look", "days": 1},
    "wait_for_interaction": {"kind": "email.clicked", "amount": 1, "unit": "hours"},
}
GESTURES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "move", "up", "down"]),
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    min_size=1,
    max_size=14,
)


def places(draft):
    parsed = graph.parse(draft)
    found = [("entry", "next")]
    return found + [(n.id, o.name) for n in parsed.nodes.values() for o in n.step.outcomes(n.params)]


def drawn(gestures):
    """A draft made by gestures of the editor; those that are refused change nothing."""
    draft = definition({"end-1": node("end")})
    for what, kind, one, two in gestures:
        nodes, all_places = sorted(draft["nodes"]), places(draft)
        place = all_places[one % len(all_places)]
        chosen = nodes[two % len(nodes)] if nodes else ""
        try:
            match what:
                case "insert":
                    draft, added = editing.insert(draft, place, kind)
                    draft = editing.update(draft, added, KINDS[kind])
                case "delete":
                    draft = editing.delete(draft, chosen)
                case "move":
                    draft = editing.move(draft, chosen, place)
                case _:
                    draft = editing.shift(draft, chosen, -1 if what == "up" else 1)
        except editing.Invalid:
            continue
    for place in places(draft):
        if not any((edge[0], edge[1]) == place for edge in draft["edges"]):
            draft, _ = editing.insert(draft, place, "end")
    return draft


@given(GESTURES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_editor_always_draws_a_tree_that_can_be_published(gestures):
    assert graph.check(drawn(gestures)) == []


@given(GESTURES, st.integers(1, 12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_is_lost_and_nothing_is_doubled(gestures, people):
    draft = drawn(gestures)
    by = UserFactory()
    journey = live_journey(draft["nodes"], draft["edges"])
    add_contacts(journey, contacts=[c.pk for c in many_contacts(people)], by=by, now=NOON)
    for half_hours in range(60):
        engine.advance(NOON + timedelta(minutes=30 * half_hours))
    mine = Participant.objects.filter(journey=journey)
    assert mine.filter(status="done").count() == people
    visits = Visit.objects.filter(participant__journey=journey)
    for participant in mine:
        numbers = list(participant.visits.values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
    assert sum(Passage.objects.filter(version=journey.live_version).values_list("count", flat=True)) == visits.count()
