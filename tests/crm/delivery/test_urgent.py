"""What somebody waits for goes before what is sent to many, and neither keeps the other waiting for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.actions.suppressions import suppress
from crm.delivery.claiming import claim_due
from crm.delivery.contents import Content
from crm.delivery.packing import claimed
from crm.delivery.queueing import queue_for, send_one
from crm.delivery.sending import deliver
from crm.delivery.singles import queue_one
from crm.models import Contact, Message, Suppression
from tests.crm.delivery.conftest import REF, agree, known, mail_to
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(asha):
    """Fifty commercial mails that have been due for an hour."""
    more = Contact.objects.bulk_create(ContactFactory.build() for _ in range(49))
    agree(*more)
    queue_for(Contact.objects.all(), content=REF, send_key="send:1", due_at=timezone.now() - timedelta(hours=1))


def taken(size):
    claim_due("email", "me", size, timezone.now(), title_of=lambda ref: "")
    return claimed("me")


def wait_for_it(contact, key="api:1", **asked):
    return queue_one(contact, content=REF, key=key, purpose="transactional", **asked)


def test_a_mail_that_somebody_waits_for_is_in_the_first_claim_and_first_in_it(crowd, asha):
    message = wait_for_it(asha)
    batch = taken(10)
    assert batch[0] == message
    assert [one.send_key for one in batch[1:]] == ["send:1"] * 9


def test_the_large_send_goes_on_beside_those_that_somebody_waits_for(crowd, asha):
    for number in range(8):
        wait_for_it(asha, key=f"api:{number}")
    assert sum(one.send_key == "send:1" for one in taken(10)) == 2


def test_a_letter_that_a_person_wrote_goes_before_the_large_send_too(crowd):
    letter = send_one(to="guest@customer.example", subject="See you at nine", text="In room 4.")
    assert taken(3)[0] == letter


def test_a_suppressed_address_is_told_at_once_and_no_worker_is_asked(asha):
    suppress(asha.email_normal, cause=Suppression.Cause.BOUNCE, reason="550")
    message = wait_for_it(asha)
    message.refresh_from_db()
    assert (message.status, message.reason) == ("not_sent", "The address bounced before.")
    assert deliver("email", timezone.now()) == 0


def test_a_message_brings_its_own_reply_address_and_language(asha, sender):
    known[7, 1] = Content(
        "Order",
        subject="Your order",
        text="Thank you",
        variants={"de": Content("Order", "Ihre Bestellung", text="Danke")},
    )
    queue_one(asha, content=("tests.content", 7, 1), key="api:de", purpose="transactional",
              variables={"reply_to": "shop@northwind.example", "language": "de"})  # fmt: skip
    deliver("email", timezone.now())
    mail = mail_to("asha.rao@customer.example")
    assert (mail["Subject"], mail["Reply-To"]) == ("Ihre Bestellung", "shop@northwind.example")


def test_two_messages_of_one_run_keep_their_own_reply_addresses(asha, sender):
    other = ContactFactory(email="ben@customer.example")
    sender.reply_to = "events@northwind.example"
    sender.save()
    wait_for_it(asha, key="api:a", variables={"reply_to": "shop@northwind.example"}, sender=sender)
    wait_for_it(other, key="api:b", sender=sender)
    deliver("email", timezone.now())
    assert mail_to("asha.rao@customer.example")["Reply-To"] == "shop@northwind.example"
    assert mail_to("ben@customer.example")["Reply-To"] == "events@northwind.example"


def test_values_of_a_message_may_be_nested_and_a_zero_is_a_value(asha):
    known[8, 1] = Content("Order", subject="Order", text="{{ data.address.city }}: {{ data.points | default: 'none' }} points", variables=frozenset({"data"}))  # fmt: skip
    values = {"data": {"address": {"city": "Graz"}, "points": 0}}
    queue_one(asha, content=("tests.content", 8, 1), key="api:0", purpose="transactional", variables=values)
    deliver("email", timezone.now())
    assert mail_to("asha.rao@customer.example").get_content().strip() == "Graz: 0 points"
    assert Message.objects.get().status == "sent"
