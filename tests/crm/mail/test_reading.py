"""Mailboxes are read over IMAP: each mail once, in batches, whatever the server does."""

import socket
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.mailbox import imap, reading
from crm.models import Activity, IncomingMail, Interaction, Mailbox
from tests.crm.mail.conftest import mailbox_for, read, written
from tests.dovecot import Account
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="Asha@customer.example", owner=rep, team=rep.team)


@pytest.fixture
def own(account, rep):
    return mailbox_for(account, owner=rep, address="rita@tandem.example", name="Rita's")


def test_what_a_contact_writes_to_a_reps_own_mailbox_is_filed_and_left_unread(asha, own, account, rep):
    account.put(written(subject="A question", text="Do you ship to Pune?"))
    read(own)
    activity = Activity.objects.get()
    assert (activity.kind, activity.direction, activity.status) == ("email", "in", "done")
    assert (activity.contact, activity.owner, activity.subject) == (asha, rep, "A question")
    assert activity.body == "Do you ship to Pune?"
    assert (own.failures, own.problem) == (0, "")
    assert own.read_at is not None
    assert account.unread() == 1


def test_what_was_there_before_the_mailbox_was_added_is_not_read(account, asha, rep):
    account.put(written(), written())
    own = mailbox_for(account, owner=rep)
    read(own)
    assert not Activity.objects.exists()
    account.put(written(subject="New"))
    read(own)
    assert Activity.objects.get().subject == "New"


def test_strangers_leave_nothing_but_that_their_mail_was_seen(own, account, rep):
    account.put(written(sender="mum@home.example", subject="Dinner?"))
    before = own.last_uid
    read(own)
    assert own.last_uid == before + 1
    assert not Activity.objects.exists()
    assert not IncomingMail.objects.exists()


def test_the_companys_mailbox_keeps_nothing_of_a_contact_that_answers_nothing(asha, shared, account):
    account.put(written())
    read(shared)
    assert not IncomingMail.objects.exists()


def test_newsletters_and_colleagues_in_a_reps_own_mailbox_are_not_filed(asha, own, account, manager):
    ContactFactory(email="max@tandem.example", owner=own.owner, team=own.owner.team)
    account.put(
        written(subject="News", List_Unsubscribe="<https://x.example>"),
        written(subject="Away", Auto_Submitted="auto-replied"),
        written(sender="max@tandem.example", subject="Lunch?"),
    )
    read(own)
    assert not IncomingMail.objects.exists()


def test_the_mailbox_of_somebody_who_has_left_is_not_read(asha, own, account):
    account.put(written())
    own.owner.is_active = False
    own.owner.save()
    read(own)
    assert not Activity.objects.exists()


def test_many_mails_are_read_in_batches_each_once(asha, own, account, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 4)
    monkeypatch.setattr(reading, "WINDOW", 5)
    account.put(*[written(subject=f"Mail {n}") for n in range(13)])
    read(own)
    read(own)
    assert sorted(Activity.objects.values_list("subject", flat=True)) == sorted(f"Mail {n}" for n in range(13))


def test_a_turn_that_is_over_goes_on_where_it_stopped(asha, own, account, monkeypatch):
    account.put(*[written(subject=f"Mail {n}") for n in range(3)])
    monkeypatch.setattr(reading, "TURN", -1.0)
    assert read(own).due_at <= timezone.now()
    assert not Activity.objects.exists()
    monkeypatch.undo()
    read(own)
    assert Activity.objects.count() == 3


def test_one_mail_in_two_mailboxes_is_filed_once(asha, own, dovecot, account, rep, manager):
    theirs = Account(dovecot, "account150")
    second = mailbox_for(theirs, owner=rep, address="rita.rep@tandem.example")
    mail = written(subject="To both")
    account.put(mail)
    theirs.put(b"Received: from elsewhere\n" + mail.as_bytes())
    read(own)
    read(second)
    assert Activity.objects.count() == 1
    assert Interaction.objects.filter(kind="activity.done").count() == 1


def test_a_mail_without_a_message_id_is_filed_once_too(asha, own, account):
    mail = written(subject="No id")
    del mail["Message-ID"]
    account.put(mail, b"Received: again\n" + mail.as_bytes())
    read(own)
    assert Activity.objects.get().subject == "No id"


def test_a_folder_whose_numbers_became_void_is_read_on_without_filing_twice(asha, own, account):
    account.put(written(subject="Before"))
    read(own)
    before = own.uid_validity
    account.begin_a_new_era()
    account.put(written(subject="After"))
    read(own)
    assert own.uid_validity != before
    assert sorted(Activity.objects.values_list("subject", flat=True)) == ["After", "Before"]


