"""Reminders: a message, a gap, the next one, until it happens or they are through."""

from datetime import timedelta

import pytest

from crm.log.recording import record
from crm.models import Interaction, Message
from journeys import engine, graph, listening, simulating, steps
from journeys.actions.participants import add_contacts
from journeys.models import Participant, Reminder, Visit
from journeys.queries.audience import before_publishing
from marketing.actions.emails import make_ready
from tests.factories.crm import UserFactory
from tests.factories.emails import MarketingEmailFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, node
from tests.journeys.story import story_rows

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EDGES = [["entry", "next", "s"], ["s", "happened", "yes"], ["s", "exhausted", "no"]]


@pytest.fixture
def rows():
    return story_rows(people=2)


def nodes(rows, **params):
    messages = [{"what": f"email:{rows['invitation'].pk}"}, {"what": f"text:{rows['reminder'].pk}"}]
    values = {"messages": messages, "kind": "event.registered", "amount": 2, "unit": "days", **params}
    return {"s": node("message_series", **values), "yes": node("end"), "no": node("end")}


def enter(rows, again="never"):
    journey = live_journey(nodes(rows), EDGES, again=again)
    add_contacts(journey, contacts=[c.pk for c in rows["contacts"]], by=rows["by"], now=NOON)
    engine.advance(NOON)
    return journey


def sent():
    return sorted(Message.objects.values_list("contact", "channel"))


@pytest.mark.parametrize("again", ["never", "always"])
def test_each_message_goes_out_once_with_a_gap_between(rows, again):
    one, two = (contact.pk for contact in rows["contacts"])
    enter(rows, again)
    assert sent() == [(one, "email"), (two, "email")]
    engine.advance(NOON + 2 * DAY - timedelta(seconds=1))
    assert Message.objects.count() == 2
    engine.advance(NOON + 2 * DAY)
    assert sent() == [(one, "email"), (one, "sms"), (two, "email"), (two, "sms")]
    engine.advance(NOON + 3 * DAY)
    assert Visit.objects.filter(node="s").count() == 0
    engine.advance(NOON + 4 * DAY)
    assert set(Visit.objects.filter(node="s").values_list("outcome", flat=True)) == {"exhausted"}
    assert (Message.objects.count(), Reminder.objects.count()) == (4, 4)


def test_who_does_it_gets_no_further_message_and_goes_on_at_once(rows):
    first, second = rows["contacts"]
    enter(rows)
    record("event.registered", contact=first, source=rows["event"], occurred_at=NOON + DAY)
    listening.handle([Interaction.objects.get(kind="event.registered")], NOON + DAY)
    engine.advance(NOON + DAY)
    visit = Visit.objects.get(node="s")
    assert (visit.participant.contact, visit.outcome, visit.detail) == (first, "happened", {"messages": 1})
    engine.advance(NOON + 2 * DAY)
    assert list(Message.objects.filter(channel="sms").values_list("contact", flat=True)) == [second.pk]


def test_being_woken_for_nothing_sends_nothing_early(rows):
    enter(rows)
    Participant.objects.update(due_at=NOON + DAY)
    engine.advance(NOON + DAY)
    assert Message.objects.count() == 2
    assert set(Participant.objects.values_list("due_at", flat=True)) == {NOON + 2 * DAY}


def test_two_messages_of_one_email_are_two_messages(rows):
    what = {"what": f"email:{rows['invitation'].pk}"}
    journey = live_journey(nodes(rows, messages=[what, what]), EDGES)
    add_contacts(journey, contacts=[rows["contacts"][0].pk], by=rows["by"], now=NOON)
    engine.advance(NOON)
    engine.advance(NOON + 2 * DAY)
    assert Message.objects.filter(channel="email").count() == 2


def test_a_draft_and_a_message_that_is_gone_are_errors_at_their_place(rows):
    draft = MarketingEmailFactory(name="Half done")
    values = {"kind": "event.registered", "amount": 2, "unit": "days"}
    found = steps.get("message_series").complaints(
        {**values, "messages": [{"what": f"email:{draft.pk}"}, {"what": "email:999"}]}
    )
    assert sorted(path for path, _ in found) == ["what_0", "what_1"]


def test_its_first_message_is_counted_before_publishing(rows):
    journey = JourneyFactory(
        draft=definition(nodes(rows), EDGES, entry="segment", segment=rows["segment"].pk), owner=rows["by"]
    )
    assert graph.check(journey.draft) == []
    [sending] = before_publishing(journey).sendings
    assert sending.name.startswith("Remind up to 2, 2 days apart")


def test_the_simulator_tells_the_whole_series(rows):
    journey = JourneyFactory(draft=definition(nodes(rows), EDGES))
    [stop, last] = simulating.walk(journey, rows["contacts"][0], NOON)
    assert stop.way == "Not after the last one"
    assert last.at == NOON + 4 * DAY
    assert Message.objects.count() == 0


def test_an_email_that_is_taken_back_fails_who_comes_next_with_the_reason(rows):
    email = make_ready(MarketingEmailFactory(sender=rows["invitation"].sender), by=UserFactory(roles=["marketer"]))
    journey = live_journey(nodes(rows, messages=[{"what": f"email:{email.pk}"}]), EDGES)
    type(email).objects.filter(pk=email.pk).update(ready_version=0, status="draft")
    add_contacts(journey, contacts=[rows["contacts"][0].pk], by=rows["by"], now=NOON)
    engine.advance(NOON)
    assert Participant.objects.get().problem == "What this step sends is not ready any more."
