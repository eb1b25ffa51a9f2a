"""STARTTLS, TLS at once and sign-in, against a real server with certificates of a throw-away authority."""

import ssl
from contextlib import contextmanager

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from crm.delivery.checks import check_delivery
from crm.delivery.providers import forget_providers, provider_of
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.models import Contact, Message
from tests.crm.delivery.conftest import REF, Inbox, free_port

pytestmark = pytest.mark.django_db

USER, PASSWORD = "tandem@vendor.example", "open/sesame"
SIGNED_IN = "tandem%40vendor.example:open%2Fsesame@"


class Door:
    """Lets one user in. `knocks` counts the tries, `answer` is what a wrong password gets."""

    def __init__(self):
        self.knocks, self.answer = 0, "535 5.7.8 Authentication credentials invalid"

    def __call__(self, server, session, envelope, mechanism, data):
        self.knocks += 1
        is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=is_known, message=None if is_known else self.answer)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def authority_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def own_certificate(authority):
    return _context(authority.issue_cert("127.0.0.1"))


def _context(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@contextmanager
def mail_server(url, **options):
    """A server that keeps its mails in the Inbox it yields; `url` gets its port."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    email = {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": url.format(port=port)}}
    try:
        with override_settings(DELIVERY={"email": email}):
            yield inbox
            provider_of("email").close()
    finally:
        controller.stop()
        forget_providers()


def send() -> Message:
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    return Message.objects.get()


def test_a_mail_goes_out_under_tls_and_with_a_sign_in(asha, own_certificate, authority_file):
    url = f"smtp://{SIGNED_IN}127.0.0.1:{{port}}?tls=1&ca={authority_file}"
    with mail_server(url, tls_context=own_certificate, require_starttls=True, authenticator=Door()) as inbox:
        message = send()
    assert (message.status, message.reason, len(inbox.mails)) == ("sent", "", 1)


def test_a_mail_goes_out_where_tls_comes_first(asha, own_certificate, authority_file):
    url = f"smtps://{SIGNED_IN}127.0.0.1:{{port}}?ca={authority_file}"
    door = Door()
    with mail_server(url, ssl_context=own_certificate, authenticator=door, auth_require_tls=False) as inbox:
        message = send()
    assert (message.status, len(inbox.mails), door.knocks) == ("sent", 1, 1)


def test_a_wrong_password_fails_for_good_and_says_so(asha, own_certificate, authority_file):
    door = Door()
    url = f"smtp://me:wrong@127.0.0.1:{{port}}?tls=1&ca={authority_file}"
    with mail_server(url, tls_context=own_certificate, require_starttls=True, authenticator=door) as inbox:
        message = send()
        knocks = door.knocks
        deliver("email", timezone.now())
    assert (message.status, message.claim) == ("failed", None)
    assert message.reason == "The mail server 127.0.0.1 does not accept the user name and password of EMAIL_URL."
    assert (inbox.mails, door.knocks) == ([], knocks)


def test_a_sign_in_that_is_out_of_order_for_now_is_tried_again(asha, own_certificate, authority_file):
    door = Door()
    door.answer = "454 4.7.0 Temporary authentication failure"
    url = f"smtp://me:wrong@127.0.0.1:{{port}}?tls=1&ca={authority_file}"
    with mail_server(url, tls_context=own_certificate, require_starttls=True, authenticator=door):
        message = send()
    assert (message.status, message.attempts) == ("due", 1)


def test_once_the_password_is_mended_what_failed_is_sent_again_by_a_button(
    asha, own_certificate, authority_file, client, marketer, run_jobs
):
    tls = {"tls_context": own_certificate, "require_starttls": True, "authenticator": Door()}
    with mail_server(f"smtp://me:wrong@127.0.0.1:{{port}}?tls=1&ca={authority_file}", **tls):
        failed = send()
    client.force_login(marketer)
    with mail_server(f"smtp://{SIGNED_IN}127.0.0.1:{{port}}?tls=1&ca={authority_file}", **tls) as inbox:
        page = client.post(
            reverse("admin:crm_message_changelist"),
            {"action": "send_again", "_selected_action": [failed.pk]},
            follow=True,
        )
        run_jobs()
    assert "1 message is on its way again." in page.content.decode()
    assert Message.objects.get().status == "sent"
    assert [mail["Message-ID"] for _, mail in inbox.mails] == [failed.message_id]


def test_who_may_only_look_cannot_send_again(asha, client, manager):
    message = send()
    Message.objects.update(status="failed")
    client.force_login(manager)
    client.post(
        reverse("admin:crm_message_changelist"), {"action": "send_again", "_selected_action": [message.pk]}, follow=True
    )
    assert Message.objects.get().status == "failed"


def test_a_certificate_that_nobody_vouches_for_stops_the_mail_and_says_what_to_do(asha, own_certificate):
    with mail_server("smtp://127.0.0.1:{port}?tls=1", tls_context=own_certificate, require_starttls=True) as inbox:
        message = send()
    assert (message.status, message.attempts, inbox.mails) == ("due", 1, [])
    assert message.reason.startswith("The certificate of the mail server 127.0.0.1 is not trusted (")
    assert message.reason.endswith("name the file of its authority: ?ca=/path/to/ca.pem in EMAIL_URL.")


def test_a_certificate_for_another_name_is_not_taken(asha, authority, authority_file):
    other = _context(authority.issue_cert("mail.other.example"))
    url = f"smtp://127.0.0.1:{{port}}?tls=1&ca={authority_file}"
    with mail_server(url, tls_context=other, require_starttls=True) as inbox:
        message = send()
    assert (message.status, inbox.mails) == ("due", [])
    assert "IP address mismatch" in message.reason


def test_a_server_without_starttls_gets_no_mail_in_clear(asha):
    with mail_server("smtp://127.0.0.1:{port}?tls=1") as inbox:
        message = send()
    assert (message.status, inbox.mails) == ("failed", [])
    assert "does not offer what EMAIL_URL asks for: STARTTLS" in message.reason


def test_a_file_of_authorities_that_is_not_there_is_a_line_at_start_up(tmp_path):
    url = f"smtp://mail.example?tls=1&ca={tmp_path}/none.pem"
    delivery = {
        "email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": url}},
        "sms": {"BACKEND": "crm.integrations.outbox.Outbox"},
    }
    with override_settings(DELIVERY=delivery):
        (found,) = check_delivery()
    assert "none.pem as trusted certificates, which cannot be read" in found.msg
