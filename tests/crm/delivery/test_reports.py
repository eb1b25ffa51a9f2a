"""Bounces and complaints: by a mailbox, by an email service, forged, twice, about a message we never sent."""

import base64
from datetime import timedelta
from email.message import EmailMessage
from email.message import Message as Part
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.filing import file_mail
from crm.actions.reports import judge_waiting, keep_mail
from crm.delivery import tokens
from crm.delivery.eligibility import why_not
from crm.delivery.queueing import queue_for
from crm.delivery.returns import ReturnPaths, message_of
from crm.delivery.sending import deliver
from crm.mailbox.reports import read_report
from crm.models import Contact, DeliveryReport, Interaction, Mailbox, Message, Suppression
from tests.crm.delivery.conftest import REF

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def mailbox(db):
    box = Mailbox(name="Bounces", kind="bounces", address="bounces@tandem.example", host="127.0.0.1", user_name="b")
    box.password = "secret"
    box.save()
    return box


@pytest.fixture
def message(asha):
    queue_for(Contact.objects.filter(pk=asha.pk), content=REF, send_key="send:1")
    deliver("email", timezone.now())
    return Message.objects.get()


def delivery_status(code, action="failed", to="asha.rao@customer.example", said="550 5.1.1 User unknown"):
    status = Part()
    status["Content-Type"] = "message/delivery-status"
    host, one = Part(), Part()
    host["Reporting-MTA"] = "dns; mx.customer.example"
    one["Final-Recipient"] = f"rfc822; {to}"
    one["Action"] = action
    one["Status"] = code
    one["Diagnostic-Code"] = f"smtp; {said}"
    status.set_payload([host, one])
    return status


def dsn(to, status, *, about="", kind="delivery-status"):
    mail = MIMEMultipart("report", report_type=kind)
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@mx.customer.example", to, "Undelivered Mail"
    mail.attach(MIMEText("I am sorry."))
    mail.attach(status)
    heads = MIMEText(f"Message-ID: {about}\nSubject: Hello\n", "rfc822-headers")
    mail.attach(heads)
    return mail.as_bytes()


def complaint(to, about=""):
    report = Part()
    report["Content-Type"] = "message/feedback-report"
    report.set_payload("Feedback-Type: abuse\nUser-Agent: Big/1.0\nVersion: 1\n")
    return dsn(to, report, about=about, kind="feedback-report")


def returned(message):
    return f"bounces+{tokens.for_return(message.pk)}@tandem.example"


def came_in(raw):
    keep_mail(raw, NOW)
    judge_waiting(NOW)
    return DeliveryReport.objects.latest("pk")


def test_every_mail_gets_a_return_path_that_names_it(message, mailbox, smtp):
    Message.objects.update(status="due")
    seen = {}

    async def handle_MAIL(server, session, envelope, address, options):
        envelope.mail_from = address
        seen["from"] = address
        return "250 2.1.0 Ok"

    type(smtp).handle_MAIL = staticmethod(handle_MAIL)
    try:
        deliver("email", timezone.now())
    finally:
        del type(smtp).handle_MAIL
    assert seen["from"] == returned(message)
    assert message_of([seen["from"].upper()]) == message.pk
    assert message_of(["bounces+" + "a" * 26 + "@tandem.example", "bounces@tandem.example"]) is None
    ((_, mail),) = smtp.mails
    assert mail["From"].addresses[0].addr_spec == "events@tandem.example"


def test_the_return_path_is_at_the_senders_own_domain_where_there_is_one(mailbox):
    Mailbox.objects.create(name="News", kind="bounces", address="back@news.example", host="x", user_name="x")
    paths = ReturnPaths()
    assert paths.address(7, "mia@news.example").startswith("back+")
    assert paths.address(7, "mia@other.example").startswith("bounces+")
    Mailbox.objects.update(is_active=False)
    assert ReturnPaths().address(7, "mia@news.example") == ""


