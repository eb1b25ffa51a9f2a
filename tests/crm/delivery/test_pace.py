"""Senders with a carrier and limits of their own; mail providers that bear so much; servers that misbehave."""

import socket
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from crm.delivery import pace
from crm.delivery.carriers import carrier_of, keep_server, server_of
from crm.delivery.providers import forget_providers, provider_with
from crm.delivery.queueing import queue_for, send_one
from crm.delivery.sending import deliver, is_due
from crm.models import Contact, DomainLimit, Lane, Message, Sender, Tally
from tests.crm.delivery.conftest import REF, agree
from tests.factories.crm import ContactFactory, SenderFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 6, 3, 12, 0, tzinfo=UTC)


def queued(count, now=NOON, **asked):
    people = [ContactFactory() for _ in range(count)]
    agree(*people)
    queue_for(Contact.objects.all(), content=REF, send_key="s", **asked)
    Message.objects.update(due_at=now)


def sent():
    return Message.objects.filter(status="sent").count()


def test_a_sender_sends_so_many_an_hour_and_goes_on_in_the_next(company, sender):
    Sender.objects.update(per_hour=3)
    queued(5)
    deliver("email", NOON)
    assert (sent(), is_due("email", NOON)) == (3, False)
    assert is_due("email", NOON + timedelta(hours=1))
    deliver("email", NOON + timedelta(hours=1))
    assert sent() == 5
    assert Tally.objects.get(subject=f"email:{sender.pk}/3600", starts_at=NOON).number == 3


def test_a_second_is_waited_for(company, sender):
    Sender.objects.update(per_second=2)
    queued(3)
    deliver("email", NOON)
    assert sent() == 3
    assert sorted(Tally.objects.filter(subject__endswith="/1").values_list("number", flat=True)) == [1, 2]


@pytest.mark.parametrize(("day", "limit"), [(0, 50), (1, 100), (2, 200), (5, 1000), (40, 1000)])
def test_a_warm_up_doubles_each_day_until_the_limit_of_a_day(sender, day, limit):
    sender.warm_up_on, sender.warm_up_first, sender.per_day = date(2030, 6, 3), 50, 1000
    assert pace.day_limit(sender, NOON + timedelta(days=day)) == limit


def test_one_sender_at_its_limit_holds_up_no_other(company, sender):
    slow = SenderFactory(per_hour=1)
    queued(3, sender=slow)
    queue_for(Contact.objects.all(), content=REF, send_key="other")
    Message.objects.update(due_at=NOON)
    deliver("email", NOON)
    assert Message.objects.filter(send_key="other", status="sent").count() == 3
    assert Message.objects.filter(send_key="s", status="sent").count() == 1


def test_a_mail_provider_gets_no_more_than_it_bears_and_the_others_do_not_wait(company, sender):
    DomainLimit.objects.create(domain="slow.example", per_hour=2)
    for number in range(4):
        agree(ContactFactory(email=f"p{number}@slow.example"))
    agree(ContactFactory(email="p@quick.example"))
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    Message.objects.update(due_at=NOON)
    deliver("email", NOON)
    waiting = Message.objects.filter(status="due")
    assert (sent(), waiting.count()) == (3, 2)
    assert set(waiting.values_list("due_at", "reason")) == {(NOON + timedelta(hours=1), pace.IS_FULL)}
    deliver("email", NOON + timedelta(hours=1))
    assert sent() == 5


def test_who_gets_none_uses_up_no_limit(company, sender):
    Sender.objects.update(per_hour=1)
    ContactFactory(email="silent@x.example")
    agree(ContactFactory(email="wants@x.example"))
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    Message.objects.update(due_at=NOON)
    deliver("email", NOON)
    assert dict(Message.objects.values_list("address", "status")) == {
        "silent@x.example": "not_sent",
        "wants@x.example": "sent",
    }


# A mail server of its own


class Rogue:
    """A mail server that says what the test wants: a reply to each command, then silence or a hang-up."""

    def __init__(self, **replies):
        self.replies = {
            "EHLO": "250 rogue",
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go",
            ".": "250 taken",
        } | replies
        self.heard = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 rogue\r\n")
            in_data = False
            for line in lines:
                if in_data and line != b".\r\n":
                    continue
                word = "." if in_data else line.split()[0].decode().upper()
                self.heard.append(word)
                reply = self.replies.get(word, "250 ok")
                if reply == "hang up":
                    return
                if reply == "silence":
                    continue
                connection.sendall(f"{reply}\r\n".encode())
                in_data = word == "DATA" and reply.startswith("354")
                if reply.startswith("421"):
                    return

    def close(self):
        self.socket.close()


