"""Activities: logging, planning, appointments with their calendar file, the log."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from crm.actions.activities import book_appointment, cancel_activity, complete_activity, log_activity
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, Interaction, Message
from crm.queries.timeline import timeline_of
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", owner=rep, account=AccountFactory(owner=rep))


def test_a_logged_call_is_done_and_the_log_hears_of_it_once(asha, rep):
    call = log_activity(kind="call", subject="Asked for a demo", regarding=asha, by=rep)
    assert (call.status, call.contact, call.account, call.owner) == ("done", asha, asha.account, rep)
    row = Interaction.objects.get(kind="activity.done")
    assert (row.contact, row.actor, row.source_id, row.data["title"]) == (asha, rep, call.pk, "Asked for a demo")


def test_a_call_in_the_future_is_a_call_to_make(asha, rep):
    call = log_activity(kind="call", subject="Ring", regarding=asha, due_at=timezone.now() + timedelta(days=1), by=rep)
    assert call.status == "open"
    assert not Interaction.objects.exists()


def test_what_is_done_cannot_be_done_again(asha, rep):
    task = log_activity(kind="task", subject="Send the offer", regarding=asha, by=rep)
    complete_activity(task, by=rep)
    with pytest.raises(NotAllowed, match="“Send the offer” is already done"):
        complete_activity(task, by=rep)
    assert Interaction.objects.filter(kind="activity.done").count() == 1


def test_the_guest_of_an_appointment_gets_a_calendar_file(asha, rep):
    meeting = book_appointment(
        subject="Demo, the long one", starts_at=NOON, ends_at=NOON + timedelta(hours=1), regarding=asha,
        location="https://meet.example/x", by=rep,
    )  # fmt: skip
    message = Message.objects.get(contact=asha)
    assert message.address == asha.email
    from crm.models import LetterFile

    file = LetterFile.objects.get()
    assert (file.name, file.media_type) == ("invitation.ics", "text/calendar; method=REQUEST")
    calendar = Calendar.from_ical(bytes(file.data))
    event = calendar.walk("VEVENT")[0]
    assert calendar["method"] == "REQUEST"
    assert (event["summary"], event.decoded("dtstart"), event.decoded("dtend")) == (
        "Demo, the long one",
        NOON,
        NOON + timedelta(hours=1),
    )
    assert str(event["organizer"]) == f"MAILTO:{rep.email}"
    assert str(event["attendee"]) == f"MAILTO:{asha.email}"
    cancel_activity(meeting, by=rep)
    gone = Calendar.from_ical(bytes(LetterFile.objects.order_by("-pk").first().data))
    assert gone["method"] == "CANCEL"
    assert gone.walk("VEVENT")[0]["uid"] == event["uid"]


def test_no_invitation_without_an_address_and_nothing_half_done(rep):
    nobody = ContactFactory(email="", owner=rep)
    with pytest.raises(Invalid, match="has no email address"):
        book_appointment(subject="Demo", starts_at=NOON, ends_at=NOON + timedelta(hours=1), regarding=nobody, by=rep)
    assert not Activity.objects.exists()


def test_an_appointment_cannot_end_before_it_starts(asha, rep):
    with pytest.raises(Invalid) as told:
        book_appointment(subject="Demo", starts_at=NOON, ends_at=NOON, regarding=asha, by=rep)
    assert told.value.field == "ends_at"


def test_the_file_is_downloaded_by_whoever_sees_the_appointment(client, asha, rep):
    meeting = book_appointment(
        subject="Demo", starts_at=NOON, ends_at=NOON + timedelta(hours=1), regarding=asha, invite=False, by=rep
    )
    client.force_login(rep)
    answer = client.get(f"/activities/{meeting.pk}/file.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert Calendar.from_ical(answer.content)["method"] == "PUBLISH"
    client.force_login(UserFactory(team=TeamFactory(), roles=["rep"]))
    assert client.get(f"/activities/{meeting.pk}/file.ics").status_code == 404
    assert not Message.objects.exists()


def test_a_note_is_logged_on_the_page_of_a_contact(client, asha, rep):
    client.force_login(rep)
    address = f"/activities/new/?kind=note&on=crm.contact:{asha.pk}"
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    assert client.post(address, {"body": ""}, headers={"HX-Request": "true"}).status_code == 422
    answer = client.post(address, {"body": "Likes tea\nand cake"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == asha.get_absolute_url()
    note = Activity.objects.get()
    assert (note.subject, note.body, note.contact) == ("Likes tea", "Likes tea\nand cake", asha)


def test_nothing_is_logged_on_a_record_that_is_not_seen(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    for on in (f"crm.contact:{hidden.pk}", "crm.user:1", "nonsense", "crm.contact:x"):
        answer = client.post(f"/activities/new/?kind=note&on={on}", {"body": "Hello"})
        assert answer.status_code == 404, on
    assert not Activity.objects.exists()


def test_done_leads_back_but_never_to_another_site(client, asha, rep):
    task = log_activity(kind="task", subject="Send", regarding=asha, by=rep)
    client.force_login(rep)
    answer = client.post(f"/activities/{task.pk}/done/", {"next": "https://evil.example/"})
    assert answer["Location"] == task.get_absolute_url()
    again = client.post(f"/activities/{task.pk}/done/", follow=True)
    assert "is already done" in again.content.decode()


def test_list_calendar_and_pages_stay_under_twenty_queries(client, asha, rep, django_assert_max_num_queries):
    for n in range(3):
        log_activity(kind="task", subject=f"Task {n}", regarding=asha, due_at=timezone.now(), by=rep)
    task = Activity.objects.first()
    client.force_login(rep)
    client.get("/activities/")
    for path in ("/activities/", "/calendar/", "/calendar/?month=2026-02&whose=all", task.get_absolute_url()):
        with django_assert_max_num_queries(20):
            assert client.get(path).status_code == 200
    assert client.get("/calendar/?month=nonsense").status_code == 200


def test_the_timeline_folds_what_is_alike_and_pages_backwards(asha, rep):
    from crm.log.recording import record

    now = timezone.now()
    for minutes in range(3):
        record("email.opened", contact=asha, occurred_at=now - timedelta(minutes=minutes), data={"title": "Invitation"})
    record(
        "email.opened", contact=asha, occurred_at=now - timedelta(days=2), data={"title": "Invitation"}, verdict="bot"
    )
    page = timeline_of(asha, rep)
    assert [(row.title, row.about, row.times, row.is_machine) for row in page.happenings] == [
        ("Email opened", "Invitation", 3, False),
        ("Email opened", "Invitation", 1, True),
    ]
    first = timeline_of(asha, rep, limit=2)
    assert first.before
    assert sum(row.times for row in timeline_of(asha, rep, before=first.before).happenings) == 2
