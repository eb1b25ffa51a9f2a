"""Asking for messages."""

import pytest
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from crm.delivery.queueing import Attachment, Request, cancel, queue_for, queue_messages, queue_test, send_one
from crm.errors import Invalid
from crm.models import Contact, Message, OutboxItem
from tests.crm.delivery.conftest import REF, mail_to
from tests.factories.crm import CampaignFactory, ContactFactory

pytestmark = pytest.mark.django_db


def test_one_statement_makes_a_row_for_each_contact_and_twice_is_once(company, sender):
    contacts = [ContactFactory() for _ in range(3)]
    campaign = CampaignFactory()
    ask = {"content": REF, "send_key": "send:1", "campaign": campaign, "variables": {"join_url": "https://x.example"}}
    assert queue_for(Contact.objects.all(), **ask) == 3
    assert queue_for(Contact.objects.all(), **ask) == 0
    message = Message.objects.get(contact=contacts[0])
    assert message.key == f"send:1:email:{contacts[0].pk}"
    assert (message.address, message.campaign, message.status) == (contacts[0].email, campaign, "due")
    assert message.variables == {"join_url": "https://x.example"}
    assert len(set(Message.objects.values_list("message_id", flat=True))) == 3
    assert message.message_id.endswith("@tandem.example>")


@pytest.mark.parametrize("people", [1, 1000])
def test_queueing_costs_the_same_queries_for_one_and_for_a_thousand(people, django_assert_max_num_queries, sender):
    Contact.objects.bulk_create(ContactFactory.build() for _ in range(people))
    with django_assert_max_num_queries(6):
        assert queue_for(Contact.objects.all(), content=REF, send_key="send:1") == people


def test_the_send_key_may_be_an_expression_over_the_contacts(asha):
    key = Concat(Value("visit:"), Cast(F("pk"), CharField()), output_field=CharField())
    assert queue_for(Contact.objects.all(), content=REF, send_key=key) == 1
    assert Message.objects.get().send_key == f"visit:{asha.pk}"


def test_an_address_gets_one_message_per_send_and_the_first_contact_has_it(company):
    first = ContactFactory(email="both@customer.example")
    ContactFactory(email="BOTH@customer.example")
    assert queue_for(Contact.objects.order_by("-pk"), content=REF, send_key="send:1") == 1
    assert Message.objects.get().contact == first


def test_people_without_an_address_get_a_row_that_says_so(run_jobs):
    ContactFactory(email="")
    ContactFactory(email="")
    assert queue_for(Contact.objects.all(), content=REF, send_key="send:1") == 2
    run_jobs()
    said = set(Message.objects.values_list("status", "reason"))
    assert said == {("not_sent", "There is no email address.")}


def test_messages_may_bring_facts_of_their_own(asha, run_jobs):
    wanted = [Request(asha.pk, "visit:7", {"join_url": "https://x.example/1"})]
    assert queue_messages(wanted, content=REF) == 1
    assert queue_messages(wanted, content=REF) == 0
    assert Message.objects.get().variables == {"join_url": "https://x.example/1"}


def test_a_letter_carries_its_files_and_its_braces(asha, run_jobs):
    calendar = Attachment("demo.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    letter = send_one(
        to=asha.email, subject="Your démo", text="Hello {{ you }}", contact=asha, attachments=[calendar], key="demo:1"
    )
    assert send_one(to=asha.email, subject="Again", text="", key="demo:1") == letter
    run_jobs()
    mail = mail_to("asha.rao@customer.example")
    assert mail["Subject"] == "Your démo"
    assert mail.get_body(("plain",)).get_content().strip() == "Hello {{ you }}"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_param("method")) == (
        "demo.ics",
        "text/calendar",
        "REQUEST",
    )


@pytest.mark.parametrize(
    "to", ["nobody", "a@b.example\nBcc: all@x.example", "a b@x.example", f"{'a' * 254}@b.example", "a@b.example\x00"]
)
def test_a_letter_or_a_test_to_nowhere_is_refused_at_once_at_its_field(db, to):
    for ask in (lambda: send_one(to=to, subject="x", text="x"), lambda: queue_test(REF, to=to)):
        with pytest.raises(Invalid, match="is no address") as refused:
            ask()
        assert refused.value.field == "to"
    assert not Message.objects.exists()


def test_a_test_message_shows_somebody_and_counts_for_nobody(asha, run_jobs, client):
    queue_test(REF, to="mia@tandem.example", as_contact=asha)
    run_jobs()
    assert mail_to("mia@tandem.example")["Subject"] == "Asha, see you on Tuesday?"
    assert not asha.interactions.filter(kind__startswith="email.").exists()


def test_what_is_cancelled_before_its_turn_stays_unsent_with_the_reason(asha, run_jobs):
    queue_for(Contact.objects.all(), content=REF, send_key="send:1")
    assert cancel(Message.objects.all(), "The journey was stopped.") == 1
    run_jobs()
    assert Message.objects.values_list("status", "reason").get() == ("cancelled", "The journey was stopped.")
    assert not OutboxItem.objects.exists()


def test_a_password_mail_of_django_goes_through_delivery(company, run_jobs):
    from django.core.mail import send_mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="crm.delivery.django_mail.DeliveryBackend"):
        send_mail(
            "Reset your password", "Here: https://x.example", None, ["rita@tandem.example"], html_message="<p>Here</p>"
        )
    run_jobs()
    mail = mail_to("rita@tandem.example")
    assert mail["From"].addresses[0].addr_spec == "hello@tandem.example"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Here</p>"
