"""An email from a record: to whom it goes, what it says, when, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.actions.attachments import attach_file, attachments_of
from crm.actions.consent import contact_point, withdraw_consent
from crm.actions.letters import MOST_BYTES, send_at, take_back, write_letter
from crm.actions.suppressions import suppress
from crm.errors import Invalid, NotAllowed
from crm.log.recording import record
from crm.models import Activity, Company, Interaction, Letter, Message, Notification, OutboxItem, Suppression
from crm.queries.letters import results_of, usage_of
from crm.queries.timeline import timeline_of
from crm.zones import next_morning, zone_of
from tests.factories.crm import ContactFactory
from tests.factories.deals import OpportunityFactory
from tests.factories.letters import EmailTemplateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="asha@northwind.example", country="IN", owner=rep)


def write(rep, to, **more):
    facts = {
        "subject": "Your offer",
        "html": "<p>Dear Asha, <a href='https://vendor.example/offer'>here</a> it is.</p>",
    }
    return write_letter(by=rep, to=to, **{**facts, **more})


def mails():
    return [message_from_bytes(bytes(item.raw), policy=policy.default) for item in OutboxItem.objects.order_by("pk")]


def test_it_goes_out_from_the_reps_own_address_and_stands_on_the_timeline(rep, asha, run_jobs):
    deal = OpportunityFactory(topic="Turbines", contact=asha, owner=rep)
    activity = write(rep, asha, regarding=deal)
    assert activity.status == Activity.Status.WAITING
    run_jobs()
    (mail,) = mails()
    assert mail["From"].addresses[0].addr_spec == rep.email
    assert mail["From"].addresses[0].display_name == rep.name
    assert mail["To"].addresses[0].addr_spec == "asha@northwind.example"
    activity.refresh_from_db()
    assert activity.status == Activity.Status.DONE
    assert activity.regarding == deal
    line = timeline_of(deal, rep).happenings[0]
    assert line.title == "Your offer"
    assert line.facts == ["Delivered", "Not opened yet"]
    assert line.message == Message.objects.get().pk
    assert Interaction.objects.filter(kind="activity.done", contact=asha).count() == 1
    assert not Interaction.objects.filter(kind="email.sent").exists()


def test_opens_clicks_and_answers_are_seen_but_not_those_of_machines(rep, asha, run_jobs, client):
    activity = write(rep, asha)
    run_jobs()
    html = mails()[0].get_body(("html",)).get_content()
    click = html.split('href="http://testserver')[1].split('"')[0]
    assert client.get(click).url == "https://vendor.example/offer"
    message = Message.objects.get()
    record("email.opened", contact=asha, message=message, verdict="human")
    record("email.opened", contact=asha, message=message, verdict="prefetch")
    Interaction.objects.filter(kind="email.clicked").update(verdict="human")
    result = results_of([activity.pk])[activity.pk]
    assert (result.opens, result.clicks) == (1, 1)
    assert result.facts[0] == "Delivered"
    assert result.facts[1].startswith("Opened once, last ")
    assert result.facts[2] == "Clicked once"


def test_who_objects_to_being_watched_gets_the_links_as_they_are(rep, asha, run_jobs):
    withdraw_consent(contact_point(asha.email), purpose="tracking", source="Preferences page")
    write(rep, asha)
    run_jobs()
    html = mails()[0].get_body(("html",)).get_content()
    assert 'href="https://vendor.example/offer"' in html
    assert "/t/o/" not in html


def test_copies_are_told_in_the_head_and_hidden_ones_are_not(rep, asha, run_jobs):
    tom = ContactFactory(first_name="Tom", last_name="Berg", email="tom@berg.example", owner=rep)
    activity = write(rep, asha, cc="Tom <tom@berg.example>; boss@northwind.example", bcc="me@tandem.example")
    run_jobs()
    sent = mails()
    assert len(sent) == 4
    assert len({mail["Message-ID"] for mail in sent}) == 1
    for mail in sent:
        assert [a.addr_spec for a in mail["To"].addresses] == ["asha@northwind.example"]
        assert [a.addr_spec for a in mail["Cc"].addresses] == ["tom@berg.example", "boss@northwind.example"]
        assert "me@tandem.example" not in mail.as_string()
    assert set(Message.objects.values_list("contact", flat=True)) == {asha.pk, tom.pk, None}
    assert results_of([activity.pk])[activity.pk].is_sent


def test_files_of_the_computer_and_of_the_record_go_along(rep, asha, run_jobs):
    known = attach_file(asha, SimpleUploadedFile("plan.txt", b"The plan"), by=rep)
    activity = write(rep, asha, uploads=[SimpleUploadedFile("offer.txt", b"The offer")], files=[known])
    run_jobs()
    found = {part.get_filename(): part.get_content() for part in mails()[0].iter_attachments()}
    assert {name: text.strip() for name, text in found.items()} == {"offer.txt": "The offer", "plan.txt": "The plan"}
    assert attachments_of(activity).count() == 2


def test_tokens_are_filled_and_an_unknown_one_is_told_at_its_place(rep, asha, run_jobs):
    deal = OpportunityFactory(topic="Turbines", contact=asha, owner=rep)
    write(rep, asha, regarding=deal, subject="{{ opportunity.topic }}", html="<p>Dear {{ contact.first_name }}</p>")
    run_jobs()
    assert mails()[0]["Subject"] == "Turbines"
    assert "Dear Asha" in mails()[0].get_body(("plain",)).get_content()
    with pytest.raises(
        Invalid, match=r"Nothing is known as “contact\.fist_name”\. Did you mean “contact\.first_name”"
    ) as told:
        write(rep, asha, html="<p>{{ contact.fist_name }}</p>")
    assert told.value.field == "html"
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"subject": " "}, "subject", "Write a subject"),
        ({"html": "<p> </p><script>alert(1)</script>"}, "html", "Write what you want to say"),
        ({"cc": "tom@@berg"}, "cc", "“tom@@berg” is no email address"),
        ({"bcc": "nobody"}, "bcc", "“nobody” is no email address"),
        ({"cc": ", ".join(f"p{n}@x.example" for n in range(25))}, "cc", "at most 20 people"),
        ({"uploads": [SimpleUploadedFile("virus.pdf", b"MZ\0\0program")]}, "files", "its content is a program"),
        ({"uploads": [SimpleUploadedFile("big.txt", b"x" * (MOST_BYTES + 1))]}, "files", "mail servers take 20 MB"),
    ],
)
def test_what_cannot_be_sent_is_told_at_its_field_and_nothing_is_kept(rep, asha, more, field, said):
    with pytest.raises(Invalid, match=said) as told:
        write(rep, asha, **more)
    assert told.value.field == field
    assert not Activity.objects.exists()
    assert not Message.objects.exists()


def test_nobody_is_written_to_who_has_no_address_or_must_not_be(rep, asha):
    mute = ContactFactory(email="", owner=rep)
    with pytest.raises(Invalid, match="has no email address"):
        write(rep, mute)
    suppress(asha.email, channel="email", cause=Suppression.Cause.COMPLAINT, reason="spam")
    with pytest.raises(Invalid, match="Asha Rao cannot be written to: The person complained before"):
        write(rep, asha)


def test_one_that_waits_can_be_taken_back_hurried_and_replaced(rep, asha, run_jobs):
    tomorrow = timezone.now() + timedelta(days=1)
    taken, hurried, old = (write(rep, asha, due_at=tomorrow, subject=s) for s in ("Taken", "Hurried", "Old"))
    take_back(taken, by=rep)
    send_at(hurried, None)
    write(rep, asha, due_at=tomorrow, subject="New", instead_of=old)
    run_jobs()
    assert [mail["Subject"] for mail in mails()] == ["Hurried"]
    assert Activity.objects.get(pk=taken.pk).outcome == "Not sent: taken back"
    run_jobs(later=timedelta(days=1, minutes=1))
    assert [mail["Subject"] for mail in mails()] == ["Hurried", "New"]
    with pytest.raises(NotAllowed, match="is not waiting to be sent"):
        take_back(hurried, by=rep)


def test_one_that_waits_is_nobodys_work_and_falls_with_its_activity(rep, asha, run_jobs):
    activity = write(rep, asha, due_at=timezone.now() + timedelta(hours=1))
    assert timeline_of(asha, rep).open[0].facts[0].startswith("Goes out ")
    Activity.objects.filter(pk=activity.pk).update(deleted_at=timezone.now())
    run_jobs(later=timedelta(hours=2))
    assert not OutboxItem.objects.exists()
    assert Message.objects.get().status == Message.Status.FAILED


def test_the_writer_hears_that_it_did_not_go_out(rep, asha, run_jobs):
    activity = write(rep, asha, due_at=timezone.now() + timedelta(hours=1))
    suppress(asha.email, channel="email", cause=Suppression.Cause.BOUNCE, reason="no such user")
    run_jobs(later=timedelta(hours=2))
    activity.refresh_from_db()
    assert activity.status == Activity.Status.CANCELLED
    assert activity.outcome == "Not sent: asha@northwind.example: The address bounced before."
    note = Notification.objects.get(user=rep)
    assert note.text.startswith("Your email “Your offer” was not sent to asha@northwind.example")
    assert note.url == activity.get_absolute_url()


def test_the_morning_is_that_of_the_reader(rep):
    Company.objects.create(pk=1, name="Northwind", time_zone="Europe/Vienna")
    with time_machine.travel(datetime(2031, 3, 7, 12, 0, tzinfo=UTC), tick=False):  # a Friday
        now = timezone.now()
        assert next_morning("Asia/Kolkata", now) == datetime(2031, 3, 10, 3, 0, tzinfo=UTC)
        assert next_morning("America/New_York", now) == datetime(2031, 3, 7, 13, 30, tzinfo=UTC)
        # daylight saving begins there on Sunday, the 9th: half past eight is an hour earlier in UTC on Monday
        assert next_morning("America/New_York", now + timedelta(hours=6)) == datetime(2031, 3, 10, 12, 30, tzinfo=UTC)
    assert zone_of(ContactFactory(time_zone="Asia/Tokyo", country="IN")).name == "Asia/Tokyo"
    assert zone_of(ContactFactory(country="IN")).name == "Asia/Kolkata"
    assert zone_of(ContactFactory(country="US")).name == "America/New_York"
    unknown = zone_of(ContactFactory(country=""))
    assert (unknown.name, unknown.why) == ("Europe/Vienna", "our company's, for theirs is not known")


def test_a_templates_files_go_along_and_its_use_is_counted(rep, asha, run_jobs):
    template = EmailTemplateFactory(owner=rep)
    attach_file(template, SimpleUploadedFile("terms.txt", b"Terms"), by=rep)
    for _ in range(2):
        write(rep, asha, template=template)
    write(rep, asha, template=template, due_at=timezone.now() + timedelta(days=1))
    run_jobs()
    assert [part.get_filename() for part in mails()[0].iter_attachments()] == ["terms.txt"]
    record("email.opened", contact=asha, message=Message.objects.order_by("pk").first(), verdict="human")
    record("email.opened", contact=asha, message=Message.objects.order_by("pk").first(), verdict="human")
    usage = usage_of([template])[template.pk]
    assert (usage.sent, usage.opened, usage.clicked) == (2, 1, 0)
    assert usage.opened_share == "50 %"


def test_the_pages_emails_cost_no_more_queries_than_one(rep, asha, run_jobs, django_assert_num_queries):
    activities = [write(rep, asha).pk for _ in range(5)]
    run_jobs()
    with django_assert_num_queries(3):
        results_of(activities)
