"""From a due row to a mail that somebody can read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.actions.consent import withdraw_consent
from crm.actions.suppressions import lift, suppress
from crm.delivery.contents import Content
from crm.delivery.eligibility import preview, why_not
from crm.delivery.queueing import Request, queue_for, queue_messages, send_one
from crm.delivery.sending import deliver
from crm.models import Contact, Interaction, Message, OutboxItem, Suppression, Topic, TrackedLink
from tests.crm.delivery.conftest import REF, agree, known, mail_to
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


def send(contacts=None, **asked):
    queue_for(contacts or Contact.objects.all(), content=REF, **{"send_key": "send:1", **asked})
    deliver("email", timezone.now())


def outcome(contact):
    return Message.objects.filter(contact=contact).values_list("status", "reason").get()


def test_a_commercial_mail_says_whose_it_is_and_how_to_leave(asha):
    send()
    mail = mail_to("asha.rao@customer.example")
    message = Message.objects.get()
    assert mail["Subject"] == "Asha, see you on Tuesday?"
    assert mail["From"].addresses[0].addr_spec == "events@tandem.example"
    assert mail["To"].addresses[0].display_name == "Asha Rao"
    assert mail["Message-ID"] == message.message_id
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<http://testserver/unsubscribe/")
    assert mail["Feedback-ID"] == "1:tests.content:tandem"
    html, text = mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content()
    for body in (html, text):
        assert "Dear Asha," in body
        assert "Northwind, Main Street 1, 1010 Vienna, AT" in body
        assert "http://testserver/unsubscribe/" in body
        assert "http://testserver/t/c/" in body
        assert "vendor.example" not in body
    assert "/t/o/" in html
    assert all(len(line) <= 76 for line in bytes(OutboxItem.objects.get().raw).split(b"\r\n\r\n", 1)[1].split(b"\r\n"))
    link = TrackedLink.objects.get()
    assert (link.url, link.label) == ("https://vendor.example/webinar?a=1&b=2", "Join the webinar")


def test_the_log_hears_of_it_by_contact(asha):
    send()
    rows = Interaction.objects.filter(contact=asha, kind__startswith="email.").order_by("id")
    assert [(row.kind, row.source_type, row.source_id, row.data["title"]) for row in rows] == [
        ("email.sent", "tests.content", 1, "Invitation"),
        ("email.delivered", "tests.content", 1, "Invitation"),
    ]


def test_values_are_escaped_and_cannot_break_a_header(asha):
    Contact.objects.update(first_name="<b>Eve\r\nBcc: all@customer.example</b>")
    send()
    mail = mail_to("asha.rao@customer.example")
    assert mail["Bcc"] is None
    assert "&lt;b&gt;Eve" in mail.get_body(("html",)).get_content()


def test_letters_beyond_ascii_arrive_in_body_and_subject(asha):
    known[1, 1] = Content(
        "Gruß", subject="Grüße, {{ contact.first_name }} – 你好", html="<p>Grüße {{ contact.first_name }}</p>"
    )
    Contact.objects.update(first_name="Jürgen")
    send()
    mail = mail_to("asha.rao@customer.example")
    assert mail["Subject"] == "Grüße, Jürgen – 你好"
    assert "Grüße Jürgen" in mail.get_body(("html",)).get_content()
    assert "Grüße Jürgen" in mail.get_body(("plain",)).get_content()


def test_conditions_and_loops_are_rendered_for_each_person(asha):
    known[1, 1] = Content(
        "Agenda",
        subject="Agenda",
        html="{% if contact.country == 'IN' %}Namaste{% else %}Hello{% endif %}"
        '{% for talk in talks %}<li>{{ talk.title }}</li>{% endfor %}<a href="https://vendor.example/x">x</a>',
        variables=frozenset({"talks"}),
    )
    queue_messages([Request(asha.pk, "s", {"talks": [{"title": "A & B"}]})], content=REF)
    deliver("email", timezone.now())
    html = mail_to("asha.rao@customer.example").get_body(("html",)).get_content()
    assert "Namaste<li>A &amp; B</li>" in html
    assert "/t/c/" in html
    assert "/unsubscribe/" in html


def test_who_did_not_agree_gets_nothing_and_the_row_says_why(asha):
    silent, gone, deleted = ContactFactory(), ContactFactory(), ContactFactory()
    agree(gone, deleted)
    withdraw_consent(gone.email, source="Test")
    Contact.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    send()
    assert outcome(asha) == ("sent", "")
    assert outcome(silent) == ("not_sent", "There is no consent to commercial messages.")
    assert outcome(gone) == ("not_sent", "Consent was withdrawn.")
    assert outcome(deleted) == ("not_sent", "The contact is in the bin.")
    assert OutboxItem.objects.count() == 1


def test_consent_is_asked_at_the_moment_of_sending_not_of_queueing(asha):
    queue_for(Contact.objects.all(), content=REF, send_key="send:1")
    withdraw_consent(asha.email, source="Test")
    deliver("email", timezone.now())
    assert outcome(asha) == ("not_sent", "Consent was withdrawn.")


def test_a_transactional_mail_needs_no_consent_but_an_address_in_force(company, sender):
    ready, bounced = ContactFactory(), ContactFactory()
    suppression = suppress(bounced.email, cause=Suppression.Cause.BOUNCE, reason="550")
    send(purpose="transactional")
    assert outcome(ready) == ("sent", "")
    assert outcome(bounced) == ("not_sent", "The address bounced before.")
    assert mail_to(ready.email)["List-Unsubscribe"] is None
    lift(suppression, reason="She has a new mailbox", by=None)
    send(Contact.objects.filter(pk=bounced.pk), purpose="transactional", send_key="send:2")
    assert Message.objects.get(send_key="send:2").status == "sent"


def test_who_left_the_topic_gets_the_others(asha):
    events, news = Topic.objects.create(name="Events"), Topic.objects.create(name="News")
    withdraw_consent(asha.email, topic=events, source="Test")
    assert why_not(asha, topic=events) == "The person left this topic."
    assert why_not(asha, topic=news) == ""
    send(topic=events)
    assert outcome(asha) == ("not_sent", "The person left this topic.")


def test_a_message_that_expired_while_waiting_is_not_sent(asha):
    send(expires_at=timezone.now() - timedelta(minutes=1))
    assert outcome(asha)[0] == "not_sent"


def test_the_count_before_a_send_names_every_reason(asha):
    ContactFactory(email="")
    ContactFactory(email="ASHA.rao@customer.example")
    ContactFactory()
    suppressed = ContactFactory()
    suppress(suppressed.email, cause=Suppression.Cause.COMPLAINT)
    audience = preview(Contact.objects.all())
    assert (audience.total, audience.will_get) == (5, 1)
    assert dict(audience.left_out) == {
        "There is no email address.": 1,
        "There is no consent to commercial messages.": 1,
        "The person complained before.": 1,
        "The address is shared with somebody who gets it.": 1,
    }


def test_content_that_is_gone_is_said_and_does_not_stop_the_others(asha):
    queue_for(Contact.objects.all(), content=("tests.content", 9, 1), send_key="gone")
    send()
    lost = Message.objects.get(send_key="gone")
    assert (lost.status, lost.reason) == ("failed", "It could not be written: the content no longer exists.")
    assert Message.objects.get(send_key="send:1").status == "sent"


def test_a_claim_without_a_heartbeat_is_free_again_and_a_late_result_changes_nothing(asha):
    from crm import jobs
    from crm.delivery.claiming import claim_due
    from crm.delivery.providers import Outcome, Result
    from crm.delivery.results import store

    queue_for(Contact.objects.all(), content=REF, send_key="send:1")
    now, dead = timezone.now(), jobs.new_claim()
    assert claim_due("email", dead, 10, now, title_of=str) == 1
    assert claim_due("email", jobs.new_claim(), 10, now + timedelta(seconds=14), title_of=str) == 0
    heir = jobs.new_claim()
    assert claim_due("email", heir, 10, now + timedelta(seconds=16), title_of=str) == 1
    message = Message.objects.get()
    store(dead, [Outcome(message.pk, Result.REFUSED, "too late")], str, "email", now)
    assert Message.objects.get().status == "due"
    store(heir, [Outcome(message.pk, Result.SENT)], str, "email", now)
    assert Message.objects.get().status == "sent"


def test_an_sms_lands_in_the_outbox_with_a_tracked_link(company, sender):
    from crm.delivery.queueing import queue_for

    contact = ContactFactory(mobile="+91 98765 43210")
    known[2, 1] = Content("Reminder", text="Hi {{ contact.first_name }}, today: https://vendor.example/room")
    queue_for(
        Contact.objects.all(), content=("tests.content", 2, 1), send_key="s", channel="sms", purpose="transactional"
    )
    deliver("sms", timezone.now())
    item = OutboxItem.objects.get()
    assert (item.channel, item.to) == ("sms", "+919876543210")
    assert bytes(item.raw).decode().startswith("Hi Asha, today: http://testserver/t/c/")
    assert Interaction.objects.get(contact=contact).kind == "sms.sent"


def test_nothing_is_asked_of_the_database_per_message(asha, django_assert_max_num_queries):
    more = Contact.objects.bulk_create(ContactFactory.build() for _ in range(90))
    agree(*more)
    queue_for(Contact.objects.all(), content=REF, send_key="send:1")
    with django_assert_max_num_queries(60):
        assert deliver("email", timezone.now()) == 91
    assert Message.objects.filter(status="sent").count() == 91


def test_a_letter_that_is_commercial_says_how_to_leave(asha):
    send_one(to=asha.email, subject="Offer", text="Look", contact=asha, purpose="commercial")
    deliver("email", timezone.now())
    mail = mail_to("asha.rao@customer.example")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Vienna" in mail.get_body(("plain",)).get_content()