def test_a_hard_bounce_stops_the_address_for_ever_and_is_told_everywhere(message, asha, mailbox):
    report = came_in(dsn(returned(message), delivery_status("5.1.1")))
    assert (report.kind, report.became, report.message, report.code) == ("hard", "taken", message, "5.1.1")
    held = Suppression.objects.get()
    assert (held.cause, held.until, held.reason) == ("bounce", None, "5.1.1 550 5.1.1 User unknown")
    message.refresh_from_db()
    assert (message.status, message.reason) == ("bounced", "5.1.1 550 5.1.1 User unknown")
    told = Interaction.objects.get(kind="email.bounced")
    assert (told.contact, told.message, told.data["is_hard"]) == (asha, message, True)
    assert why_not(asha, purpose="transactional") == "The address bounced before."


def test_soft_bounces_pause_for_one_two_four_days_and_a_calm_quarter_forgives(message, asha, mailbox):
    lengths = []
    at = NOW
    for number in range(4):
        status = delivery_status("4.2.2", said=f"452 4.2.2 Mailbox full {number}")
        keep_mail(dsn(returned(message), status), at)
        judge_waiting(at)
        held = Suppression.objects.latest("pk")
        lengths.append(round((held.until - at).total_seconds() / 86400))
        keep_mail(dsn(returned(message), delivery_status("4.2.2", said=f"again {number}")), at + timedelta(hours=1))
        judge_waiting(at)
        at = held.until + timedelta(days=1)
    assert (lengths, Suppression.objects.count()) == ([1, 2, 4, 8], 4)
    keep_mail(dsn(returned(message), delivery_status("4.2.2", said="later")), at + timedelta(days=120))
    judge_waiting(at)
    assert Suppression.objects.latest("pk").strikes == 1
    assert Interaction.objects.filter(kind="email.bounced").count() == 1


def test_a_delay_and_an_automatic_answer_change_nothing(message, asha, mailbox):
    assert came_in(dsn(returned(message), delivery_status("4.4.1", action="delayed"))).became == "ignored"
    away = EmailMessage()
    away["From"], away["To"], away["Subject"] = "asha.rao@customer.example", returned(message), "Out of office"
    away.set_content("I am away.")
    assert came_in(away.as_bytes()).became == "ignored"
    assert not Suppression.objects.exists()


def test_a_complaint_stops_the_address_for_ever(message, asha, mailbox):
    report = came_in(complaint("abuse@tandem.example", about=message.message_id))
    assert report.became == "aside"  # it does not say who complained, and nothing that we have signed
    report = came_in(complaint(returned(message), about=message.message_id))
    assert (report.kind, report.became) == ("complaint", "taken")
    assert why_not(asha, purpose="transactional") == "The person complained before."
    assert Interaction.objects.filter(kind="email.complained", contact=asha).count() == 1


def test_a_report_without_our_return_path_is_believed_by_message_id_and_address_together(message, asha):
    stranger = delivery_status("5.1.1", to="somebody@else.example")
    assert came_in(dsn("events@tandem.example", stranger, about=message.message_id)).became == "aside"
    assert not Suppression.objects.exists()
    hers = dsn("events@tandem.example", delivery_status("5.1.1"), about=message.message_id)
    assert came_in(hers).became == "taken"


@pytest.mark.parametrize("to", ["bounces@tandem.example", "bounces+" + "q" * 26 + "@tandem.example", ""])
def test_a_bounce_for_a_message_we_never_sent_is_set_aside_and_told(client, marketer, mailbox, company, to):
    report = came_in(dsn(to, delivery_status("5.1.1"), about="<never@tandem.example>"))
    assert (report.became, report.said) == ("aside", "It is about no message that we sent to this address.")
    assert not Suppression.objects.exists()
    client.force_login(marketer)
    page = client.get(reverse("admin:crm_deliveryreport_changelist"), {"became__exact": "aside"}).content.decode()
    assert "It is about no message" in page
    assert client.get(reverse("admin:crm_deliveryreport_change", args=[report.pk])).status_code == 200


def test_one_that_comes_twice_is_one(message, mailbox):
    raw = dsn(returned(message), delivery_status("5.1.1"))
    assert (keep_mail(raw, NOW) is not None, keep_mail(raw, NOW)) == (True, None)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 50, b"Content-Type: multipart/report; boundary=x\n\n--x\n", b"To: " + b"a" * 9000]
)
def test_what_is_no_report_breaks_nothing(db, raw):
    assert came_in(raw).became in ("ignored", "aside")
    assert came_in(dsn("x@y.example", delivery_status("5.1.1"))).became == "aside"


