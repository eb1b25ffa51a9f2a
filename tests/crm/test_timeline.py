"""The timeline: one stream of activities, messages, behaviour and changes; narrowed, searched, read on, and what is new."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.actions.activities import log_activity
from crm.actions.records import change_record
from crm.actions.visits import KEPT, forget_old_visits, note_visit
from crm.delivery.queueing import send_one
from crm.log.recording import record
from crm.models import Interaction, Message, RecordVisit
from crm.queries.timeline import timeline_of
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(
        first_name="Asha", last_name="Rao", owner=rep, account=AccountFactory(name="Alster", owner=rep)
    )


@pytest.fixture
def sven():
    """Of another team, who does not see her."""
    return UserFactory(name="Sven South", team=TeamFactory(name="Sales South"), roles=["rep"])


def titles(page):
    return [row.title for row in page.happenings]


def test_lines_of_one_moment_are_all_told_however_the_pages_fall(asha, rep):
    moment = timezone.now() - timedelta(days=1)
    for number in range(7):
        record("form.submitted", contact=asha, data={"title": f"Form {number}"}, occurred_at=moment)
    seen, before = [], ""
    while page := timeline_of(asha, rep, before, limit=3):
        seen += [row.about for row in page.happenings]
        before = page.before
        if not before:
            break
    assert sorted(seen) == [f"Form {number}" for number in range(7)]


def test_a_mark_that_is_none_is_the_beginning(asha, rep):
    log_activity(kind="note", subject="Likes tea", by=rep, regarding=asha)
    for mark in ("yesterday", "2026-13-45T00:00~2", "2026-01-01T00:00:00", "~", "2026-01-01T00:00:00+00:00~x"):
        assert timeline_of(asha, rep, mark).happenings is not None
    assert titles(timeline_of(asha, rep, "yesterday")) == ["Likes tea"]


def test_each_stream_tells_its_own(asha, rep):
    log_activity(kind="call", subject="Called Asha", by=rep, regarding=asha)
    record("email.clicked", contact=asha, data={"url": "https://tandem.example/pricing"})
    record("form.submitted", contact=asha, data={"title": "Webinar"})
    change_record(asha, {"city": "Pune"}, by=rep)
    told = {
        stream: set(titles(timeline_of(asha, rep, stream=stream))) for stream in ("", "activities", "messages", "hers")
    }
    assert told["activities"] == {"Called Asha"}
    assert told["messages"] == {"Link in an email clicked"}
    assert told["hers"] == {"Link in an email clicked", "Form sent"}
    assert told[""] == {"Called Asha", "Link in an email clicked", "Form sent"}
    changes = timeline_of(asha, rep, stream="changes").happenings
    assert ("Changed: City", ["City: – → Pune"]) in [(row.title, row.facts) for row in changes]
    assert {"Changed: City", "Called Asha"} <= set(titles(timeline_of(asha, rep, stream="all")))


def test_words_are_found_in_what_was_said_in_what_it_is_called_and_in_changes(asha, rep):
    log_activity(kind="note", subject="Budget", body="Asked for turbines", by=rep, regarding=asha)
    record("form.submitted", contact=asha, data={"title": "Webinar on turbines"})
    record("email.clicked", contact=asha, data={"url": "https://tandem.example/"})
    change_record(asha, {"department": "Turbines"}, by=rep)
    assert set(titles(timeline_of(asha, rep, words="TURBINES"))) == {"Budget", "Form sent"}
    assert titles(timeline_of(asha, rep, words="link in")) == ["Link in an email clicked"]
    assert titles(timeline_of(asha, rep, words="turbines", stream="changes")) == ["Changed: Department"]
    assert titles(timeline_of(asha, rep, words="100%")) == []


def test_an_account_tells_of_its_people_by_name_but_not_of_those_its_reader_may_not_see(asha, rep, sven):
    foreign = ContactFactory(first_name="Zoe", last_name="Unseen", account=asha.account, owner=sven)
    for person in (asha, foreign):
        record("form.submitted", contact=person, data={"title": "Webinar"})
    log_activity(kind="call", subject="Called Asha", by=rep, regarding=asha)
    told = [(row.title, str(row.whose)) for row in timeline_of(asha.account, rep).happenings]
    assert told == [("Called Asha", "Asha Rao"), ("Form sent", "Asha Rao")]


def test_what_happened_since_i_was_here_is_new_until_i_have_been_gone_for_a_while(client, asha, rep, manager):
    start = timezone.now()
    client.force_login(rep)
    address = asha.get_absolute_url()
    assert "since you were here" not in client.get(address).content.decode()
    with time_machine.travel(start + timedelta(hours=2)):
        log_activity(kind="note", subject="Called while you were away", by=manager, regarding=asha)
        log_activity(kind="note", subject="My own", by=rep, regarding=asha)
    for minutes in (121, 130):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert "One new line since you were here" in client.get(address).content.decode()
    with time_machine.travel(start + timedelta(hours=5)):
        assert "since you were here" not in client.get(address).content.decode()
    assert forget_old_visits(start + KEPT) is False
    assert RecordVisit.objects.count() == 1
    forget_old_visits(start + KEPT + timedelta(days=1))
    assert not RecordVisit.objects.exists()


def test_two_tabs_at_once_are_one_visit(asha, rep):
    note_visit(rep, asha)
    note_visit(rep, asha)
    assert RecordVisit.objects.count() == 1


def test_a_mail_is_read_as_the_person_received_it_by_whoever_sees_the_person(client, asha, rep, sven):
    message = send_one(
        to=asha.email, contact=asha, subject="Your offer", text="Dear Asha\nhttps://tandem.example/offer"
    )
    record("email.sent", contact=asha, message=message)
    client.force_login(rep)
    assert f"/messages/{message.pk}/" in client.get(asha.get_absolute_url()).content.decode()
    text = client.get(f"/messages/{message.pk}/").content.decode()
    assert "Your offer" in text
    assert "Dear Asha" in text
    assert client.get(f"/messages/{message.pk}/html/").status_code == 404
    client.force_login(sven)
    assert client.get(f"/messages/{message.pk}/").status_code == 404
    client.force_login(rep)
    Message.objects.filter(pk=message.pk).update(content_id=0)
    assert "not kept any more" in client.get(f"/messages/{message.pk}/").content.decode()


def test_the_lines_alone_are_narrowed_and_read_on_by_the_page(client, asha, rep):
    for number in range(40):
        record("form.submitted", contact=asha, data={"title": f"Form {number}"})
    Interaction.objects.filter(data__title="Form 0").update(kind="email.clicked")
    client.force_login(rep)
    first = client.get(f"/timeline/crm.contact:{asha.pk}/?show=hers&words=form").content.decode()
    assert first.count('class="happening ') == 30
    older = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert "show=hers" in older
    assert "words=form" in older
    assert client.get(older).content.decode().count('class="happening ') == 10
    nothing = client.get(f"/timeline/crm.contact:{asha.pk}/?words=zebra").content.decode()
    assert "Nothing that happened holds “zebra”." in nothing
