"""Appointments: who takes part, their invitations, changes and cancellations by mail, and the answers that come back."""

from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from icalendar import Calendar

from crm.actions.activities import book_appointment, cancel_activity
from crm.actions.attendees import add_attendee, invite_all, remove_attendee, set_answer
from crm.actions.calendar_answers import read_answer
from crm.actions.meeting_mails import Guest
from crm.actions.records import change_record
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, Attendee, Interaction, LetterFile, Message, Notification
from tests.factories.crm import ActivityFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="Asha.Rao@customer.example", owner=rep)


@pytest.fixture
def colleague(team):
    return UserFactory(name="Carl Colleague", email="carl@tandem.example", team=TeamFactory(), roles=["rep"])


def book(by, **more):
    return book_appointment(subject="Demo", starts_at=NOON, ends_at=NOON + HOUR, by=by, **more)


def files():
    return [Calendar.from_ical(bytes(file.data)) for file in LetterFile.objects.order_by("pk")]


def reply(guest, partstat="ACCEPTED", *, sender=None, sequence=None, method="REPLY", uid=None):
    """What a guest's calendar sends back (RFC 5546, 3.2.3)."""
    invitation = files()[0].walk("VEVENT")[0]
    return (
        f"From: Asha Rao <{sender or guest}>\r\nTo: rita@tandem.example\r\nSubject: Accepted: Demo\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nYes\r\n"
        f"--b\r\nContent-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n"
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid or invitation['uid']}\r\nSEQUENCE:{invitation['sequence'] if sequence is None else sequence}\r\n"
        "DTSTAMP:20270228T090000Z\r\nDTSTART:20270301T120000Z\r\nORGANIZER:mailto:rita@tandem.example\r\n"
        f"ATTENDEE;PARTSTAT={partstat};CN=Asha:mailto:{guest}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n"
    ).encode()


def test_everybody_who_takes_part_is_invited_once_and_named_in_every_file(asha, rep, colleague):
    meeting = book(rep, regarding=asha, guests=[Guest(user=colleague, is_required=False), Guest(user=rep)])
    assert sorted(Message.objects.values_list("address", flat=True)) == ["asha.rao@customer.example", colleague.email]
    for calendar in files():
        event = calendar.walk("VEVENT")[0]
        named = {str(one): str(one.params["ROLE"]) for one in event["attendee"]}
        assert named == {f"MAILTO:{asha.email}": "REQ-PARTICIPANT", f"MAILTO:{colleague.email}": "OPT-PARTICIPANT"}
    assert [guest.sequence for guest in meeting.attendees.all()] == [1, 1]


def test_whoever_takes_part_sees_the_appointment(client, asha, rep, colleague):
    meeting = book(rep, regarding=asha, guests=[Guest(user=colleague)])
    client.force_login(colleague)
    page = client.get(meeting.get_absolute_url())
    assert "a record you may not see" in page.text  # the contact is not theirs
    mine = meeting.attendees.get(user=colleague)
    client.post(f"/attendees/{mine.pk}/answer/", {"answer": "accepted"})
    mine.refresh_from_db()
    assert mine.answer == "accepted"
    told = Notification.objects.get(user=rep, kind="answer")
    assert told.text == "Carl Colleague: Accepted · Demo"
    hers = meeting.attendees.exclude(contact=None).get()
    assert client.post(f"/attendees/{hers.pk}/answer/", {"answer": "accepted"}).status_code == 404
    assert client.post(f"/attendees/{hers.pk}/remove/").status_code == 403


def test_a_moved_appointment_is_told_with_a_higher_sequence_and_asks_again(asha, rep):
    meeting = book(rep, regarding=asha)
    set_answer(meeting.attendees.get(), "accepted")
    moved = change_record(meeting, {"due_at": NOON + timedelta(days=1)}, by=rep)
    assert moved.ends_at == NOON + timedelta(days=1) + HOUR
    first, second = files()
    before, after = (calendar.walk("VEVENT")[0] for calendar in (first, second))
    assert second["method"] == "REQUEST"
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstart") == NOON + timedelta(days=1)
    assert meeting.attendees.get().answer == "waiting"
    change_record(moved, {"body": "Nothing of this is in the calendar"}, by=rep)
    assert Message.objects.count() == 2


def test_a_cancelled_one_is_taken_out_of_every_calendar(asha, rep, colleague):
    meeting = book(rep, regarding=asha, guests=[Guest(user=colleague)])
    cancel_activity(meeting, by=rep)
    assert [str(calendar["method"]) for calendar in files()] == ["REQUEST", "REQUEST", "CANCEL", "CANCEL"]
    assert {str(calendar.walk("VEVENT")[0]["status"]) for calendar in files()[2:]} == {"CANCELLED"}


def test_one_who_is_taken_off_is_the_only_one_to_hear_of_it(asha, rep):
    meeting = book(rep, regarding=asha)
    late = add_attendee(meeting, Guest(contact=ContactFactory(email="late@customer.example")), by=rep)
    assert Message.objects.count() == 2
    with pytest.raises(Invalid, match="takes part already"):
        add_attendee(meeting, Guest(contact=asha), by=rep)
    remove_attendee(late, by=rep)
    gone = files()[-1]
    assert (str(gone["method"]), str(gone.walk("VEVENT")[0]["attendee"])) == ("CANCEL", "MAILTO:late@customer.example")
    assert meeting.attendees.get().contact == asha


