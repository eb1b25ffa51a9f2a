"""Mail by SMTP, read by a real server on loopback."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from crm.delivery.checks import check_delivery
from crm.delivery.providers import Parcel, Result, forget_providers
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.integrations.smtp_server import Server
from crm.integrations.smtp_wire import Closed, Wire
from crm.models import Contact, Interaction, Message, Suppression
from tests.crm.delivery.conftest import REF, agree
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


def test_the_mail_arrives_whole_and_its_one_click_unsubscribes(asha, smtp, client):
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    ((to, mail),) = smtp.mails
    message = Message.objects.get()
    assert (to, message.status, message.reason) == ("asha.rao@customer.example", "sent", "")
    assert mail["Message-ID"] == message.message_id
    address = mail["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    assert client.get(address).status_code == 200
    assert Wants(asha).commercial
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Wants(asha).commercial


class Wants:
    def __init__(self, contact):
        from crm.delivery.eligibility import why_not

        self.commercial = why_not(contact) == ""


@pytest.mark.parametrize("smtp", [True, False], indirect=True, ids=["pipelined", "one by one"])
def test_a_hundred_mails_go_over_kept_connections(asha, smtp):
    more = Contact.objects.bulk_create(ContactFactory.build() for _ in range(120))
    agree(*more)
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    assert deliver("email", timezone.now()) == 121
    assert len({to for to, _ in smtp.mails}) == 121
    assert Message.objects.filter(status="sent").count() == 121


def test_no_such_address_is_a_bounce_and_is_not_written_to_again(asha, smtp):
    smtp.refuse[asha.email.lower()] = "550 5.1.1 No such user"
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    message = Message.objects.get()
    assert (message.status, message.reason) == ("failed", "The mail server said: 550 5.1.1 No such user")
    assert Suppression.objects.get().cause == "bounce"
    assert Interaction.objects.get(kind="email.bounced").contact == asha
    assert not Interaction.objects.filter(kind="email.sent").exists()


def test_a_temporary_refusal_is_tried_again_later(asha, smtp):
    smtp.refuse[asha.email.lower()] = "451 4.7.1 Greylisted"
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    now = timezone.now()
    deliver("email", now)
    message = Message.objects.get()
    assert (message.status, message.attempts) == ("due", 1)
    assert message.due_at > now
    smtp.refuse.clear()
    deliver("email", now + timedelta(minutes=2))
    assert Message.objects.get().status == "sent"
    assert smtp.mails[0][1]["Message-ID"] == message.message_id


@pytest.mark.parametrize("smtp", [True, False], indirect=True, ids=["pipelined", "one by one"])
def test_one_refused_reader_does_not_hold_up_the_others(asha, smtp):
    others = [ContactFactory() for _ in range(5)]
    agree(*others)
    smtp.refuse[others[2].email] = "550 5.7.1 Not here"
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    assert len(smtp.mails) == 5
    assert Message.objects.get(contact=others[2]).status == "failed"
    assert not Suppression.objects.exists()


def test_a_server_that_is_away_costs_time_and_no_mail(asha):
    forget_providers()
    away = {"email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": "smtp://127.0.0.1:1"}}}
    with override_settings(DELIVERY=away):
        queue_for(Contact.objects.all(), content=REF, send_key="s")
        deliver("email", timezone.now())
    message = Message.objects.get()
    assert (message.status, message.claim, message.attempts) == ("due", None, 1)
    assert "127.0.0.1:1 cannot be reached" in message.reason


class Script:
    """A server's side of a pipelined conversation, in replies."""

    def __init__(self, *replies: str) -> None:
        self.replies, self.heard = [*replies], b""
        self.sock = self

    def has_extn(self, name: str) -> bool:
        return name == "pipelining"

    def sendall(self, data: bytes) -> None:
        self.heard += data

    def recv(self, size: int) -> bytes:
        return f"{self.replies.pop(0)}\r\n".encode() if self.replies else b""


def carried(script: Script, *parcels: Parcel):
    waiting, outcomes = iter(parcels), []
    Wire(script).carry(lambda: next(waiting, None), outcomes.append)
    return outcomes


def parcel(number: int, to: str = "") -> Parcel:
    return Parcel(number, to or f"p{number}@x.example", "us@y.example", "", b"Subject: x\r\n\r\n.dot\r\n", "<k>")


def test_a_server_that_refuses_the_reader_and_still_wants_a_message_gets_a_lone_dot():
    script = Script("250 ok", "550 5.1.1 who", "354 go", "554 none", "250 ok", "250 ok", "354 go", "250 queued")
    first, second = carried(script, parcel(1), parcel(2))
    assert (first.result, second.result) == (Result.BOUNCED, Result.SENT)
    assert b"DATA\r\n.\r\nMAIL FROM:<us@y.example>\r\nRCPT TO:<p2@x.example>\r\nDATA\r\n" in script.heard
    assert script.heard.endswith(b"Subject: x\r\n\r\n..dot\r\n.\r\n")


def test_a_server_that_refuses_data_is_reset_before_the_next():
    script = Script("250 ok", "550 5.7.1 no", "503 no reader", "250 reset", "250 ok", "250 ok", "354 go", "250 queued")
    first, second = carried(script, parcel(1), parcel(2))
    assert (first.result, second.result) == (Result.REFUSED, Result.SENT)
    assert b"DATA\r\nRSET\r\nMAIL FROM" in script.heard


def test_replies_of_many_lines_and_in_any_pieces_are_read_as_they_are_meant():
    class Dripping(Script):
        def recv(self, size: int) -> bytes:
            self.left = getattr(self, "left", b"") or super().recv(size)
            piece, self.left = self.left[:3], self.left[3:]
            return piece

    script = Dripping("250-2.1.0 Sender\r\n250 ok", "250 ok", "354 go", "250-2.0.0 Ok:\r\n250 queued as 7")
    (outcome,) = carried(script, parcel(1))
    assert (outcome.result, outcome.ref) == (Result.SENT, "2.0.0 Ok:\nqueued as 7")


@pytest.mark.parametrize("said", ["421 too busy", "HTTP/1.1 400 Bad Request", "x" * 20_000])
def test_a_server_that_hangs_up_or_speaks_something_else_ends_the_connection(said):
    with pytest.raises(Closed):
        carried(Script("250 ok", "250 ok", "354 go", said), parcel(1))


def test_an_address_that_would_be_a_command_is_refused_here():
    (outcome,) = carried(Script(), parcel(1, "a@x.example>\r\nRCPT TO:<b@x.example"))
    assert outcome.result is Result.REFUSED


@pytest.mark.parametrize(
    ("url", "problem"),
    [("http://mail.example", "is written smtp://"), ("smtp://mail.example?fast=1", "not fast")],
)
def test_a_wrong_address_is_a_line_at_start_up(url, problem):
    with override_settings(
        DELIVERY={**_outbox(), "email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": url}}}
    ):
        (found,) = check_delivery()
    assert problem in found.msg


def _outbox():
    return {"sms": {"BACKEND": "crm.integrations.outbox.Outbox"}}


def test_the_address_of_the_mail_server_says_all_there_is_to_say():
    smtp = Server.at("smtp://me%40x.example:p%2Fw@mail.example?tls=1&connections=9")
    assert (smtp.host, smtp.port, smtp.user, smtp.password) == ("mail.example", 587, "me@x.example", "p/w")
    assert (smtp.context is not None, smtp.is_tls_at_once, smtp.connections) == (True, False, 9)
