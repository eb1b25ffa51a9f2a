"""What comes from an import, a merge or an undo starts no journey, however it reaches the segment."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from crm.log import touched
from crm.log.quiet import quietly
from crm.log.recording import record
from crm.models import Contact, Interaction, QuietSpan, Touched
from journeys.models import Participant
from marketing.actions import membership
from marketing.actions.segments import create_segment
from marketing.models import Hush, ScoringModel, ScoringRule, Segment
from tests.factories.crm import ContactFactory
from tests.factories.journeys import live_journey, node

pytestmark = pytest.mark.django_db
INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}


@pytest.fixture
def journey_of(marketer, run_jobs):
    """A running journey that is entered by a segment of this rule, built before."""

    def make(rule):
        segment = create_segment(name="S", rule=rule, by=marketer)
        run_jobs()
        journey = live_journey({"e": node("end")}, entry="segment", segment=segment.pk, now=timezone.now())
        return Segment.objects.get(pk=segment.pk), journey

    return make


def inside(journey):
    return set(Participant.objects.filter(journey=journey).values_list("contact_id", flat=True))


def members(segment):
    return set(segment.members.values_list("contact_id", flat=True))


def test_who_comes_quietly_enters_the_segment_but_no_journey_and_the_next_one_does(journey_of, run_jobs):
    segment, journey = journey_of(INDIA)
    with transaction.atomic(), quietly("import"):
        quiet = ContactFactory(country="IN")
    loud = ContactFactory(country="IN")
    run_jobs()
    assert members(segment) == {quiet.pk, loud.pk}
    assert inside(journey) == {loud.pk}
    row = Interaction.objects.get(kind="segment.entered", contact=quiet)
    assert row.data == {"segment": "S", "quiet": "import"}


def test_a_segment_that_asks_for_another_one_is_as_quiet(marketer, journey_of, run_jobs):
    first = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    segment, journey = journey_of({"all": [{"test": "segment", "op": "is", "value": first.pk}]})
    with transaction.atomic(), quietly("import"):
        quiet = ContactFactory(country="IN")
    run_jobs()
    assert members(segment) == {quiet.pk}
    assert inside(journey) == set()


def test_a_score_that_an_import_lifts_is_as_quiet(journey_of, run_jobs):
    model = ScoringModel.objects.create(name="Fit", is_active=True, ready_at=5, warm_at=1, computed_at=timezone.now())
    ScoringRule.objects.create(model=model, label="India", when=INDIA, points=10)
    segment, journey = journey_of({"test": "score", "of": model.pk, "op": "over", "value": 5})
    with transaction.atomic(), quietly("import"):
        quiet = ContactFactory(country="IN")
    run_jobs()
    assert members(segment) == {quiet.pk}
    assert inside(journey) == set()
    assert Interaction.objects.get(kind="score.reached").data["quiet"] == "import"


def test_a_full_refresh_that_is_quicker_than_the_reader_is_as_quiet(journey_of, run_jobs):
    segment, journey = journey_of(INDIA)
    with transaction.atomic(), quietly("import"):
        quiet = ContactFactory(country="IN")
    loud = ContactFactory(country="IN")
    membership.refresh(segment.pk, timezone.now())
    run_jobs()
    assert members(segment) == {quiet.pk, loud.pk}
    assert inside(journey) == {loud.pk}


def test_a_ranking_that_an_import_turns_round_is_as_quiet(journey_of, run_jobs):
    model = ScoringModel.objects.create(name="Fit", is_active=True, ready_at=50, warm_at=1, computed_at=timezone.now())
    ScoringRule.objects.create(model=model, label="India", when=INDIA, points=10)
    ranked = {"n": 1, "by": f"score:{model.pk}", "of": {"did": "email.opened"}}
    first, second = ContactFactory(country="FR"), ContactFactory(country="FR")
    record("email.opened", contact=first, verdict="human")
    record("email.opened", contact=second, verdict="human")
    segment, journey = journey_of({"top": ranked})
    with transaction.atomic(), quietly("import"):
        Contact.objects.filter(pk=second.pk).update(country="IN")
    run_jobs()
    run_jobs(later=timedelta(minutes=1))
    assert members(segment) == {second.pk}
    assert (second.pk in inside(journey), Hush.objects.count()) == (False, 0)
    assert Interaction.objects.get(kind="segment.entered", contact=second).data["quiet"] == "import"


def test_who_comes_quietly_and_then_does_something_is_loud(journey_of, run_jobs):
    _, journey = journey_of({"did": "email.opened", "at_least": 1})
    with transaction.atomic(), quietly("import"):
        person = ContactFactory()
    run_jobs()
    record("email.opened", contact=person, verdict="human")
    run_jobs()
    assert inside(journey) == {person.pk}


def test_a_journey_that_waits_for_what_happened_does_not_start_from_an_import(run_jobs):
    journey = live_journey({"e": node("end")}, entry="interaction", kind="consent.given", now=timezone.now())
    quiet, loud = ContactFactory(), ContactFactory()
    with transaction.atomic(), quietly("import"):
        record("consent.given", contact=quiet)
    record("consent.given", contact=loud)
    run_jobs()
    assert inside(journey) == {loud.pk}


def test_what_is_changed_quietly_by_set_is_quiet_and_the_traces_are_swept(journey_of, run_jobs):
    person = ContactFactory(country="FR")
    segment, journey = journey_of(INDIA)
    with transaction.atomic(), quietly("undo"):
        Contact.objects.filter(pk=person.pk).update(country="IN")
    assert QuietSpan.objects.count() == 1
    run_jobs()
    assert (members(segment), inside(journey)) == ({person.pk}, set())
    touched.sweep()
    assert (Touched.objects.count(), QuietSpan.objects.count(), Hush.objects.count()) == (0, 0, 0)