def test_a_mail_that_is_too_large_is_noted_and_the_next_is_read(asha, own, account, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST", 3000)
    account.put(written(subject="Large", text="x" * 5000), written(subject="Small"))
    read(own)
    assert Activity.objects.get().subject == "Small"
    noted = IncomingMail.objects.get(became="too_large")
    assert noted.mailbox == own
    assert noted.raw is None


def test_what_nobody_foresaw_is_kept_with_its_reason_and_stops_nothing(asha, own, account, monkeypatch):
    filing = reading.file_mail

    def breaks_on_one(raw, **more):
        if b"Break" in raw:
            raise ZeroDivisionError
        return filing(raw, **more)

    monkeypatch.setattr(reading, "file_mail", breaks_on_one)
    account.put(written(subject="Break"), written(subject="Fine"))
    read(own)
    assert Activity.objects.get().subject == "Fine"
    kept = IncomingMail.objects.get(became="unreadable")
    assert kept.said == "It could not be filed: ZeroDivisionError. More is in the log."
    assert b"Subject: Break" in bytes(kept.raw)


# What goes wrong, in words


def problem_of(mailbox, **facts):
    for name, value in facts.items():
        setattr(mailbox, name, value)
    mailbox.save()
    return read(mailbox).problem


def test_a_wrong_password_is_said_and_tried_again_later(own):
    own.password = "wrong"
    assert problem_of(own) == "127.0.0.1 does not accept the user name or the password."
    assert own.failures == 1
    assert timedelta(seconds=50) < own.due_at - timezone.now() < timedelta(seconds=70)
    read(own)
    read(own)
    assert own.failures == 3
    assert timedelta(minutes=4) < own.due_at - timezone.now() < timedelta(minutes=6)


def test_an_unknown_folder_a_closed_port_and_an_unknown_server_are_said(own):
    assert problem_of(own, folder="Nowhere") == "There is no folder “Nowhere” in this mailbox."
    assert problem_of(own, port=1) == "127.0.0.1 refuses connections at port 1."
    assert problem_of(own, host="imap.invalid", security="tls") == "There is no server “imap.invalid”."


def test_a_mailbox_that_can_be_read_again_has_no_problem_any_more(own, dovecot):
    problem_of(own, port=1)
    assert problem_of(own, port=dovecot.port) == ""
    assert own.failures == 0


def test_a_password_sealed_under_another_key_asks_to_be_typed_again(own, settings):
    settings.SECRET_KEY = "another"
    assert read(own).problem == "It can no longer be read, since SECRET_KEY has changed. Type it again."


def test_passwords_are_not_in_the_database_as_they_are(own):
    assert "imap secret" not in own.sealed_password
    assert Mailbox.objects.get().password == "imap secret"


def test_tls_and_starttls_work_with_a_certificate_that_is_trusted_and_only_then(
    own, dovecot, account, asha, authority, tmp_path, monkeypatch
):
    said = problem_of(own, port=dovecot.tls_port, security="tls")
    assert said.startswith("The certificate of 127.0.0.1 cannot be trusted:")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    account.put(written(subject="By TLS"))
    assert problem_of(own) == ""
    account.put(written(subject="By STARTTLS"))
    assert problem_of(own, port=dovecot.port, security="starttls") == ""
    assert sorted(Activity.objects.values_list("subject", flat=True)) == ["By STARTTLS", "By TLS"]
    assert problem_of(own, security="tls").startswith("127.0.0.1 does not speak TLS")


def test_without_encryption_only_this_machine_is_read(own):
    own.host = "imap.example.com"
    with pytest.raises(ValidationError, match="Without encryption only"):
        own.full_clean()
    assert problem_of(own) == "Without encryption only a mailbox on this machine is read."


@pytest.fixture
def server():
    """server(answers): a server that sends these lines, one for each that it hears, and then hangs up or waits."""
    opened = []

    def start(*answers, hangs=False):
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def talk():
            client, _ = listening.accept()
            opened.append(client)
            for answer in answers:
                client.sendall(answer)
                if not client.recv(1000):
                    break
            if not hangs:
                client.close()

        threading.Thread(target=talk, daemon=True).start()
        return listening.getsockname()[1]

    yield start
    for one in opened:
        one.close()


def test_a_server_that_hangs_is_given_up(own, server, monkeypatch):
    monkeypatch.setattr(imap, "ANSWERS_WITHIN", 1.0)
    assert problem_of(own, port=server(b"* OK hello\r\n", hangs=True)) == "127.0.0.1 did not answer within 1 seconds."


def test_a_server_that_drops_the_connection_or_talks_nonsense_is_told_of(own, server):
    assert problem_of(own, port=server(b"* OK hello\r\n")) == "127.0.0.1 broke off the connection."
    assert problem_of(own, port=server(b"HTTP/1.1 400 Bad Request\r\n\r\n")).startswith("127.0.0.1 ")


def test_inactive_mailboxes_rest_and_the_sweep_reads_the_others(asha, own, account, run_jobs):
    account.put(written())
    Mailbox.objects.update(is_active=False, due_at=timezone.now())
    run_jobs()
    assert not Activity.objects.exists()
    Mailbox.objects.update(is_active=True)
    run_jobs()
    assert Activity.objects.count() == 1
    assert not reading.is_due(timezone.now())


def test_a_mailbox_for_bounces_is_read_and_nothing_in_it_is_filed(account, asha):
    from crm.actions.reports import judge_waiting
    from crm.delivery import tokens
    from crm.models import DeliveryReport, Message, Suppression
    from tests.crm.delivery.test_reports import delivery_status, dsn

    now = timezone.now()
    facts = {"channel": "email", "purpose": "commercial", "address": "asha@customer.example", "content_type": "x"}
    message = Message.objects.create(
        key="1", send_key="1", contact=asha, status="sent", due_at=now, sent_at=now, **facts
    )
    mailbox = mailbox_for(account, kind="bounces", address="bounces@tandem.example")
    to = f"bounces+{tokens.for_return(message.pk)}@tandem.example"
    account.put(dsn(to, delivery_status("5.1.1", to=message.address)))
    read(mailbox)
    assert (DeliveryReport.objects.get().became, IncomingMail.objects.count()) == ("waiting", 0)
    judge_waiting(timezone.now())
    assert Suppression.objects.get().point.value == message.address
