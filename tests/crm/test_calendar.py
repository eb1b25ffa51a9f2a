"""The calendar: stretches of days, whose it is, and moving an activity by dragging or by a form."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.actions.activities import book_appointment
from crm.actions.meeting_mails import Guest
from crm.models import Activity, Message
from crm.queries.agenda import Stretch, agenda, whose_calendars
from tests.factories.crm import ActivityFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 3, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def meeting(rep):
    contact = ContactFactory(owner=rep, email="asha@customer.example")
    return book_appointment(subject="Demo", starts_at=NOON, ends_at=NOON + HOUR, regarding=contact, by=rep)


def test_stretches_of_days():
    day = date(2027, 3, 3)
    assert (Stretch.around("day", day).first, Stretch.around("day", day).after) == (day, date(2027, 3, 4))
    assert (Stretch.around("week", day).first, Stretch.around("week", day).after) == (
        date(2027, 3, 1),
        date(2027, 3, 8),
    )
    assert (Stretch.around("month", day).first, Stretch.around("month", day).after) == (
        date(2027, 3, 1),
        date(2027, 4, 1),
    )
    assert Stretch.around("month", day).shown == (date(2027, 3, 1), date(2027, 4, 5))


def test_the_day_on_which_the_clocks_change_is_whole(rep):
    """In Berlin 28 March 2027 has 23 hours."""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        first = ActivityFactory(owner=rep, due_at=datetime(2027, 3, 27, 23, 0, tzinfo=UTC))
        last = ActivityFactory(owner=rep, due_at=datetime(2027, 3, 28, 21, 59, tzinfo=UTC))
        ActivityFactory(owner=rep, due_at=datetime(2027, 3, 28, 22, 0, tzinfo=UTC))
        assert agenda(rep, Stretch.around("day", date(2027, 3, 28)), rep) == [first, last]


def test_ones_own_calendar_has_what_one_takes_part_in_and_not_what_was_cancelled(rep, meeting, team):
    colleague = UserFactory(team=team, roles=["rep"])
    theirs = book_appointment(
        subject="Theirs", starts_at=NOON, ends_at=NOON + HOUR, by=colleague, invite=False, guests=[Guest(user=rep)]
    )
    ActivityFactory(owner=rep, due_at=NOON, status="cancelled")
    ActivityFactory(owner=colleague, due_at=NOON)
    assert agenda(rep, Stretch.around("week", NOON.date()), rep) == [meeting, theirs]
    assert len(agenda(rep, Stretch.around("week", NOON.date()), None)) == 3


def test_others_calendars_as_far_as_one_may_see_them(client, rep, manager, team):
    mate, other = UserFactory(team=team, roles=["rep"]), UserFactory(team=TeamFactory(), roles=["rep"])
    hidden = ActivityFactory(owner=other, subject="Hidden", due_at=NOON)
    assert set(whose_calendars(rep)) == {rep, mate, manager}
    assert other in whose_calendars(manager)
    client.force_login(rep)
    for whose in ("all", str(other.pk), "x"):
        assert "Hidden" not in client.get(f"/calendar/?day=2027-03-03&whose={whose}").text
    client.force_login(manager)
    assert hidden.subject in client.get(f"/calendar/?day=2027-03-03&whose={other.pk}").text


def test_dragging_moves_and_tells_the_guests_once(client, rep, meeting):
    client.force_login(rep)
    facts = {"drag": "yes", "due_at": "2027-03-04T15:00", "ends_at": "2027-03-04T16:00", "version": meeting.version}
    answer = client.post(f"/activities/{meeting.pk}/move/", facts)
    assert answer.json() == {"version": 2}
    meeting.refresh_from_db()
    assert (meeting.due_at, meeting.ends_at) == (
        datetime(2027, 3, 4, 15, tzinfo=ZoneInfo(rep.time_zone)),
        datetime(2027, 3, 4, 16, tzinfo=ZoneInfo(rep.time_zone)),
    )
    assert Message.objects.count() == 2
    stale = client.post(f"/activities/{meeting.pk}/move/", facts)
    assert stale.status_code == 412
    assert "Somebody else saved" in stale.json()["said"]


def test_what_is_no_time_is_said_at_its_place(client, rep, meeting):
    client.force_login(rep)
    address = f"/activities/{meeting.pk}/move/"
    assert client.post(address, {"drag": "yes", "due_at": "soon"}).status_code == 400
    backwards = client.post(address, {"due_at": "2027-03-04T15:00", "ends_at": "2027-03-04T14:00"})
    assert (backwards.status_code, "It cannot end before it starts." in backwards.text) == (422, True)
    assert Activity.objects.get().due_at == NOON


def test_only_what_is_open_and_ones_own_can_be_moved(client, rep, team):
    theirs = ActivityFactory(owner=UserFactory(team=team, roles=["rep"]), due_at=NOON)
    done = ActivityFactory(owner=rep, due_at=NOON, status="done")
    client.force_login(rep)
    assert client.post(f"/activities/{theirs.pk}/move/", {"due_at": "2027-03-04T15:00"}).status_code == 403
    assert client.post(f"/activities/{done.pk}/move/", {"due_at": "2027-03-04T15:00"}).status_code == 404


@pytest.mark.parametrize("asked", ["view=nonsense", "day=2027-02-30", "day=9999-12-31", "whose=0", "view=month&day=x"])
def test_nonsense_shows_today(client, rep, asked):
    client.force_login(rep)
    assert client.get(f"/calendar/?{asked}").status_code == 200
    assert client.get("/activities/new/?kind=appointment&starts_at=2027-13-45T99:00").status_code == 200


@pytest.mark.parametrize("number", [1, 12])
def test_the_calendar_takes_at_most_twenty_queries(client, rep, number, django_assert_max_num_queries):
    for _ in range(number):
        ActivityFactory(owner=rep, due_at=NOON, contact=ContactFactory(owner=rep))
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        client.get("/calendar/?view=month&day=2027-03-03")
