"""The journey of the webinar story runs: invitation, registered or not, reminder, the top ten, a lead each."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.hooks import handover
from crm.log.recording import record
from crm.models import HandoverReceipt, Message
from journeys.actions.journeys import pause_journey, publish_journey, resume_journey, stop_journey
from journeys.models import Participant, Visit
from marketing.models import Score
from tests.factories.crm import UserFactory
from tests.factories.journeys import JourneyFactory
from tests.journeys.story import story_definition, story_rows

pytestmark = pytest.mark.django_db


def test_the_story_from_the_segment_to_the_leads(run_jobs):
    rows = story_rows(people=15)
    rep = UserFactory(roles=["rep"])
    rep.roles.update(takes_leads=True)
    now = timezone.now()
    journey = JourneyFactory(draft=story_definition(rows, judged_at=now + timedelta(hours=2)))
    publish_journey(journey, by=rows["by"])
    run_jobs()
    run_jobs(later=timedelta(seconds=2))
    assert Message.objects.filter(send_key=f"journey:{journey.pk}:invite:1").count() == 15
    registered, away = rows["contacts"][:12], rows["contacts"][12:]
    for number, contact in enumerate(registered):
        record(
            "event.registered",
            contact=contact,
            source=rows["event"],
            occurred_at=now + timedelta(minutes=1, seconds=number),
        )
        Score.objects.update_or_create(
            model=rows["model"], contact=contact, defaults={"points": 10 if number < 9 else 5, "updated_at": now}
        )
    run_jobs(later=timedelta(minutes=5))
    run_jobs(later=timedelta(minutes=5, seconds=2))
    assert Message.objects.filter(channel="sms").count() == 12
    run_jobs(later=timedelta(hours=1, minutes=1))
    assert {m.contact for m in Message.objects.filter(content_id=rows["second"].pk, channel="email")} == set(away)
    run_jobs(later=timedelta(hours=2, minutes=1))
    run_jobs(later=timedelta(hours=2, minutes=2))
    leads = Visit.objects.filter(node="lead").order_by("participant__contact")
    assert [visit.participant.contact for visit in leads] == registered[:10]
    assert set(leads.values_list("outcome", flat=True)) == {"new"}
    assert HandoverReceipt.objects.count() == 10
    assert set(Participant.objects.values_list("status", flat=True)) == {"done"}


@pytest.mark.parametrize("size", [2])
def test_a_paused_journey_holds_its_queued_messages_and_a_stopped_one_cancels_them(run_jobs, size):
    rows = story_rows(people=size)
    journey = JourneyFactory(draft=story_definition(rows))
    publish_journey(journey, by=rows["by"])
    from journeys import engine
    from journeys.actions.participants import admit_members

    admit_members(journey)
    engine.advance(timezone.now())
    journey = pause_journey(journey, by=rows["by"])
    run_jobs(later=timedelta(minutes=1))
    assert set(Message.objects.values_list("status", flat=True)) == {"due"}
    journey = resume_journey(journey, by=rows["by"])
    journey = pause_journey(journey, by=rows["by"])
    stop_journey(journey, by=rows["by"])
    assert set(Message.objects.values_list("status", "reason")) == {
        ("cancelled", f"The journey “{journey.name}” was stopped.")
    }


def test_the_same_key_gets_the_same_receipt():
    """So that “new” does not turn into “known” when a batch is tried again."""
    rows = story_rows(people=1)
    UserFactory(roles=["rep"]).roles.update(takes_leads=True)
    wish = handover.Request(key="journey:1:lead:3", contact=rows["contacts"][0].pk, topic="Webinar")
    [first], [second] = handover.hand_over([wish]), handover.hand_over([wish])
    assert (first.lead, first.outcome) == (second.lead, second.outcome)
