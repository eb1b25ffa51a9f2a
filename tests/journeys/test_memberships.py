"""Being in a journey is something that rules can ask, and segments follow it within a moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Touched
from crm.rules.use import parse, reasons, those
from journeys import engine
from journeys.actions.participants import add_contacts
from marketing.actions.segments import create_segment
from marketing.models import SegmentMember
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import live_journey, node

pytestmark = pytest.mark.django_db
WAIT = {"w": node("wait_for", amount=1, unit="hours"), "e": node("end")}


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def asked(attribute, op, *journeys):
    test = {"test": attribute, "op": op}
    return {**test, "value": [one.pk for one in journeys]} if journeys else test


def test_is_in_was_in_and_went_through_are_three_questions(by):
    asha, ben, now = ContactFactory(), ContactFactory(), timezone.now()
    journey, other = live_journey(WAIT, now=now), live_journey(WAIT, now=now)
    add_contacts(journey, contacts=[asha.pk], by=by, now=now)
    add_contacts(other, contacts=[asha.pk, ben.pk], by=by, now=now)

    def found(*rule):
        return set(those(asked(*rule), now))

    assert found("journey", "has_any_of", journey) == {asha}
    assert found("journey", "has_all_of", journey, other) == {asha}
    assert found("journey", "has_none_of", journey) == {ben}
    assert found("journey", "is_filled") == {asha, ben}
    assert found("journey_finished", "has_any_of", journey) == set()
    engine.advance(now + timedelta(hours=1))
    assert found("journey", "has_any_of", journey) == set()
    assert found("journey_ever", "has_any_of", journey) == {asha}
    assert found("journey_finished", "has_any_of", other) == {asha, ben}
    assert found("journey_ever", "is_empty") == set()


def test_why_names_the_journey_and_how_it_stands(by):
    asha, now = ContactFactory(), timezone.now()
    journey = live_journey(WAIT, now=now)
    add_contacts(journey, contacts=[asha.pk], by=by, now=now)
    engine.advance(now)
    reason = reasons(parse(asked("journey", "has_any_of", journey)), asha.pk, now)
    assert reason.holds
    assert reason.proof[0].words == f"{journey}: waiting"
    assert f"/{journey.pk}/people/" in reason.proof[0].url


def test_coming_in_and_leaving_are_noted_for_segments_and_a_step_between_is_not(by):
    asha, now = ContactFactory(), timezone.now()
    steps = {
        "w": node("wait_for", amount=1, unit="hours"),
        "x": node("wait_for", amount=1, unit="hours"),
        "e": node("end"),
    }
    journey = live_journey(steps, now=now)
    Touched.objects.all().delete()
    add_contacts(journey, contacts=[asha.pk], by=by, now=now)
    assert list(Touched.objects.values_list("contact_id", flat=True)) == [asha.pk]
    Touched.objects.all().delete()
    engine.advance(now)
    engine.advance(now + timedelta(hours=1))
    assert not Touched.objects.exists()
    engine.advance(now + timedelta(hours=2))
    assert Touched.objects.filter(contact_id=asha.pk).exists()


def test_a_segment_follows_who_comes_into_a_journey_and_who_leaves_it(by, run_jobs):
    asha, now = ContactFactory(), timezone.now()
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "e": node("end")}, now=now)
    segment = create_segment(name="In it", rule=asked("journey", "has_any_of", journey), by=by)
    run_jobs()
    assert not SegmentMember.objects.filter(segment=segment).exists()
    add_contacts(journey, contacts=[asha.pk], by=by, now=now)
    run_jobs()
    assert SegmentMember.objects.get(segment=segment).contact == asha
    engine.advance(now + timedelta(hours=1))
    run_jobs()
    assert not SegmentMember.objects.filter(segment=segment).exists()
