"""A sender's own mail server is no way into the operator's network: not when it is saved, not when it is connected to."""

import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.urls import reverse
from django.utils import timezone

from crm.delivery.carriers import carrier_of, keep_server, server_of
from crm.delivery.providers import forget_providers
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.models import Contact, Lane, Message
from tests.crm.delivery.conftest import REF, Inbox, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_server(sender):
    """A mail server on 127.0.0.1; answers (port, inbox)."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, inbox
    sender.refresh_from_db()
    carrier_of("email", sender).close()
    controller.stop()
    forget_providers()


def posted(client, sender, url):
    page = reverse("admin:crm_sender_change", args=[sender.pk])
    return client.post(page, {"name": sender.name, "email": sender.email, "is_default": "on", "smtp_url": url})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.7", "169.254.169.254", "[::1]", "[::ffff:10.0.0.7]"]
)
def test_an_address_of_the_own_network_is_refused_at_its_field(client, administrator, sender, host):
    client.force_login(administrator)
    answer = posted(client, sender, f"smtp://{host}:25")
    form = answer.context["adminform"].form
    assert "of this installation's own network" in form.errors["smtp_url"][0]
    assert "OUTBOUND_ALLOW" in form.errors["smtp_url"][0]
    sender.refresh_from_db()
    assert sender.sealed_smtp_url == ""


def test_what_the_operator_allows_is_saved_and_used(client, administrator, asha, sender, own_server, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    port, inbox = own_server
    client.force_login(administrator)
    assert posted(client, sender, f"smtp://127.0.0.1:{port}").status_code == 302
    sender.refresh_from_db()
    assert server_of(sender) == f"127.0.0.1:{port}"
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    assert [to for to, _ in inbox.mails] == [asha.email.lower()]


def test_what_is_no_longer_allowed_is_not_connected_to_and_the_mail_waits(asha, sender, own_server, settings):
    settings.OUTBOUND_ALLOW = ["localhost"]
    port, inbox = own_server
    keep_server(sender, f"smtp://localhost:{port}")
    sender.save()
    settings.OUTBOUND_ALLOW = []
    now = timezone.now()
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", now)
    assert inbox.mails == []
    assert Message.objects.get().status == "due"
    assert "localhost is an address of this installation's own network" in Lane.objects.get().reason
    settings.OUTBOUND_ALLOW = ["localhost"]
    deliver("email", now + timedelta(minutes=10))
    assert len(inbox.mails) == 1


def test_a_name_that_answers_otherwise_the_second_time_is_reached_where_it_was_judged(
    asha, sender, own_server, settings, monkeypatch
):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    port, inbox = own_server
    asked, real = [], socket.getaddrinfo

    def shifty(host, *args, **kwargs):
        if host != "shifty.example":
            return real(host, *args, **kwargs)
        asked.append(host)
        return real("127.0.0.1" if len(asked) <= 2 else "127.0.0.9", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", shifty)
    keep_server(sender, f"smtp://shifty.example:{port}")
    sender.save()
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    assert (len(inbox.mails), len(asked)) == (1, 2)  # saved, connected to


def test_the_operators_own_mail_server_may_stand_anywhere(asha, smtp):
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    assert len(smtp.mails) == 1