def test_only_an_appointment_has_people(asha, rep):
    task = ActivityFactory(owner=rep)
    with pytest.raises(NotAllowed, match="Only an appointment"):
        add_attendee(task, Guest(contact=asha), by=rep)
    empty = book(rep)
    with pytest.raises(NotAllowed, match="Nobody takes part"):
        invite_all(empty, by=rep)


@pytest.mark.parametrize(
    ("partstat", "answer"), [("ACCEPTED", "accepted"), ("TENTATIVE", "tentative"), ("DECLINED", "declined")]
)
def test_the_answer_of_a_mail_is_read(asha, rep, partstat, answer):
    meeting = book(rep, regarding=asha)
    reading = read_answer(reply("asha.rao@customer.example", partstat))
    guest = meeting.attendees.get()
    assert (guest.answer, reading.attendee) == (answer, guest)
    assert Notification.objects.filter(user=rep, kind="answer").count() == 1
    row = Interaction.objects.get(kind="invitation.answered")
    assert (row.contact, row.source_id) == (asha, meeting.pk)
    read_answer(reply("asha.rao@customer.example", partstat))
    assert Interaction.objects.filter(kind="invitation.answered").count() == 1


def test_the_reply_of_a_stranger_is_ignored_and_says_so(asha, rep):
    meeting = book(rep, regarding=asha)
    stranger = read_answer(reply("eve@elsewhere.example", "DECLINED"))
    assert stranger.said == "Ignored: eve@elsewhere.example was not invited to “Demo”."
    forged = read_answer(reply("asha.rao@customer.example", "DECLINED", sender="eve@elsewhere.example"))
    assert forged.said == "Ignored: eve@elsewhere.example was not invited to “Demo”."
    assert (meeting.attendees.get().answer, stranger.attendee, forged.attendee) == ("waiting", None, None)


def test_an_answer_to_what_has_changed_since_is_ignored(asha, rep):
    meeting = book(rep, regarding=asha)
    change_record(meeting, {"due_at": NOON + timedelta(days=1)}, by=rep)
    reading = read_answer(reply("asha.rao@customer.example", sequence=1))
    assert reading.said == "Ignored: Asha Rao answered an invitation that has been replaced by a later one."
    assert read_answer(reply("asha.rao@customer.example", sequence=2)).attendee is not None


def test_what_is_no_answer_is_ignored_with_its_reason(asha, rep):
    meeting = book(rep, regarding=asha)
    asked = "asha.rao@customer.example"
    said = [
        read_answer(raw).said
        for raw in (
            b"",
            b"\xff\xfe not a mail",
            reply(asked, method="REQUEST"),
            reply(asked, "DELEGATED"),
            reply(asked, uid="activity-1@elsewhere.example"),
            reply(asked, uid=f"activity-{10**30}@x"),
            reply(asked).replace(b"BEGIN:VEVENT", b"BEGIN:"),
            b"x" * 2_000_001,
        )
    ]
    assert said == [
        "Ignored: there is no calendar answer in this mail.",
        "Ignored: there is no calendar answer in this mail.",
        "Ignored: there is no calendar answer in this mail.",
        "Ignored: “DELEGATED” is no answer.",
        "Ignored: it answers no appointment of ours.",
        "Ignored: it answers no appointment of ours.",
        "Ignored: there is no calendar answer in this mail.",
        "Ignored: the mail is larger than 2 MB.",
    ]
    cancel_activity(meeting, by=rep)
    assert read_answer(reply(asked)).said == "Ignored: “Demo” is already cancelled."
    assert Attendee.objects.get().answer == "waiting"


def test_a_mail_is_read_by_the_command(asha, rep, monkeypatch):
    book(rep, regarding=asha)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(reply("asha.rao@customer.example"))))
    out = StringIO()
    call_command("read_mail", stdout=out)
    assert out.getvalue() == "Asha Rao: Accepted, “Demo”.\n"


def test_a_mail_is_read_by_the_api_for_whoever_hands_mails_over(client, asha, rep, administrator):
    book(rep, regarding=asha)
    raw = {"raw": reply("asha.rao@customer.example").decode()}
    client.force_login(rep)
    assert client.post("/api/v1/activities/read-mail/", raw).status_code == 403
    client.force_login(administrator)
    answer = client.post("/api/v1/activities/read-mail/", raw)
    assert answer.json() == {"said": "Asha Rao: Accepted, “Demo”.", "is_taken": True}


def test_the_api_adds_somebody_who_takes_part(client, asha, rep, colleague):
    meeting = book(rep)
    client.force_login(rep)
    address = f"/api/v1/activities/{meeting.pk}/attendees/"
    assert client.post(address, {}).status_code == 400
    answer = client.post(address, {"user": colleague.pk, "is_required": False})
    assert [(one["user"], one["is_required"]) for one in answer.json()["attendees"]] == [(colleague.pk, False)]


def test_a_meeting_is_booked_with_colleagues_on_the_page(client, asha, rep, colleague):
    client.force_login(rep)
    facts = {"topic": "Demo", "starts_at": "2027-03-01T12:00", "colleagues": [colleague.pk], "invite": "on"}
    address = f"/activities/new/?kind=appointment&on=crm.contact:{asha.pk}"
    client.post(address, facts)
    meeting = Activity.objects.get()
    assert [str(guest) for guest in meeting.attendees.all()] == ["Asha Rao", "Carl Colleague"]
    page = client.get(meeting.get_absolute_url())
    assert "No answer yet" in page.text
    bad = client.post(f"/activities/{meeting.pk}/people/add/", {"is_required": "on"})
    assert bad.status_code == 422
    assert "Choose a contact or a colleague." in bad.text
