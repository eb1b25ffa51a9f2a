"""Reminders: told at their moment, once, to the owner and to the colleagues who take part, the way each chose."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.actions.activities import book_appointment
from crm.actions.attendees import set_answer
from crm.actions.meeting_mails import Guest
from crm.actions.records import change_record
from crm.actions.reminders import is_waiting, send_reminders
from crm.models import Message, Notification
from tests.factories.crm import ActivityFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def test_a_reminder_comes_at_its_moment_and_once(rep):
    task = ActivityFactory(owner=rep, subject="Send the offer", due_at=NOON, reminder="15m")
    early, moment = NOON - timedelta(minutes=16), NOON - timedelta(minutes=15)
    assert (is_waiting(early), send_reminders(early)) == (False, 0)
    assert (is_waiting(moment), send_reminders(moment), send_reminders(moment)) == (True, 1, 0)
    told = Notification.objects.get(user=rep)
    assert (told.kind, told.text, told.url) == ("reminder", "Task to come: Send the offer", task.get_absolute_url())


def test_one_that_is_moved_is_told_again(rep):
    task = ActivityFactory(owner=rep, due_at=NOON, reminder="1h")
    send_reminders(NOON)
    task.refresh_from_db()
    change_record(task, {"due_at": NOON + timedelta(days=1)}, by=rep)
    assert not is_waiting(NOON)
    assert send_reminders(NOON + timedelta(hours=23)) == 1
    assert Notification.objects.count() == 2


@pytest.mark.parametrize(
    ("facts", "moment"),
    [
        ({"reminder": ""}, NOON),
        ({"status": "done"}, NOON),
        ({}, NOON + timedelta(days=2)),
        ({"deleted_at": NOON}, NOON),
    ],
)
def test_nobody_is_told_of_what_is_done_gone_or_long_past(rep, facts, moment):
    ActivityFactory(owner=rep, due_at=NOON, **{"reminder": "0m", **facts})
    assert send_reminders(moment) == 0


def test_colleagues_who_take_part_are_told_unless_they_declined(rep, team):
    comes, declined = UserFactory(team=team), UserFactory(team=team)
    meeting = book_appointment(
        subject="Demo", starts_at=NOON, ends_at=NOON + timedelta(hours=1), reminder="0m", invite=False, by=rep,
        guests=[Guest(user=comes), Guest(user=declined)],
    )  # fmt: skip
    set_answer(meeting.attendees.get(user=declined), "declined", by=declined)
    send_reminders(NOON)
    told = Notification.objects.filter(kind="reminder").order_by("user").values_list("user", flat=True)
    assert list(told) == sorted([rep.pk, comes.pk])


def test_whoever_chose_mail_is_told_by_mail_and_off_is_off(rep, team):
    rep.notices = {"reminder": "mail"}
    rep.save()
    off = UserFactory(team=team, notices={"reminder": "off"})
    ActivityFactory(owner=rep, due_at=NOON, reminder="0m")
    ActivityFactory(owner=off, due_at=NOON, reminder="0m")
    assert send_reminders(NOON) == 2
    assert Message.objects.get().address == rep.email
    assert not Notification.objects.filter(user=off).exists()


def test_the_sweep_finds_what_is_due(rep, run_jobs):
    from django.utils import timezone

    ActivityFactory(owner=rep, due_at=timezone.now() + timedelta(minutes=20), reminder="15m")
    run_jobs()
    assert not Notification.objects.exists()
    run_jobs(later=timedelta(minutes=6))
    assert Notification.objects.get().kind == "reminder"
