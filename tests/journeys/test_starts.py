"""How people come in: several segments, once or again and again, those left out, the entry rate, the window, who may again."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from crm.errors import Invalid, NotAllowed
from crm.models import Company, Contact, Interaction
from journeys import engine, graph, listening, opening, turns
from journeys.actions.journeys import publish_journey, stop_journey
from journeys.actions.participants import add_contacts, admit_members
from journeys.models import Journey, Participant, Turn
from marketing.models import SegmentMember
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.emails import ListFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = {"e": node("end")}
WAIT = {"w": node("wait_for", amount=30, unit="days"), "e": node("end")}


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def segment_of(*contacts):
    segment = ListFactory()
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=segment, contact=contact, entered_at=NOON - DAY) for contact in contacts
    )
    return segment


def inside(journey):
    return set(Participant.objects.filter(journey=journey).values_list("contact_id", flat=True))


def entered(segment, contact, at=NOON + HOUR):
    from crm.log.recording import record

    SegmentMember.objects.get_or_create(segment=segment, contact=contact, defaults={"entered_at": at})
    record("segment.entered", contact=contact, source=segment, occurred_at=at)
    return Interaction.objects.order_by("-pk")[:1]


def listed(rows):
    return list(rows)


def problems(entry, params, **more):
    return [(p.path, p.message) for p in graph.check({**definition(END, entry=entry, **params), **more})]


def test_who_is_in_two_of_the_segments_comes_in_once():
    both, first, second = many_contacts(3)
    journey = live_journey(
        WAIT, entry="segment", segment=segment_of(both, first).pk, also=[segment_of(both, second).pk], mode="once"
    )
    while admit_members(journey, NOON):
        pass
    assert sorted(Participant.objects.values_list("contact", flat=True)) == sorted([both.pk, first.pk, second.pk])


def test_a_start_that_is_once_hears_of_nobody_who_enters_later_and_the_usual_one_does():
    segment, late = segment_of(), ContactFactory()
    once = live_journey(END, entry="segment", segment=segment.pk, mode="once")
    usual = live_journey(END, entry="segment", segment=segment.pk)
    listening.handle(listed(entered(segment, late)), NOON + HOUR)
    assert (inside(once), inside(usual)) == (set(), {late.pk})


def test_who_enters_any_of_several_segments_later_comes_in():
    first, second, late = segment_of(), segment_of(), ContactFactory()
    journey = live_journey(END, entry="segment", segment=first.pk, also=[second.pk])
    listening.handle(listed(entered(second, late)), NOON + HOUR)
    assert inside(journey) == {late.pk}


def test_a_segment_that_was_emptied_lets_nobody_in_and_stops_nothing():
    journey = live_journey(END, entry="segment", segment=segment_of().pk)
    assert admit_members(journey, NOON) == 0
    assert Journey.objects.get(pk=journey.pk).admitting_after is None


def test_the_people_of_a_segment_left_out_do_not_come_in():
    wanted, unwanted = many_contacts(2)
    journey = live_journey(
        END, entry="segment", segment=segment_of(wanted, unwanted).pk, without=[segment_of(unwanted).pk]
    )
    admit_members(journey, NOON)
    assert inside(journey) == {wanted.pk}


def test_who_enters_a_segment_left_out_is_pulled_out_at_once_with_the_reason(by):
    out, stays = many_contacts(2)
    segment = segment_of()
    journey = live_journey(WAIT, without=[segment.pk], pull_out=True)
    add_contacts(journey, contacts=[out.pk, stays.pk], by=by, now=NOON)
    listening.handle(listed(entered(segment, out)), NOON + HOUR)
    left = Participant.objects.get(contact=out)
    assert (left.status, left.outcome) == ("exited", f"excluded:{segment.pk}")
    assert Participant.objects.get(contact=stays).status == "waiting"


def test_without_that_wish_they_stay(by):
    contact, segment = ContactFactory(), segment_of()
    journey = live_journey(WAIT, without=[segment.pk])
    add_contacts(journey, contacts=[contact.pk], by=by, now=NOON)
    listening.handle(listed(entered(segment, contact)), NOON + HOUR)
    assert Participant.objects.get().status == "waiting"


@pytest.mark.parametrize(("days", "came"), [(2, 0), (4, 1)])
def test_who_left_comes_in_again_only_after_so_many_days(by, days, came):
    contact = ContactFactory()
    journey = live_journey(END, again="after_days", days=3)
    add_contacts(journey, contacts=[contact.pk], by=by, now=NOON)
    engine.advance(NOON)
    assert add_contacts(journey, contacts=[contact.pk], by=by, now=NOON + days * DAY) == came


def test_the_entry_rate_lets_people_in_evenly_and_never_more_in_an_hour(by):
    journey = live_journey(WAIT, rate=60, per="hour")
    assert add_contacts(journey, contacts=[c.pk for c in many_contacts(100)], by=by, now=NOON) == 100
    came_at = []
    for second in range(0, 7200, 5):
        now = NOON + timedelta(seconds=second)
        if turns.journeys_with_turns(now).exists():
            came_at += [now] * turns.let_in(journey, now)
    assert (len(came_at), Turn.objects.count(), Participant.objects.count()) == (100, 0, 100)
    most = max(sum(1 for at in came_at if start <= at < start + HOUR) for start in came_at)
    gaps = {(b - a).total_seconds() for a, b in itertools.pairwise(came_at)}
    assert most <= 60
    assert gaps <= {60, 65}


def test_what_a_pause_missed_is_not_made_up_for_in_a_burst(by):
    journey = live_journey(WAIT, rate=60, per="hour")
    add_contacts(journey, contacts=[c.pk for c in many_contacts(50)], by=by, now=NOON)
    assert turns.let_in(journey, NOON) == 1
    assert turns.let_in(journey, NOON + 5 * HOUR) == 1


def test_a_closed_door_opens_at_its_hour_on_its_weekday(by):
    """24 November 2026 is a Tuesday."""
    Company.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Berlin"})
    journey = live_journey(WAIT, weekdays=[3], opens="09:00", closes="17:00")
    add_contacts(journey, contacts=[ContactFactory().pk], by=by, now=NOON)
    assert turns.let_in(journey, NOON) == 0
    opens = Journey.objects.get(pk=journey.pk).next_turn_at
    assert opens == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert not turns.journeys_with_turns(opens - HOUR).exists()
    assert turns.let_in(journey, opens) == 1


def test_who_waits_for_a_turn_and_is_left_out_by_then_does_not_come_in(by):
    contact, segment = ContactFactory(), segment_of()
    journey = live_journey(WAIT, rate=1, without=[segment.pk])
    add_contacts(journey, contacts=[contact.pk], by=by, now=NOON)
    SegmentMember.objects.create(segment=segment, contact=contact)
    assert turns.let_in(journey, NOON) == 1
    assert (Participant.objects.count(), Turn.objects.count()) == (0, 0)


def test_nobody_waits_at_the_door_of_a_stopped_journey(by, run_jobs):
    journey = live_journey(WAIT, rate=1, per="day")
    add_contacts(journey, contacts=[c.pk for c in many_contacts(3)], by=by, now=timezone.now())
    stop_journey(journey, by=by)
    run_jobs()
    assert Turn.objects.count() == 0


def test_the_window_lets_nobody_in_before_its_start_or_after_its_end(by):
    contact = ContactFactory()
    start, end = timezone.now() + DAY, timezone.now() + 3 * DAY
    journey = JourneyFactory(draft=definition(WAIT, starts_at=start.isoformat(), ends_at=end.isoformat()))
    journey = publish_journey(journey, by=by)
    assert journey.went_live_at == start
    with pytest.raises(NotAllowed, match="lets nobody in before"):
        add_contacts(journey, contacts=[contact.pk], by=by)
    assert add_contacts(journey, contacts=[contact.pk], by=by, now=start) == 1
    with pytest.raises(NotAllowed, match="the time for that is over"):
        add_contacts(journey, contacts=[ContactFactory().pk], by=by, now=end)
    assert Participant.objects.get().status == "waiting"


def test_the_members_of_a_segment_wait_for_the_start(by):
    from journeys.queries.work import journeys_admitting

    start = timezone.now() + DAY
    draft = definition(WAIT, entry="segment", segment=segment_of(ContactFactory()).pk, starts_at=start.isoformat())
    publish_journey(JourneyFactory(draft=draft), by=by)
    assert not journeys_admitting(start - HOUR).exists()
    assert journeys_admitting(start).exists()


def run_all(now):
    for journey in opening.journeys_to_run(now):
        opening.run_planned(journey, now)
        while admit_members(journey, now):
            pass
        turns.let_in(journey, now)
    engine.advance(now)


def test_a_segment_that_repeats_brings_everybody_each_week_who_has_left():
    """24 November 2026 is a Tuesday; the company's clock says 08:00 at 07:00 UTC."""
    Company.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Berlin"})
    people = many_contacts(2)
    journey = live_journey(
        END,
        entry="segment",
        segment=segment_of(*people).pk,
        mode="repeat",
        every="week",
        weekday=0,
        hour="08:00",
        clock="company",
        again="after_leaving",
    )
    assert journey.next_run_at == datetime(2026, 11, 30, 7, tzinfo=UTC)
    for week in (0, 1):
        run_all(journey.next_run_at + week * 7 * DAY)
    assert Participant.objects.filter(journey=journey, status="done").count() == 4
    run_all(journey.next_run_at + 8 * DAY)
    assert Participant.objects.filter(journey=journey).count() == 4


