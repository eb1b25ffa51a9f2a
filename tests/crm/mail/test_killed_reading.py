"""Workers that are killed while they read a mailbox: every mail is filed, none of them twice."""

import os
import subprocess
import sys
import threading
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from crm import jobs
from crm.mailbox.reading import read_mailbox
from crm.models import Activity, Attachment, IncomingMail, Interaction, Mailbox, Notification
from tests.crm.mail.conftest import mailbox_for, read, written
from tests.dovecot import Account
from tests.factories.crm import ContactFactory
from tests.worker import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 12


def let_workers_die(mailbox, statements):
    Mailbox.objects.update(due_at=timezone.now())
    command = [sys.executable, "-m", "tests.doomed", "tests.crm.mail.reading_now.read_now", str(mailbox.pk), "10"]
    done = subprocess.run(
        [*command, *map(str, statements)], cwd=ROOT, env={**os.environ, **environment(), "TANDEM_WORKER": "doomed"},
        check=True, timeout=200, capture_output=True, text=True,
    )  # fmt: skip
    jobs.forget_claims_of("doomed")
    ends = done.stdout.split()
    assert "failed" not in ends, done.stderr
    return ends


def test_mails_whose_readers_are_killed_are_each_filed_once(account, rep):
    asha = ContactFactory(email="asha@customer.example", owner=rep, team=rep.team)
    own = mailbox_for(account, owner=rep, address="rita@tandem.example")
    for number in range(MAILS):
        mail = written(subject=f"Mail {number}")
        mail.add_attachment(b"%PDF-1.4\n%...", maintype="application", subtype="pdf", filename="Order.pdf")
        account.put(mail)
    assert let_workers_die(own, (4, 12, 19, 26, 33, 41, 48, 57)).count("killed") >= 6
    assert 0 < Activity.objects.count() < MAILS
    read(own)
    expected = dict.fromkeys((f"Mail {number}" for number in range(MAILS)), 1)
    assert Counter(Activity.objects.values_list("subject", flat=True)) == expected
    assert {one.contact for one in Activity.objects.all()} == {asha}
    assert IncomingMail.objects.count() == Attachment.objects.count() == MAILS
    assert Interaction.objects.filter(kind="activity.done").count() == Notification.objects.count() == MAILS
    assert own.last_uid == MAILS


def test_two_workers_that_read_the_same_mails_at_one_time_file_each_once(dovecot, account, rep):
    asha = ContactFactory(email="asha@customer.example", owner=rep, team=rep.team)
    other = Account(dovecot, "account160")
    mailboxes = [mailbox_for(place, owner=rep, address=f"{place.name}@tandem.example") for place in (account, other)]
    mails = [written(subject=f"Mail {number}") for number in range(MAILS)]
    account.put(*mails)
    other.put(*mails)
    Mailbox.objects.update(due_at=timezone.now())
    problems = []

    def work(mailbox):
        try:
            read_mailbox(mailbox.pk, timezone.now())
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(mailbox,)) for mailbox in mailboxes]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert problems == []
    assert list(Mailbox.objects.values_list("problem", "last_uid")) == [("", MAILS), ("", MAILS)]
    assert Counter(asha.activities.values_list("subject", flat=True)) == {f"Mail {n}": 1 for n in range(MAILS)}
