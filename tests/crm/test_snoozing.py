"""Not now: snoozing, skipping, taking up again; and a call logged by one press."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.actions.activities import book_appointment, complete_activity, log_activity
from crm.actions.snoozing import moment_of, reopen_activity, skip_activity, snooze_activity
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, Contact, Interaction
from tests.factories.crm import ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2027, 3, 26, 10, 10, tzinfo=UTC)
"""Ten past eleven in Berlin, two days before the clocks go forward."""


def test_what_later_means_is_decided_in_the_readers_zone():
    with timezone.override(BERLIN):
        assert moment_of("later", FRIDAY) == datetime(2027, 3, 26, 14, 30, tzinfo=BERLIN)
        assert moment_of("tomorrow", FRIDAY) == datetime(2027, 3, 27, 9, 0, tzinfo=BERLIN)
        assert moment_of("next-week", FRIDAY) == datetime(2027, 3, 29, 9, 0, tzinfo=BERLIN)
        assert (
            moment_of("next-week", FRIDAY).astimezone(UTC).hour == 7
        )  # nine o'clock stays nine o'clock in summer time
        assert moment_of("day", FRIDAY, date(2027, 4, 2)) == datetime(2027, 4, 2, 9, 0, tzinfo=BERLIN)
        assert moment_of("later", FRIDAY + timedelta(hours=11)) == datetime(2027, 3, 26, 23, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("choice", "day", "field"),
    [("someday", None, "until"), ("day", None, "until"), ("day", date(2027, 3, 26), "day"), ("", None, "until")],
)
def test_a_snooze_needs_a_moment_to_come(choice, day, field):
    with pytest.raises(Invalid) as told:
        moment_of(choice, FRIDAY, day)
    assert told.value.field == field


def test_a_snoozed_call_keeps_its_length(rep):
    call = ActivityFactory(kind="call", owner=rep, due_at=FRIDAY, ends_at=FRIDAY + timedelta(minutes=20))
    call = snooze_activity(call, until=FRIDAY + timedelta(days=3), by=rep)
    assert (call.due_at, call.ends_at, call.version) == (
        FRIDAY + timedelta(days=3),
        FRIDAY + timedelta(days=3, minutes=20),
        2,
    )


def test_skipped_is_closed_and_no_news_and_can_be_taken_up_again(rep):
    task = log_activity(kind="task", subject="Send the list", regarding=ContactFactory(owner=rep), by=rep)
    task = skip_activity(task, by=rep)
    assert (task.status, task.outcome) == ("cancelled", "Skipped")
    assert not Interaction.objects.exists()
    with pytest.raises(NotAllowed):
        snooze_activity(task, until=FRIDAY, by=rep)
    task = reopen_activity(task, by=rep)
    assert (task.status, task.outcome, task.done_at) == ("open", "", None)
    with pytest.raises(NotAllowed, match="is open"):
        reopen_activity(task, by=rep)


def test_what_is_done_and_taken_up_again_is_told_once(rep):
    task = log_activity(kind="task", subject="Send the list", regarding=ContactFactory(owner=rep), by=rep)
    complete_activity(task, by=rep)
    complete_activity(reopen_activity(task, by=rep), by=rep)
    assert Interaction.objects.filter(kind="activity.done").count() == 1


def test_an_appointment_is_neither_snoozed_nor_skipped(rep):
    meeting = book_appointment(
        subject="Demo", starts_at=FRIDAY, ends_at=FRIDAY + timedelta(hours=1), invite=False, by=rep
    )
    for deed in (lambda: snooze_activity(meeting, until=FRIDAY, by=rep), lambda: skip_activity(meeting, by=rep)):
        with pytest.raises(NotAllowed, match="guests hear of it"):
            deed()


def test_the_buttons_of_an_activity(client, rep):
    task = ActivityFactory(owner=rep, due_at=timezone.now())
    client.force_login(rep)
    assert client.post(f"/activities/{task.pk}/snooze/", {"until": "tomorrow", "next": "/my-work/"})["Location"] == (
        "/my-work/"
    )
    task.refresh_from_db()
    assert timezone.localtime(task.due_at, ZoneInfo(rep.time_zone)).hour == 9
    told = client.post(f"/activities/{task.pk}/snooze/", {"until": "day", "day": "31.31."}, follow=True)
    assert "This is no day." in told.text
    assert "Undo" in client.post(f"/activities/{task.pk}/skip/", follow=True).text
    client.post(f"/activities/{task.pk}/reopen/")
    assert Activity.objects.get().status == "open"
    stranger = UserFactory(team=TeamFactory(), roles=["rep"])
    client.force_login(stranger)
    for deed in ("snooze", "skip", "reopen", "done", "cancel"):
        assert client.post(f"/activities/{task.pk}/{deed}/").status_code == 404


def test_a_colleague_sees_the_activity_but_may_not_put_it_off(client, rep, team):
    task = ActivityFactory(owner=UserFactory(team=team, roles=["rep"]), due_at=timezone.now())
    client.force_login(rep)
    assert client.post(f"/activities/{task.pk}/snooze/", {"until": "tomorrow"}).status_code == 403


@pytest.mark.parametrize("make", [ContactFactory, LeadFactory, OpportunityFactory])
def test_a_call_is_logged_with_its_outcome_by_one_press(client, rep, make):
    record = make(owner=rep)
    client.force_login(rep)
    address = f"/activities/call/?on={record._meta.label_lower}:{record.pk}"
    assert address.replace("&", "&amp;") in client.get(record.get_absolute_url()).text
    answer = client.post(address, {"outcome": "no-answer", "again": "tomorrow"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == record.get_absolute_url()
    again, call = Activity.objects.order_by("status").reverse()
    assert (call.kind, call.status, call.outcome, call.regarding) == ("call", "done", "No answer", record)
    assert (again.kind, again.status, again.regarding) == ("call", "open", record)
    assert call.subject.startswith("Call with ")


def test_how_it_went_must_be_said(client, rep):
    contact = ContactFactory(owner=rep)
    client.force_login(rep)
    for outcome in ("", "splendid"):
        answer = client.post(f"/activities/call/?on=crm.contact:{contact.pk}", {"outcome": outcome, "body": "Hello"})
        assert answer.status_code == 422
        assert "Choose how it went." in answer.text
        assert "Hello" in answer.text
    assert not Activity.objects.exists()


def test_a_planned_call_is_settled_by_the_one_that_was_made(client, rep):
    contact = ContactFactory(owner=rep)
    planned = ActivityFactory(kind="call", subject="Ring", contact=contact, owner=rep, body="Ask for the plan")
    client.force_login(rep)
    address = f"/activities/call/?planned={planned.pk}&next=/my-work/"
    assert client.post(address, {"outcome": "reached", "body": "They have one"})["Location"] == "/my-work/"
    call = Activity.objects.get()
    assert (call.status, call.outcome, call.body) == ("done", "Reached", "Ask for the plan\n\nThey have one")
    again = client.post(address, {"outcome": "reached"})
    assert "is already done" in again.text


def test_no_call_about_what_is_not_seen(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    for asked in (f"on=crm.contact:{hidden.pk}", "", "on=nonsense", "planned=999", "planned=x"):
        assert client.get(f"/activities/call/?{asked}").status_code == 404, asked


def test_a_call_to_somebody_who_asked_not_to_be_phoned_is_warned_of(client, administrator):
    client.force_login(administrator)
    contact = ContactFactory(first_name="Asha", last_name="Rao")
    address = f"/activities/call/?on=crm.contact:{contact.pk}"
    warning = "Asha Rao asked not to be phoned."
    assert warning not in client.get(address).text
    Contact.objects.update(do_not_phone=True)
    planned = ActivityFactory(kind="call", contact=contact, owner=administrator)
    assert warning in client.get(address).text
    assert warning in client.get(f"/activities/call/?planned={planned.pk}").text