def test_a_missed_run_is_made_good_once():
    journey = live_journey(
        END,
        entry="segment",
        segment=segment_of(ContactFactory()).pk,
        mode="repeat",
        every="day",
        hour="08:00",
        clock="company",
        again="always",
    )
    run_all(journey.next_run_at + 5 * DAY + HOUR)
    assert Participant.objects.count() == 1
    assert Journey.objects.get(pk=journey.pk).next_run_at == journey.next_run_at + 6 * DAY


def test_by_their_own_clock_each_comes_in_at_that_hour_where_they_live():
    """A time zone that does not exist is no reason to lose anybody: it counts as UTC."""
    zones = {"Asia/Kolkata": "04:30", "America/New_York": "15:00", "Mars/Olympus": "10:00"}
    people = {zone: ContactFactory(time_zone=zone) for zone in zones}
    journey = live_journey(
        WAIT,
        entry="segment",
        segment=segment_of(*people.values()).pk,
        mode="repeat",
        every="day",
        hour="10:00",
        clock="person",
        again="after_leaving",
    )
    run_all(journey.next_run_at)
    due = {turn.contact_id: turn.due_at for turn in Turn.objects.all()}
    assert {zone: f"{due[contact.pk]:%H:%M}" for zone, contact in people.items()} == zones
    turns.let_in(journey, due[people["Asia/Kolkata"].pk])
    assert inside(journey) == {people["Asia/Kolkata"].pk}


