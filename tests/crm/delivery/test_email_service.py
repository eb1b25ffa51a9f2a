"""Mail by the API of an email service: a server on loopback speaks Postmark's, and its webhook brings the bounce back."""

import base64
import json
import threading
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from crm.actions.reports import judge_waiting
from crm.delivery.checks import check_delivery
from crm.delivery.providers import Parcel, forget_providers
from crm.delivery.queueing import Attachment, queue_for, send_one
from crm.delivery.sending import deliver
from crm.integrations.email_service import EmailService, as_django
from crm.models import Contact, Interaction, Lane, Message, Suppression
from tests.crm.delivery.conftest import REF, agree
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db
ADAPTER = "crm.integrations.email_service.EmailService"


class Postmark(BaseHTTPRequestHandler):
    """Keeps what was posted and answers as told: `say` takes the mail and answers (status, body), None hangs up."""

    posts: list = []

    def do_POST(self):
        mail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.posts.append((self.path, self.headers["X-Postmark-Server-Token"], mail))
        said = type(self).say(mail)
        if said is None:
            self.close_connection = True
            return
        status, body = said
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode() if isinstance(body, dict) else body)

    def log_message(self, *args):
        """Quiet."""


def taken(mail):
    number = len(Postmark.posts)
    return 200, {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{number}", "To": mail["To"]}


@pytest.fixture
def service(settings):
    Postmark.posts, Postmark.say = [], staticmethod(taken)
    server = HTTPServer(("127.0.0.1", 0), Postmark)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    options = {
        "service": "postmark", "server_token": "our-token", "api_url": f"http://127.0.0.1:{server.server_port}/",
        "connections": 1,
    }  # fmt: skip
    settings.DELIVERY = settings.DELIVERY | {"email": {"BACKEND": ADAPTER, "OPTIONS": options}}
    settings.ANYMAIL = {"WEBHOOK_SECRET": "esp:secret"}
    yield Postmark
    server.shutdown()
    thread.join()
    server.server_close()
    forget_providers()


def send(now=None):
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", now or timezone.now())
    return Message.objects.order_by("pk").first()


def test_a_mail_arrives_with_its_parts_and_keeps_our_message_id(asha, service):
    message = send()
    ((path, token, mail),) = service.posts
    assert (path, token) == ("/email", "our-token")
    assert parseaddr(mail["From"]) == ("Tandem Events", "events@tandem.example")
    assert parseaddr(mail["To"]) == ("Asha Rao", "asha.rao@customer.example")
    assert mail["Subject"] == "Asha, see you on Tuesday?"
    assert "Join the webinar" in mail["HtmlBody"]
    assert "Dear Asha" in mail["TextBody"]
    headers = {one["Name"]: one["Value"] for one in mail["Headers"]}
    assert headers["Message-ID"] == message.message_id
    assert headers["X-PM-KeepID"] == "true"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Metadata"] == {"tandem": message.message_id.strip("<>")}
    assert (message.status, message.provider_ref) == ("sent", "pm-1")
    assert Interaction.objects.filter(kind="email.sent").count() == 1


@pytest.mark.parametrize("has_metadata", [True, False])
def test_a_bounce_told_by_its_webhook_finds_the_message(asha, service, client, has_metadata):
    message = send()
    event = {
        "RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "MessageID": "pm-1", "Email": "asha.rao@customer.example",
        "BouncedAt": timezone.now().isoformat(), "Details": "550 5.1.1 No such user", "Description": "Unknown user",
        "Metadata": service.posts[0][2]["Metadata"] if has_metadata else {},
    }  # fmt: skip
    secret = {"Authorization": f"Basic {base64.b64encode(b'esp:secret').decode()}"}
    assert client.post("/hooks/postmark", event, "application/json", headers=secret).status_code == 200
    judge_waiting(timezone.now())
    message.refresh_from_db()
    assert (message.status, message.reason) == ("bounced", "5.1.1 550 5.1.1 No such user")
    assert Suppression.objects.get().cause == "bounce"


def test_an_address_on_the_services_own_list_is_refused_in_words(asha, service):
    service.say = staticmethod(lambda mail: (422, {"ErrorCode": 406, "Message": "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: asha.rao@customer.example. Inactive recipients are ones that have generated a hard bounce."}))  # fmt: skip
    message = send()
    assert (message.status, message.reason.startswith("postmark sends nothing to this address")) == ("failed", True)


def test_an_address_that_is_none_is_refused_in_words(asha, service):
    service.say = staticmethod(lambda mail: (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'asha.rao@customer.example'."}))  # fmt: skip
    message = send()
    assert (message.status, message.reason) == (
        "failed",
        "postmark takes the address for none that mail can be sent to.",
    )


def test_a_refusal_that_names_nobody_is_no_success(asha, service):
    service.say = staticmethod(lambda mail: (422, {"ErrorCode": 406, "Message": "Inactive, and said in other words"}))
    message = send()
    assert (message.status, message.reason.startswith("postmark said: 422")) == ("failed", True)


def test_too_many_requests_close_the_lane_and_the_mail_goes_later_without_an_attempt_lost(asha, service):
    service.say = staticmethod(lambda mail: (429, {"Message": "Too many requests"}))
    now = timezone.now()
    message = send(now)
    assert (message.status, message.attempts) == ("due", 0)
    assert "as much as it takes for now" in Lane.objects.get().reason
    assert len(service.posts) == 1
    service.say = staticmethod(taken)
    deliver("email", now + timedelta(minutes=6))
    message.refresh_from_db()
    assert message.status == "sent"


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_fails_for_now_is_tried_again(asha, service, status):
    service.say = staticmethod(lambda mail: (status, {"Message": "Down"}))
    message = send()
    assert (message.status, message.attempts) == ("due", 1)
    assert message.reason.startswith(f"postmark said: {status}")


@pytest.mark.parametrize("answer", [None, (504, b"Gateway timeout"), (200, b"<html>what?</html>")])
def test_what_may_have_gone_out_is_unknown_and_not_sent_again(asha, service, answer):
    service.say = staticmethod(lambda mail: answer)
    now = timezone.now()
    message = send(now)
    assert (message.status, message.reason != "") == ("unknown", True)
    deliver("email", now + timedelta(days=1))
    assert len(service.posts) == 1


def test_a_key_that_is_not_accepted_is_told_once_and_nothing_more_is_asked(asha, service):
    agree(*Contact.objects.bulk_create(ContactFactory.build() for _ in range(5)))
    service.say = staticmethod(lambda mail: (401, {"ErrorCode": 10, "Message": "Bad or missing API token"}))
    message = send()
    assert len(service.posts) == 1
    assert message.reason.startswith("postmark does not accept our key")
    assert "does not accept our key" in Lane.objects.get().reason


def test_a_service_that_cannot_be_reached_is_tried_again(asha, settings):
    options = {"service": "postmark", "server_token": "x", "api_url": "http://127.0.0.1:9/"}
    settings.DELIVERY = settings.DELIVERY | {"email": {"BACKEND": ADAPTER, "OPTIONS": options}}
    message = send()
    assert (message.status, message.attempts, message.reason) == ("due", 1, "postmark cannot be reached.")
    forget_providers()


def test_a_letter_goes_to_its_one_reader_with_its_file(service):
    send_one(
        to="x@customer.example", subject="Grüße", text="Für Sie", sent_from="Mia <mia@tandem.example>",
        attachments=[Attachment("offer.pdf", "application/pdf", b"%PDF-1.7")],
    )  # fmt: skip
    deliver("email", timezone.now() + timedelta(seconds=1))
    ((_, _, mail),) = service.posts
    (file,) = mail["Attachments"]
    assert (mail["Subject"], mail["TextBody"].strip(), file["Name"]) == ("Grüße", "Für Sie", "offer.pdf")
    assert base64.b64decode(file["Content"]) == b"%PDF-1.7"


def test_whoever_is_named_in_cc_gets_no_second_mail():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Cc"], mail["Subject"] = (
        "a@x.example",
        "b@x.example, c@x.example",
        "d@x.example",
        "S",
    )
    mail.set_content("Hi")
    made = as_django(Parcel(1, "d@x.example", "a@x.example", "S", mail.as_bytes(), "<1@x.example>"))
    assert (made.to, made.cc, made.bcc) == (["d@x.example"], [], [])


def test_a_service_that_is_none_or_lacks_its_key_is_a_line_at_start_up(settings):
    settings.DELIVERY = settings.DELIVERY | {"email": {"BACKEND": ADAPTER, "OPTIONS": {"service": "amazon-ses"}}}
    assert "Amazon SES goes by EMAIL_URL" in check_delivery()[0].msg
    settings.DELIVERY = settings.DELIVERY | {"email": {"BACKEND": ADAPTER, "OPTIONS": {"service": "postmark"}}}
    assert "postmark lacks a setting" in check_delivery()[0].msg


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mailgun", {"api_key": "k"}),
        ("sendgrid", {"api_key": "k"}),
        ("brevo", {"api_key": "k"}),
        ("resend", {"api_key": "k"}),
        ("mailjet", {"api_key": "k", "secret_key": "s"}),
        ("sparkpost", {"api_key": "k"}),
        ("mailersend", {"api_token": "k"}),
        ("unisender-go", {"api_key": "k", "api_url": "https://go.example/"}),
    ],
)
def test_every_service_can_be_chosen(name, options):
    assert EmailService(name, **options).batch