@pytest.fixture
def rogue(company, sender, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    made = []

    def start(timeout=1, **replies):
        server = Rogue(**replies)
        made.append(server)
        keep_server(sender, f"smtp://127.0.0.1:{server.port}?connections=1&timeout={timeout}")
        sender.save()
        return server

    yield start
    sender.refresh_from_db()
    carrier_of("email", sender).close()
    for server in made:
        server.close()
    forget_providers()


def test_a_sender_goes_by_its_own_server_and_nobody_reads_its_password(rogue, sender):
    server = rogue()
    keep_server(sender, f"smtp://127.0.0.1:{server.port}?connections=1")
    sender.save()
    assert server_of(sender) == f"127.0.0.1:{server.port}"
    assert "127.0.0.1" not in sender.sealed_smtp_url
    queued(2)
    deliver("email", NOON)
    assert sent() == 2
    assert server.heard.count("DATA") == 2
    assert server.heard.count("EHLO") == 1  # one connection, kept


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({"MAIL": "421 4.3.2 Too busy"}, "421 4.3.2 Too busy"),
        ({".": "hang up"}, "hung up"),
        ({"RCPT": "silence"}, "did not answer in time"),
    ],
)
def test_a_server_that_breaks_off_costs_the_one_in_hand_a_try_and_the_lane_a_pause(rogue, sender, replies, words):
    rogue(**replies)
    queued(3)
    assert deliver("email", NOON) == 3
    tried = Message.objects.filter(attempts=1)
    assert (tried.count(), sent()) == (1, 0)
    assert words in tried.get().reason
    assert set(Message.objects.values_list("status", "claim")) == {("due", None)}
    lane = Lane.objects.get(key=f"email:{sender.pk}")
    assert (lane.troubles, words in lane.reason) == (1, True)
    assert lane.closed_until > timezone.now()


def test_after_the_pause_the_same_message_goes_out_with_its_first_message_id(rogue, sender):
    server = rogue(**{".": "hang up"})
    queued(1)
    before = Message.objects.get().message_id
    deliver("email", NOON)
    server.replies["."] = "250 taken"
    later = NOON + timedelta(minutes=2)
    deliver("email", later)
    message = Message.objects.get()
    assert (message.status, message.message_id, message.attempts) == ("sent", before, 2)
    assert Lane.objects.get(key=f"email:{sender.pk}").troubles == 0


def test_450_is_tried_again_with_longer_pauses_until_it_expires(rogue):
    rogue(RCPT="450 4.2.1 Mailbox busy")
    now = timezone.now()
    queued(1, now, expires_at=now + timedelta(minutes=10))
    pauses = []
    for _ in range(3):
        before = timezone.now()
        deliver("email", now)
        pauses.append(round((Message.objects.get().due_at - before).total_seconds() / 60))
        Message.objects.update(due_at=now)
    assert pauses == [1, 2, 5]
    deliver("email", now + timedelta(minutes=11))
    message = Message.objects.get()
    assert message.status == "not_sent"
    assert message.reason == "It was no longer wanted when its turn came: it had expired."


def test_550_is_final_and_said_in_the_words_of_the_server(rogue):
    rogue(RCPT="550 5.7.1 We do not want you")
    queued(1)
    deliver("email", NOON)
    assert list(Message.objects.values_list("status", "reason")) == [
        ("failed", "The mail server said: 550 5.7.1 We do not want you")
    ]


def test_a_carrier_that_settings_do_not_know_closes_the_lane_and_loses_nothing(company, sender):
    Sender.objects.update(carrier="gone")
    queued(1)
    deliver("email", NOON)
    assert Message.objects.get().status == "due"
    assert "which DELIVERY_CARRIERS does not know" in Lane.objects.get().reason
    outbox = {"gone": {"BACKEND": "crm.integrations.outbox.Outbox"}}
    with override_settings(DELIVERY_CARRIERS=outbox):
        deliver("email", NOON + timedelta(minutes=6))
    assert Message.objects.get().status == "sent"


def test_a_letter_of_a_person_has_no_limits(company, sender):
    Sender.objects.update(per_hour=1)
    for number in range(3):
        send_one(to=f"p{number}@x.example", subject="Hi", text="Hi", sent_from="Mia <mia@x.example>")
    deliver("email", timezone.now() + timedelta(seconds=1))
    assert sent() == 3


def test_a_wrong_address_of_a_server_is_refused(sender):
    with pytest.raises(ValueError, match="smtp://"):
        keep_server(sender, "http://mail.example")
    assert provider_with("crm.integrations.outbox.Outbox", {}).batch