@pytest.mark.parametrize(
    ("params", "path", "words"),
    [
        ({"segment": 987654}, "segment", "does not exist any more"),
        ({"again": "after_days"}, "days", "Say after how many days"),
        ({"mode": "repeat", "again": "always"}, "hour", "Say at what time"),
        ({"mode": "repeat", "hour": "08:00"}, "again", "must be let in again"),
        ({"mode": "repeat", "hour": "08:00", "every": "week", "again": "always"}, "weekday", "which day of the week"),
        ({"rate": 0}, "rate", "greater than or equal to 1"),
        ({"opens": "17:00", "closes": "09:00"}, "closes", "not after the time it opens"),
        (
            {"starts_at": "2030-01-02T00:00:00+00:00", "ends_at": "2030-01-01T00:00:00+00:00"},
            "ends_at",
            "not after its start",
        ),
        ({"ends_at": "2020-01-01T00:00:00+00:00"}, "ends_at", "This has passed"),
        ({"pull_out": True}, "without", "Choose the segments"),
        ({"without": [987654]}, "without", "does not exist any more"),
    ],
)
def test_each_mistake_of_a_start_is_told_at_its_place(params, path, words):
    found = problems("segment", {"segment": segment_of().pk, **params})
    assert [(where, words in message) for where, message in found] == [(f"draft/entry/params/{path}", True)]


def test_a_segment_in_the_bin_is_a_mistake_of_its_start():
    segment = segment_of()
    segment.deleted_at = NOON
    segment.save()
    assert [path for path, _ in problems("segment", {"segment": segment.pk})] == ["draft/entry/params/segment"]


def test_a_start_with_a_mistake_is_not_published(by):
    with pytest.raises(Invalid, match="Say at what time"):
        publish_journey(
            JourneyFactory(
                draft=definition(END, entry="segment", segment=segment_of().pk, mode="repeat", again="always")
            ),
            by=by,
        )


def test_a_contact_in_the_bin_does_not_come_in_when_the_turn_comes(by):
    contact = ContactFactory()
    journey = live_journey(WAIT, rate=1)
    add_contacts(journey, contacts=[contact.pk], by=by, now=NOON)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=NOON)
    turns.let_in(journey, NOON)
    assert Participant.objects.count() == 0
