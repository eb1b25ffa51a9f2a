"""Mailboxes on a real IMAP server, and mails to put into them."""

import tempfile
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path

import pytest
import trustme
from django.utils import timezone

from crm.mailbox.reading import read_mailbox
from crm.models import Mailbox
from tests.dovecot import DOVECOT, MISSING, PASSWORD, Account, Dovecot

_numbers = count()


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def dovecot(authority):
    """In a directory of its own: pytest shuts its directories to other users, and Dovecot reads mails as one."""
    if not DOVECOT:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="tandem-imap-", ignore_cleanup_errors=True) as place:
        home = Path(place)
        given = authority.issue_cert("127.0.0.1", "localhost")
        given.private_key_pem.write_to_path(home / "key.pem")
        given.cert_chain_pems[0].write_to_path(home / "cert.pem")
        with Dovecot(home, home / "cert.pem", home / "key.pem") as server:
            yield server


@pytest.fixture
def account(dovecot):
    """A fresh account each time."""
    return Account(dovecot, f"account{next(_numbers)}")


def mailbox_for(account, **facts):
    """A mailbox that has been read once, so that what comes from now on is read."""
    mailbox = Mailbox(
        host="127.0.0.1", port=account.server.port, security="none", user_name=account.name,
        **{"name": account.name, "address": "crm@tandem.example", **facts},
    )  # fmt: skip
    mailbox.password = PASSWORD
    mailbox.save()
    return read(mailbox)


def read(mailbox):
    Mailbox.objects.filter(pk=mailbox.pk).update(due_at=timezone.now())
    read_mailbox(mailbox.pk, timezone.now())
    mailbox.refresh_from_db()
    return mailbox


@pytest.fixture
def shared(db, account):
    """The company's mailbox."""
    return mailbox_for(account, name="Company")


def written(
    sender="asha@customer.example",
    to="crm@tandem.example",
    subject="Re: Offer",
    text="Yes, please.",
    answers="",
    **headers,
):
    """A mail as a person writes it; `answers` is the Message-ID that it answers."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(timezone.now().replace(microsecond=0))
    mail["Message-ID"] = headers.pop("message_id", f"<test-{next(_numbers)}@customer.example>")
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail
