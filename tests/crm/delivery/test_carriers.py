"""SMS by HTTP, the guard around calls to the outside, and what a killed sender had noted."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import override_settings
from django.utils import timezone

from crm import jobs
from crm.delivery.claiming import claim_due
from crm.delivery.contents import Content
from crm.delivery.notes import Notes, noted
from crm.delivery.providers import Outcome, Result, forget_providers
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.errors import ProviderError
from crm.integrations import gateway
from crm.models import Contact, Interaction, Message
from tests.crm.delivery.conftest import REF, known
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


class Gateway(BaseHTTPRequestHandler):
    """An SMS gateway: keeps what was posted, answers as told."""

    posts: list = []
    status = 201

    def do_POST(self):
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.posts.append((self.headers["Authorization"], self.headers["Idempotency-Key"], body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"SM123")

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def sms(company, sender):
    Gateway.posts, Gateway.status = [], 201
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://me:secret@127.0.0.1:{server.server_port}/send?fields=to:To,text:Body,from:From"
    known[2, 1] = Content("Reminder", text="Hi {{ contact.first_name }}")
    ContactFactory(first_name="Asha", mobile="+91 98765 43210")
    queue_for(
        Contact.objects.all(), content=("tests.content", 2, 1), send_key="s", channel="sms", purpose="transactional"
    )
    with override_settings(DELIVERY={"sms": {"BACKEND": "crm.integrations.http_sms.HttpSms", "OPTIONS": {"url": url}}}):
        yield Gateway
    server.shutdown()
    thread.join()
    server.server_close()
    forget_providers()


@override_settings(OUTBOUND_ALLOW=["127.0.0.1"])
def test_an_sms_is_posted_once_with_a_key(sms):
    deliver("sms", timezone.now())
    ((auth, key, body),) = sms.posts
    message = Message.objects.get()
    assert auth.startswith("Basic ")
    assert key == message.message_id.strip("<>")
    assert body == {"To": ["+919876543210"], "Body": ["Hi Asha"]}
    assert (message.status, message.provider_ref) == ("sent", "SM123")


@override_settings(OUTBOUND_ALLOW=["127.0.0.1"])
def test_a_refusal_of_the_gateway_is_kept_in_words(sms):
    sms.status = 400
    deliver("sms", timezone.now())
    assert Message.objects.values_list("status", "reason").get() == ("failed", "The SMS gateway said: 400 SM123")


def test_the_own_network_is_not_called_unasked(sms):
    deliver("sms", timezone.now())
    assert sms.posts == []
    assert "name it in OUTBOUND_ALLOW" in Message.objects.get().reason


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
def test_addresses_of_the_own_network_are_refused(host):
    with pytest.raises(ProviderError, match="OUTBOUND_ALLOW"):
        gateway.post(f"http://{host}:1/")


def test_what_a_killed_sender_had_noted_is_stored_and_not_sent_again(asha):
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    now, dead = timezone.now(), jobs.new_claim()
    claim_due("email", dead, 10, now, title_of=str)
    notes = Notes(dead)
    notes.note(Outcome(Message.objects.get().pk, Result.SENT, ref="250 queued"))
    jobs.release(dead)
    assert len(noted(dead)) == 1
    deliver("email", now)
    message = Message.objects.get()
    assert (message.status, message.provider_ref) == ("sent", "250 queued")
    assert not message.outbox_items.exists()
    assert Interaction.objects.filter(kind="email.sent").count() == 1
    notes.close()


def test_a_carrier_that_must_not_repeat_marks_a_dead_claim_as_unknown(asha):
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    now, dead = timezone.now(), jobs.new_claim()
    claim_due("email", dead, 10, now, title_of=str)
    jobs.release(dead)
    claim_due("email", jobs.new_claim(), 10, now, title_of=str, repeats_safely=False)
    assert Message.objects.get().status == "unknown"