def test_the_report_in_the_usual_mailbox_is_kept_too(message, asha):
    said = file_mail(dsn("events@tandem.example", delivery_status("5.1.1"), about=message.message_id)).said
    judge_waiting(NOW)
    assert (said.startswith("Kept among the bounces"), why_not(asha)) == (True, "The address bounced before.")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("5.1.1", "hard"), ("5.1.10", "hard"), ("5.2.1", "hard"), ("5.1.8", "soft"), ("5.2.2", "soft"), ("5.7.1", "soft"),
     ("4.4.7", "soft"), ("", "soft")],
)  # fmt: skip
def test_only_a_dead_address_is_a_hard_bounce(code, kind):
    assert read_report(dsn("x@y.example", delivery_status(code))).kind == kind


def test_a_report_of_an_old_server_in_words_is_understood():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@old.example", "bounces@tandem.example", "failure notice"
    mail.set_content(
        "Hi. This is the qmail-send program at old.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<asha@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <x@y.example>\n"
    )
    told = read_report(mail.as_bytes())
    assert (told.kind, told.address) == ("hard", "asha@customer.example")


# Email services


@pytest.fixture
def secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:s3cret"}
    return {"authorization": "Basic " + base64.b64encode(b"hook:s3cret").decode()}


def postmark(message, **more):
    return {
        "RecordType": "Bounce", "ID": 901542550, "Type": "HardBounce", "TypeCode": 1, "MessageID": "883953f4",
        "Email": message.address, "BouncedAt": "2026-11-01T16:33:54Z", "Description": "The server was unable to deliver",
        "Details": "smtp;550 5.1.1 no such user", **more,
    }  # fmt: skip


def post(client, body, headers, service="postmark"):
    return client.post(f"/hooks/{service}", body, "application/json", headers=headers).status_code


def test_an_email_service_tells_of_a_bounce_and_twice_is_once(message, asha, client, secret):
    Message.objects.update(provider_ref="883953f4")
    assert [post(client, postmark(message), secret) for _ in range(2)] == [200, 200]
    report = DeliveryReport.objects.get()
    assert (report.became, report.source, report.kind) == ("waiting", "postmark", "hard")
    assert not Suppression.objects.exists()
    judge_waiting(NOW)
    assert why_not(asha) == "The address bounced before."
    assert Interaction.objects.get(kind="email.bounced").data["by"] == "postmark"


def test_sendgrid_names_our_message_id_and_a_complaint_is_one(message, asha, client, secret):
    event = {
        "email": message.address, "timestamp": 1761000000, "event": "spamreport", "sg_event_id": "e1",
        "smtp-id": message.message_id, "sg_message_id": "x.filter",
    }  # fmt: skip
    assert post(client, [event, {**event, "event": "open", "sg_event_id": "e2"}], secret, "sendgrid") == 200
    judge_waiting(NOW)
    report = DeliveryReport.objects.get()
    assert (report.kind, report.became) == ("complaint", "taken")


def test_without_the_secret_the_door_is_shut(message, client, secret, settings):
    wrong = {"authorization": "Basic " + base64.b64encode(b"hook:guess").decode()}
    assert [post(client, postmark(message), headers) for headers in ({}, wrong)] == [403, 403]
    assert post(client, postmark(message), secret, "nobody") == 404
    settings.ANYMAIL = {}
    assert post(client, postmark(message), secret) == 404
    assert not DeliveryReport.objects.exists()


def test_what_a_service_sends_wrong_is_kept_and_looked_into(message, client, secret):
    assert post(client, "{not json", secret) == 200
    report = DeliveryReport.objects.get()
    assert (report.became, bytes(report.raw)) == ("aside", b"{not json")


def test_a_service_that_speaks_of_an_address_we_never_wrote_to_is_set_aside(message, client, secret):
    post(client, postmark(message, Email="ünknown@else.example", ID=7), secret)
    judge_waiting(NOW)
    assert DeliveryReport.objects.get().became == "aside"
    assert not Suppression.objects.exists()
