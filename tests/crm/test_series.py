"""Recurring activities: RRULE on the local clock across a daylight-saving change, this one or all that follow, made ahead."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.actions.activities import book_appointment, complete_activity, log_activity
from crm.actions.records import change_record
from crm.actions.series import change_following, end_series, extend_all, repeat_activity
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, ActivitySeries, Message
from crm.recurrence import Repeat, moments
from tests.factories.crm import ActivityFactory, ContactFactory

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2027, 3, 15, 10, 0, tzinfo=BERLIN)
"""Two weeks before the clocks go forward in Berlin, on 28 March 2027."""
HOUR = timedelta(hours=1)


@pytest.fixture
def rep(rep):
    rep.time_zone = "Europe/Berlin"
    rep.save()
    return rep


@pytest.fixture
def meeting(rep):
    return book_appointment(
        subject="Weekly", starts_at=MONDAY, ends_at=MONDAY + HOUR, by=rep, invite=False,
        contact=ContactFactory(owner=rep, email="asha@customer.example"),
    )  # fmt: skip


def local(rows):
    return [f"{row.due_at.astimezone(BERLIN):%d.%m. %H:%M}" for row in rows]


def all_of(series):
    return list(series.occurrences.order_by("due_at"))


def test_ten_oclock_stays_ten_oclock_across_the_change_to_summer_time(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY", days=("MO",), count=4), by=rep, now=MONDAY)
    rows = all_of(series)
    assert local(rows) == ["15.03. 10:00", "22.03. 10:00", "29.03. 10:00", "05.04. 10:00"]
    assert [row.due_at.astimezone(UTC).hour for row in rows] == [9, 9, 8, 8]
    assert {row.ends_at - row.due_at for row in rows} == {HOUR}
    assert [str(guest) for row in rows for guest in row.attendees.all()] == [str(meeting.contact)] * 4


def test_and_across_the_change_back_to_winter_time():
    start = datetime(2027, 10, 25, 10, 0, tzinfo=BERLIN)
    found = list(moments("FREQ=WEEKLY;COUNT=3", start, "Europe/Berlin", until=start + timedelta(days=60)))
    assert [f"{at.astimezone(UTC):%d.%m. %H:%M}" for at in found] == ["25.10. 08:00", "01.11. 09:00", "08.11. 09:00"]


def test_an_hour_that_the_clocks_leave_out_comes_when_they_have_gone_forward():
    start = datetime(2027, 3, 27, 2, 30, tzinfo=BERLIN)
    found = list(moments("FREQ=DAILY;COUNT=3", start, "Europe/Berlin", until=start + timedelta(days=9)))
    seen = [f"{at.astimezone(UTC).astimezone(BERLIN):%d.%m. %H:%M}" for at in found]
    assert seen == ["27.03. 02:30", "28.03. 03:30", "29.03. 02:30"]


@pytest.mark.parametrize(
    ("repeat", "rule", "words", "days"),
    [
        (Repeat("DAILY", count=3), "FREQ=DAILY;COUNT=3;INTERVAL=1", "every day, 3 times", ["15.03.", "16.03.", "17.03."]),
        (
            Repeat("WEEKLY", 2, ("MO", "WE"), until=date(2027, 4, 1)),
            "FREQ=WEEKLY;UNTIL=20270401T235959;INTERVAL=2;BYDAY=MO,WE",
            "every 2 weeks on Mon, Wed, until 1 Apr 2027",
            ["15.03.", "17.03.", "29.03.", "31.03."],
        ),
        (Repeat("MONTHLY", count=2), "FREQ=MONTHLY;COUNT=2;INTERVAL=1", "every month, 2 times", ["15.03.", "15.04."]),
        (Repeat("YEARLY", count=2), "FREQ=YEARLY;COUNT=2;INTERVAL=1", "every year, 2 times", ["15.03.", "15.03."]),
    ],
)  # fmt: skip
def test_rules_and_their_words(repeat, rule, words, days):
    assert (repeat.rule, repeat.words, Repeat.of(rule)) == (rule, words, repeat)
    found = moments(rule, MONDAY, "Europe/Berlin", until=MONDAY + timedelta(days=500))
    assert [f"{at:%d.%m.}" for at in found] == days


def test_what_does_not_end_is_made_ahead_every_day(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY", days=("MO",)), by=rep, now=MONDAY)
    assert len(all_of(series)) == 26
    assert extend_all(MONDAY) == 0
    assert extend_all(MONDAY + timedelta(days=28)) == 4
    assert extend_all(MONDAY + timedelta(days=28)) == 0
    assert len({row.due_at for row in all_of(series)}) == 30


def test_one_is_changed_alone(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY", count=3), by=rep, now=MONDAY)
    second = all_of(series)[1]
    change_record(second, {"due_at": second.due_at + timedelta(hours=4)}, by=rep)
    assert local(all_of(series)) == ["15.03. 10:00", "22.03. 14:00", "29.03. 10:00"]


def test_this_one_and_all_that_follow_get_another_hour_and_the_rest_keeps_its_own(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY", count=4), by=rep, now=MONDAY)
    second = all_of(series)[1]
    assert change_following(second, by=rep, subject="Later", due_at=second.due_at + 2 * HOUR) == 3
    assert local(Activity.objects.order_by("due_at")) == [
        "15.03. 10:00",
        "22.03. 12:00",
        "29.03. 12:00",
        "05.04. 12:00",
    ]
    assert list(Activity.objects.order_by("due_at").values_list("subject", flat=True)) == ["Weekly"] + ["Later"] * 3
    new = ActivitySeries.objects.get(is_ended=False)
    assert (Repeat.of(new.rule).count, len(all_of(new))) == (3, 3)
    assert extend_all(MONDAY + timedelta(days=400)) == 0


def test_what_follows_an_endless_one_goes_on_at_the_new_hour(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY"), by=rep, now=MONDAY)
    second = all_of(series)[1]
    change_following(second, by=rep, due_at=second.due_at + 2 * HOUR)
    extend_all(MONDAY + timedelta(days=28))
    assert {row.due_at.astimezone(BERLIN).hour for row in Activity.objects.exclude(pk=meeting.pk)} == {12}


def test_all_that_follow_keep_their_days(meeting, rep):
    repeat_activity(meeting, Repeat("WEEKLY", count=4), by=rep, now=MONDAY)
    with pytest.raises(Invalid) as told:
        change_following(meeting, by=rep, due_at=MONDAY + timedelta(days=1))
    assert told.value.field == "due_at"
    assert ActivitySeries.objects.count() == 1


def test_stopping_keeps_this_one_and_cancels_the_open_ones_after_it(meeting, rep):
    series = repeat_activity(meeting, Repeat("WEEKLY", count=4), by=rep, now=MONDAY)
    rows = all_of(series)
    complete_activity(rows[2], by=rep)
    assert end_series(rows[1], by=rep) == 1
    assert [row.status for row in all_of(series)] == ["open", "open", "done", "cancelled"]
    assert not Message.objects.exists()


def test_what_has_no_time_or_repeats_already_does_not_repeat(meeting, rep):
    with pytest.raises(NotAllowed, match="no time"):
        repeat_activity(ActivityFactory(owner=rep), Repeat("DAILY"), by=rep)
    with pytest.raises(Invalid, match="another day"):
        repeat_activity(meeting, Repeat("WEEKLY", days=("TU",)), by=rep)
    with pytest.raises(Invalid, match="before it starts"):
        repeat_activity(meeting, Repeat("DAILY", until=date(2027, 3, 1)), by=rep)
    repeat_activity(meeting, Repeat("DAILY", count=2), by=rep, now=MONDAY)
    with pytest.raises(NotAllowed, match="repeats already"):
        repeat_activity(meeting, Repeat("DAILY"), by=rep)


def test_the_pages_of_repeating(client, rep):
    task = log_activity(kind="task", subject="Water the plants", due_at=MONDAY, by=rep)
    client.force_login(rep)
    address = f"/activities/{task.pk}/repeat/"
    bad = client.post(address, {"every": 1, "frequency": "DAILY", "days": ["MO"], "until": "2027-04-01", "count": 3})
    assert bad.status_code == 422
    assert "not both" in bad.text
    assert "Days of the week go with weeks." in bad.text
    assert client.post(address, {"every": 0, "frequency": "HOURLY"}).status_code == 422
    client.post(address, {"every": 1, "frequency": "WEEKLY", "count": 3})
    client.get(task.get_absolute_url())  # where the toast is
    page = client.get(task.get_absolute_url()).text
    assert "every week, 3 times" in page
    assert "Change all that follow" in page
    changed = client.post(f"/activities/{task.pk}/following/", {"subject": "Water them", "due_at": "2027-03-15T11:00"})
    assert changed.status_code == 302
    assert local(Activity.objects.order_by("due_at")) == ["15.03. 11:00", "22.03. 11:00", "29.03. 11:00"]
    client.post(f"/activities/{task.pk}/stop/")
    assert Activity.objects.filter(status="cancelled").count() == 2
