"""Series that guests are invited to as a whole: one mail with the rule, one for each change of all or of one, answers to all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import resolve_imaginary
from icalendar import Calendar

from crm.actions.activities import book_appointment, cancel_activity
from crm.actions.attendees import add_attendee, invite_all, remove_attendee
from crm.actions.calendar_answers import read_answer
from crm.actions.meeting_mails import Guest
from crm.actions.records import change_record
from crm.actions.series import (
    book_series,
    cancel_following,
    change_following,
    end_series,
    extend_series,
    repeat_activity,
)
from crm.calendar_zones import zone_part
from crm.errors import Invalid
from crm.models import Activity, ActivitySeries, Attendee, Letter, LetterFile, Message, Notification
from crm.queries.series import occurrences_of
from crm.recurrence import Repeat
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2027, 3, 15, 10, 0, tzinfo=BERLIN)
"""Two weeks before the clocks go forward in Berlin, on 28 March 2027."""
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def rep(rep):
    rep.time_zone = "Europe/Berlin"
    rep.save()
    return rep


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="asha@customer.example", owner=rep)


FOUR_WEEKS = Repeat("WEEKLY", count=4)


def book(rep, asha, repeat=FOUR_WEEKS, **more):
    facts = {"subject": "Weekly", "starts_at": MONDAY, "ends_at": MONDAY + HOUR, "regarding": asha, **more}
    return book_series(repeat, by=rep, **facts)


def files():
    return [Calendar.from_ical(bytes(file.data)) for file in LetterFile.objects.order_by("pk")]


def rows():
    return list(Activity.objects.order_by("recurs_at", "pk"))


def as_a_reader_sees_it(calendar, until=None):
    """What a calendar shows: the rule counted by the clock that the file itself tells, without what it leaves out, and each
    changed occurrence where it is now. Moments in UTC with their titles."""
    zones = {str(part["tzid"]): part.to_tz(lookup_tzid=False) for part in calendar.walk("VTIMEZONE")}

    def utc(moment):
        return moment.replace(tzinfo=zones.get(str(moment.tzinfo), moment.tzinfo)).astimezone(UTC)

    shown, changed = {}, {}
    for event in calendar.walk("VEVENT"):
        start = event.decoded("dtstart")
        if "recurrence-id" in event:
            changed[utc(event.decoded("recurrence-id"))] = (utc(start), str(event["summary"]))
            continue
        clock = zones.get(str(start.tzinfo), start.tzinfo)
        ruled = rrulestr(event["rrule"].to_ical().decode(), dtstart=start.replace(tzinfo=clock))
        left_out = event.get("exdate", [])
        left_out = left_out if isinstance(left_out, list) else [left_out]
        gone = {utc(each.dt) for line in left_out for each in line.dts}
        for at in ruled:
            if until and at.astimezone(UTC) > until:
                break
            moment = resolve_imaginary(at).astimezone(UTC)  # an hour that is left out: RFC 5545, 3.3.5
            if moment not in gone:
                shown[moment] = (moment, str(event["summary"]))
    assert set(changed) <= set(shown)
    return sorted((shown | changed).values())


def ours(series):
    return sorted((row.due_at.astimezone(UTC), row.subject) for row in occurrences_of(series))


def reply(calendar, partstat="ACCEPTED", *, recurrence_id="", sequence=None, guest="asha@customer.example"):
    event = calendar.walk("VEVENT")[0]
    return (
        f"From: Asha <{guest}>\r\nTo: rita@tandem.example\r\nSubject: Yes\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n"
        f"UID:{event['uid']}\r\nSEQUENCE:{event['sequence'] if sequence is None else sequence}\r\n"
        f"DTSTAMP:20270228T090000Z\r\n{recurrence_id}ATTENDEE;PARTSTAT={partstat}:mailto:{guest}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def test_one_mail_invites_to_all_and_a_calendar_computes_our_occurrences_across_summer_time(rep, asha):
    first = book(rep, asha)
    letter = Letter.objects.get()
    assert letter.subject == "Weekly"
    assert "every week, 4 times, from Monday, 15 March 2027, 10:00 (Europe/Berlin)" in letter.text
    (calendar,) = files()
    assert str(calendar["method"]) == "REQUEST"
    seen = as_a_reader_sees_it(calendar)
    assert seen == ours(first.series)
    assert [at.hour for at, _title in seen] == [9, 9, 8, 8]
    assert {guest.sequence for guest in Attendee.objects.all()} == {first.series.sequence}
    assert all(row.guest_invited_at for row in rows())


@pytest.mark.parametrize(
    ("zone", "repeat", "hour"),
    [
        ("Europe/Berlin", Repeat("DAILY", count=30), 2),
        ("America/New_York", Repeat("WEEKLY", days=("MO", "WE", "FR"), count=40), 10),
        ("Australia/Lord_Howe", Repeat("DAILY", until=datetime(2027, 5, 1).date()), 1),
        ("Asia/Kolkata", Repeat("MONTHLY", count=5), 10),
        ("UTC", Repeat("WEEKLY", every=2, until=datetime(2027, 6, 1).date()), 10),
        ("America/Sao_Paulo", Repeat("WEEKLY", count=12), 23),
    ],
)
def test_a_calendar_that_knows_only_the_file_computes_our_occurrences(rep, asha, zone, repeat, hour):
    rep.time_zone = zone
    rep.save()
    starts = datetime(2027, 3, 15, hour, 30, tzinfo=ZoneInfo(zone))
    first = book(rep, asha, repeat, starts_at=starts, ends_at=starts.astimezone(UTC) + HOUR)
    last = rows()[-1].due_at
    assert as_a_reader_sees_it(files()[0], until=last) == ours(first.series)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]
)
def test_the_clock_in_the_file_is_the_clock_of_the_zone(zone):
    told, place = zone_part(zone, 2026, 2032).to_tz(lookup_tzid=False), ZoneInfo(zone)
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    while moment.year < 2032:
        local = moment.astimezone(place).replace(tzinfo=None)
        assert local.replace(tzinfo=told).utcoffset() == local.replace(tzinfo=place).utcoffset(), local
        moment += timedelta(hours=17)


def test_one_that_was_invited_becomes_the_series_in_the_calendar_it_is_in(rep, asha):
    meeting = book_appointment(subject="Demo", starts_at=MONDAY, ends_at=MONDAY + HOUR, by=rep, regarding=asha)
    repeat_activity(meeting, Repeat("WEEKLY", count=3), by=rep)
    single, whole = (calendar.walk("VEVENT")[0] for calendar in files())
    assert single["uid"] == whole["uid"]
    assert whole["sequence"] > single["sequence"]
    assert "RRULE" in whole
    assert Message.objects.count() == 2


def test_a_change_of_one_is_told_as_that_one_and_later_mails_about_all_keep_it(rep, asha):
    first = book(rep, asha)
    second, third = rows()[1:3]
    change_record(third, {"due_at": third.due_at + 2 * HOUR, "subject": "Special"}, by=rep)
    invitation, change = files()
    event = change.walk("VEVENT")[0]
    assert event["uid"] == invitation.walk("VEVENT")[0]["uid"]
    assert event["sequence"] > invitation.walk("VEVENT")[0]["sequence"]
    assert event.decoded("recurrence-id").astimezone(UTC) == third.due_at.astimezone(UTC)
    assert event.decoded("dtstart").astimezone(UTC) == (third.due_at + 2 * HOUR).astimezone(UTC)
    cancel_activity(second, by=rep)
    gone = files()[-1]
    assert str(gone["method"]) == "CANCEL"
    assert gone.walk("VEVENT")[0].decoded("recurrence-id").astimezone(UTC) == second.due_at.astimezone(UTC)
    change_following(Activity.objects.get(pk=first.pk), by=rep, location="Room 2")
    seen = as_a_reader_sees_it(files()[-1])
    assert seen == ours(ActivitySeries.objects.get())
    assert [title for _at, title in seen] == ["Weekly", "Special", "Weekly"]
    assert str(files()[-1].walk("VEVENT")[0]["location"]) == "Room 2"


def test_a_change_of_all_is_one_mail_and_asks_again(rep, asha):
    first = book(rep, asha)
    read_answer(reply(files()[0]))
    assert {guest.answer for guest in Attendee.objects.all()} == {"accepted"}
    change_following(first, by=rep, due_at=first.due_at + 3 * HOUR)
    assert Message.objects.count() == 2
    before, after = files()
    assert before.walk("VEVENT")[0]["uid"] == after.walk("VEVENT")[0]["uid"]
    assert after.walk("VEVENT")[0]["sequence"] > before.walk("VEVENT")[0]["sequence"]
    assert as_a_reader_sees_it(after) == ours(ActivitySeries.objects.get())
    assert {row.due_at.astimezone(BERLIN).hour for row in rows()} == {13}
    assert {guest.answer for guest in Attendee.objects.all()} == {"waiting"}
    assert read_answer(reply(before)).said.endswith("has been replaced by a later one.")
    assert read_answer(reply(after)).attendee is not None


def test_from_a_later_one_on_the_old_series_is_shorter_and_the_new_one_is_invited_to(rep, asha):
    first = book(rep, asha, Repeat("WEEKLY", count=5))
    cancel_activity(rows()[3], by=rep)
    LetterFile.objects.all().delete()
    third = rows()[2]
    change_following(third, by=rep, due_at=third.due_at + HOUR)
    old, new = files()
    first.refresh_from_db()
    third.refresh_from_db()
    assert as_a_reader_sees_it(old) == ours(first.series)
    assert as_a_reader_sees_it(new) == ours(third.series)
    assert (len(ours(first.series)), len(ours(third.series))) == (2, 2)
    assert old.walk("VEVENT")[0]["uid"] != new.walk("VEVENT")[0]["uid"]
    extend_series(third.series, until=MONDAY + timedelta(days=400))
    assert len(ours(third.series)) == 2
    read_answer(reply(new, "DECLINED"))
    assert [row.attendees.get().answer for row in rows()] == ["waiting", "waiting", "declined", "waiting", "declined"]


def test_stopping_is_one_mail_with_the_shorter_rule(rep, asha):
    first = book(rep, asha)
    assert end_series(rows()[1], by=rep) == 2
    assert Message.objects.count() == 2
    first.series.refresh_from_db()
    assert as_a_reader_sees_it(files()[-1]) == ours(first.series)
    assert len(ours(first.series)) == 2


def test_cancelling_all_is_one_mail_that_takes_out_the_whole_series(rep, asha):
    first = book(rep, asha)
    assert cancel_following(first, by=rep) == 4
    assert [str(calendar["method"]) for calendar in files()] == ["REQUEST", "CANCEL"]
    event = files()[-1].walk("VEVENT")[0]
    assert "RECURRENCE-ID" not in event
    assert str(event["status"]) == "CANCELLED"
    assert Letter.objects.order_by("pk").last().subject == "Cancelled: Weekly"
    assert {row.status for row in rows()} == {"cancelled"}
    assert extend_series(first.series, until=MONDAY + timedelta(days=400)) == 0


def test_cancelling_from_a_later_one_on_keeps_what_was_before(rep, asha):
    first = book(rep, asha)
    assert cancel_following(rows()[2], by=rep) == 2
    first.series.refresh_from_db()
    assert str(files()[-1]["method"]) == "REQUEST"
    assert as_a_reader_sees_it(files()[-1]) == ours(first.series)
    assert len(ours(first.series)) == 2


def test_an_answer_to_all_counts_for_each_and_for_those_still_to_be_made(rep, asha):
    first = book(rep, asha, Repeat("WEEKLY"))
    reading = read_answer(reply(files()[0]))
    assert reading.said == "Asha Rao: Accepted, “Weekly”, all of the series."
    assert {guest.answer for guest in Attendee.objects.all()} == {"accepted"}
    assert Notification.objects.filter(user=rep, kind="answer").count() == 1
    made = extend_series(first.series, until=first.series.made_until + 2 * WEEK)
    assert made == 2
    assert {guest.answer for guest in Attendee.objects.all()} == {"accepted"}
    assert Message.objects.count() == 1
    last = rows()[-1]
    assert last.attendees.get().sequence == 1
    assert as_a_reader_sees_it(files()[0], until=last.due_at) == ours(first.series)


def test_an_answer_to_one_counts_for_that_one(rep, asha):
    book(rep, asha)
    third = f"RECURRENCE-ID;TZID=Europe/Berlin:{(MONDAY + 2 * WEEK):%Y%m%dT%H%M%S}\r\n"
    assert read_answer(reply(files()[0], "DECLINED", recurrence_id=third)).attendee is not None
    assert [row.attendees.get().answer for row in rows()] == ["waiting", "waiting", "declined", "waiting"]
    none = f"RECURRENCE-ID:{(MONDAY + HOUR).astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n"
    assert read_answer(reply(files()[0], recurrence_id=none)).said == "Ignored: it answers no appointment of ours."
    broken = "RECURRENCE-ID:yesterday\r\n"
    assert read_answer(reply(files()[0], recurrence_id=broken)).attendee is None


def test_an_answer_to_all_is_none_to_the_one_that_was_moved_since(rep, asha):
    book(rep, asha)
    first = rows()[0]
    change_record(first, {"due_at": first.due_at + HOUR}, by=rep)
    assert read_answer(reply(files()[0])).attendee is not None
    assert [row.attendees.get().answer for row in rows()] == ["waiting", "accepted", "accepted", "accepted"]


def test_whoever_was_asked_to_one_alone_hears_of_that_one_alone(rep, asha):
    carl = UserFactory(name="Carl", email="carl@tandem.example")
    first = book(rep, asha)
    third = rows()[2]
    add_attendee(third, Guest(user=carl), by=rep)
    invited = files()[-1].walk("VEVENT")
    assert len(invited) == 1
    assert invited[0].decoded("recurrence-id").astimezone(UTC) == third.due_at.astimezone(UTC)
    remove_attendee(rows()[1].attendees.get(contact=asha), by=rep)
    LetterFile.objects.all().delete()
    change_following(first, by=rep, subject="Every week")
    hers, his = files()
    series = ActivitySeries.objects.get()
    assert as_a_reader_sees_it(hers) == [one for one in ours(series) if one[0] != rows()[1].due_at]
    assert "RECURRENCE-ID" in his.walk("VEVENT")[0]
    assert str(his.walk("VEVENT")[0]["summary"]) == "Every week"
    cancel_following(Activity.objects.get(pk=first.pk), by=rep)
    assert [str(one["method"]) for one in files()[2:]] == ["CANCEL", "CANCEL"]


def test_who_takes_part_in_all_of_what_repeats_already_is_invited_to_all(rep, asha):
    first = book(rep, asha, invite=False)
    assert not Message.objects.exists()
    invite_all(first, by=rep)
    assert as_a_reader_sees_it(files()[0]) == ours(first.series)
    invite_all(Activity.objects.get(pk=first.pk), by=rep)
    assert Message.objects.count() == 1


def test_what_was_changed_in_one_alone_does_not_go_on(rep, asha):
    first = book(rep, asha, Repeat("WEEKLY"))
    change_record(rows()[-1], {"subject": "The last of the half year"}, by=rep)
    extend_series(first.series, until=first.series.made_until + WEEK)
    assert rows()[-1].subject == "Weekly"


def test_a_guest_without_an_address_is_told_before_anything_is_booked(rep):
    with pytest.raises(Invalid, match="no email address"):
        book(rep, ContactFactory(email="", owner=rep))
    assert not Activity.objects.exists()


def test_a_meeting_and_a_task_repeat_from_their_forms(client, rep, asha):
    client.force_login(rep)
    address = f"/activities/new/?kind=appointment&on=crm.contact:{asha.pk}"
    facts = {"topic": "Weekly", "starts_at": "2027-03-15T10:00", "invite": "on"}
    odd = client.post(address, {**facts, "repeats": "week", "until": "2027-05-01", "count": 3})
    assert odd.status_code == 422
    assert "not both" in odd.text
    assert "Say how often it repeats." in client.post(address, {**facts, "count": 3}).text
    client.post(address, {**facts, "repeats": "working_day", "count": 6})
    assert [f"{row.due_at.astimezone(BERLIN):%a}" for row in rows()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]
    assert Message.objects.count() == 1
    early = client.post(address, {**facts, "repeats": "week", "until": "2027-03-01"})
    assert (early.status_code, "cannot end before it starts" in early.text) == (422, True)
    task = client.post("/activities/new/?kind=task", {"topic": "Report", "priority": "normal", "repeats": "month"})
    assert (task.status_code, "What has no time cannot repeat" in task.text) == (422, True)
    client.post(
        "/activities/new/?kind=task",
        {"topic": "Report", "priority": "normal", "repeats": "month", "due_at": "2027-03-15T09:00", "count": 3},
    )
    assert Activity.objects.filter(kind="task", series__isnull=False).count() == 3


def test_all_that_follow_are_cancelled_from_the_page_by_whoever_may(client, rep, asha):
    first = book(rep, asha)
    client.force_login(UserFactory(team=TeamFactory(), roles=["rep"]))
    assert client.post(f"/activities/{first.pk}/cancel-following/").status_code == 404
    client.force_login(rep)
    assert "Cancel all that follow" in client.get(first.get_absolute_url()).text
    client.post(f"/activities/{first.pk}/cancel-following/")
    assert {row.status for row in rows()} == {"cancelled"}
    assert not Activity.objects.filter(status="open").exists()


def test_the_api_books_changes_and_ends_a_series(client, rep, asha):
    client.force_login(rep)
    facts = {
        "kind": "appointment", "subject": "Weekly", "due_at": MONDAY.isoformat(), "ends_at": (MONDAY + HOUR).isoformat(),
        "regarding": f"crm.contact:{asha.pk}", "invite": True,
    }  # fmt: skip

    def post(path, body):
        return client.post(f"/api/v1/activities/{path}", body, content_type="application/json")

    odd = post("", {**facts, "repeat": {"frequency": "DAILY", "days": ["MO"]}})
    assert (odd.status_code, "go with weeks" in odd.text) == (400, True)
    wrong_day = post("", {**facts, "repeat": {"frequency": "WEEKLY", "days": ["TU"]}})
    assert (wrong_day.status_code, "another day" in wrong_day.text) == (400, True)
    made = post("", {**facts, "repeat": {"frequency": "WEEKLY", "days": ["MO"], "count": 4}}).json()
    assert made["rule"] == "FREQ=WEEKLY;COUNT=4;INTERVAL=1;BYDAY=MO"
    assert Message.objects.count() == 1
    assert post(f"{made['id']}/repeat/", {"frequency": "DAILY"}).status_code == 409
    changed = post(f"{made['id']}/following/", {"location": "Room 2"})
    assert (changed.status_code, changed.json()["location"]) == (200, "Room 2")
    assert {row.location for row in rows()} == {"Room 2"}
    second = rows()[1]
    assert post(f"{second.pk}/stop-repeating/", {}).status_code == 200
    assert [row.status for row in rows()] == ["open", "open", "cancelled", "cancelled"]
    client.force_login(UserFactory(team=TeamFactory(), roles=["rep"]))
    for command in ("repeat", "following", "stop-repeating", "cancel-following"):
        assert post(f"{made['id']}/{command}/", {"frequency": "DAILY"}).status_code == 404
    client.force_login(rep)
    assert post(f"{made['id']}/cancel-following/", {}).json()["status"] == "cancelled"
