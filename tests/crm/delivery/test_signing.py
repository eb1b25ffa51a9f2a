"""DKIM by our own hand: what really arrives at a mail server is verified against the record that the page shows."""

import dkim
import pytest
from aiosmtpd.controller import Controller
from django.urls import reverse
from django.utils import timezone

from crm.actions.signing import discard_signing_key, make_signing_key
from crm.deliverability.work import ask_for_all, check_asked
from crm.delivery.providers import forget_providers, provider_of
from crm.delivery.queueing import queue_for, send_one
from crm.delivery.sending import deliver
from crm.errors import Forbidden, NotAllowed
from crm.models import Contact, Message, SenderDomain, SigningKey
from tests.crm.delivery.conftest import REF, Inbox, agree, free_port
from tests.dns import Zone, serving
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


class Raw(Inbox):
    """Keeps the bytes as they came over the wire."""

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content)
        return "250 2.0.0 Ok"


@pytest.fixture(params=[True, False], ids=["pipelined", "one by one"])
def wire(request, settings):
    inbox, port = Raw(), free_port()
    inbox.pipelines = request.param
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    url = f"smtp://127.0.0.1:{port}?connections=2"
    settings.DELIVERY = settings.DELIVERY | {
        "email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": url}}
    }
    yield inbox
    provider_of("email").close()
    controller.stop()
    forget_providers()


@pytest.fixture
def zone(settings):
    zone = Zone()
    with serving(zone) as address:
        settings.DNS_RESOLVER = address
        yield zone


@pytest.fixture
def domain(sender):
    return SenderDomain.objects.create(domain="tandem.example")


def look():
    ask_for_all(timezone.now())
    check_asked(timezone.now())


def publish(zone, key):
    zone.text(key.record_name, key.record_value)


@pytest.fixture
def key(domain, zone, administrator):
    """Made, published, found: it signs."""
    key = make_signing_key(domain, by=administrator)
    publish(zone, key)
    look()
    key.refresh_from_db()
    return key


def is_verified(mail, key):
    """As a receiver would do it, with the record as the only thing that DNS knows."""
    record = {f"{key.record_name}.".encode(): key.record_value.encode()}
    return dkim.verify(mail, dnsfunc=lambda name, timeout=5: record.get(name))


def sent(wire, asha):
    queue_for(Contact.objects.filter(pk=asha.pk), content=REF, send_key=f"s{len(wire.mails)}")
    deliver("email", timezone.now())
    return wire.mails[-1]


def test_what_arrives_is_verified_by_the_record_and_one_changed_byte_is_not(asha, wire, key):
    mail = sent(wire, asha)
    assert is_verified(mail, key)
    at = mail.index(b"Join the webinar")
    assert not is_verified(mail[:at] + b"K" + mail[at + 1 :], key)
    assert not is_verified(mail.replace(b"see you on Tuesday", b"see you on Mondays"), key)
    assert not is_verified(b"From: Somebody Else <else@tandem.example>\r\n" + mail, key)


def test_the_way_to_unsubscribe_and_the_message_id_are_signed_and_from_once_more_than_it_is_there(asha, wire, key):
    mail = sent(wire, asha)
    head = mail.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")
    names = head.partition(b"h=")[2].partition(b";")[0].replace(b" ", b"").split(b":")
    assert names.count(b"from") == 2
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"message-id", b"subject", b"to", b"date"} <= set(names)


def test_many_mails_over_kept_connections_are_each_verified(asha, wire, key):
    more = Contact.objects.bulk_create(ContactFactory.build() for _ in range(60))
    agree(*more)
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    assert len(wire.mails) == 61
    assert all(is_verified(mail, key) for mail in wire.mails)
    assert Message.objects.filter(status="sent").count() == 61


def test_a_letter_with_a_file_and_dots_at_the_beginning_of_lines_is_verified(wire, key):
    send_one(to="x@customer.example", subject="Grüße", text=".one\n..two\nÄ\n", sent_from="Mia <mia@tandem.example>")
    deliver("email", timezone.now())
    assert is_verified(wire.mails[-1], key)


def test_a_key_that_is_not_in_dns_does_not_sign(asha, wire, domain, zone, administrator):
    key = make_signing_key(domain, by=administrator)
    look()
    key.refresh_from_db()
    assert (key.status, key.signs_since) == ("waiting", None)
    assert key.problem.startswith(f"There is no record {key.record_name} yet.")
    assert b"DKIM-Signature" not in sent(wire, asha)


def test_another_key_under_the_selector_is_told_and_does_not_sign(domain, zone, administrator):
    key = make_signing_key(domain, by=administrator)
    zone.text(key.record_name, f"v=DKIM1; k=rsa; p={key.public_key[:-8]}AAAAAAAA")
    look()
    key.refresh_from_db()
    assert (key.status, "holds another key" in key.problem) == ("waiting", True)


def test_where_the_mail_server_signs_tandem_does_not(asha, wire, key, sender):
    sender.relay_signs = True
    sender.save()
    assert b"DKIM-Signature" not in sent(wire, asha)


def test_mail_from_another_domain_is_not_signed(wire, key):
    send_one(to="x@customer.example", subject="Hi", text="Hi", sent_from="Mia <mia@elsewhere.example>")
    deliver("email", timezone.now())
    assert b"DKIM-Signature" not in wire.mails[-1]


def test_a_second_key_takes_over_once_it_is_found_and_the_old_one_is_thrown_away(
    asha, wire, key, zone, domain, administrator
):
    new = make_signing_key(domain, by=administrator)
    look()
    assert is_verified(sent(wire, asha), key)
    publish(zone, new)
    look()
    new.refresh_from_db()
    key.refresh_from_db()
    assert (new.status, key.status, key.sealed_key) == ("signing", "stopped", "")
    mail = sent(wire, asha)
    assert is_verified(mail, new)
    assert not is_verified(mail, key)


def test_a_key_whose_record_was_taken_away_signs_no_longer(asha, wire, key, zone):
    zone.records.clear()
    zone.add("tandem.example. 60 IN A 127.0.0.1")
    look()
    key.refresh_from_db()
    assert key.status == "waiting"
    assert b"DKIM-Signature" not in sent(wire, asha)


def test_a_dns_that_does_not_answer_changes_nothing_and_says_so(key, zone):
    zone.broken.add(key.record_name)
    look()
    key.refresh_from_db()
    assert (key.status, key.problem != "") == ("signing", True)


def test_the_private_key_is_sealed_and_unreadable_under_another_secret(asha, wire, key, settings):
    assert "PRIVATE" not in key.sealed_key
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    assert b"DKIM-Signature" not in sent(wire, asha)
    look()
    key.refresh_from_db()
    assert (key.status, "SECRET_KEY has changed" in key.problem) == ("waiting", True)


def test_the_check_of_the_domain_knows_the_selector_that_tandem_signs_with(key):
    (found,) = [one for one in SenderDomain.objects.get().findings if one["check"] == "dkim"]
    assert (found["state"], found["says"]) == ("good", [key.record_value])


def test_one_key_waits_at_a_time_and_the_one_that_signs_is_not_discarded(key, domain, administrator, rep):
    make_signing_key(domain, by=administrator)
    with pytest.raises(NotAllowed, match="waits for its record already"):
        make_signing_key(domain, by=administrator)
    with pytest.raises(NotAllowed, match="Make a new one"):
        discard_signing_key(key, by=administrator)
    with pytest.raises(Forbidden):
        make_signing_key(domain, by=rep)


def test_the_page_leads_from_no_key_to_a_key_that_signs(client, administrator, domain, zone, run_jobs, wire):
    client.force_login(administrator)
    page = reverse("admin:crm_senderdomain_signing", args=[domain.pk])
    assert "No key yet" in client.get(page).content.decode()
    client.post(f"{page}make/")
    key = SigningKey.objects.get()
    html = client.get(page).content.decode()
    assert key.record_name in html
    assert key.record_value in html
    assert "PRIVATE" not in html
    client.post(f"{page}check/")
    run_jobs()
    assert "There is no record" in client.get(page).content.decode()
    publish(zone, key)
    client.post(f"{page}check/")
    run_jobs()
    html = client.get(page).content.decode()
    assert "Tandem signs" in html
    assert "Make a new key" in html
    assert page in client.get(reverse("admin:crm_senderdomain_changelist")).content.decode()


def test_the_page_is_not_for_a_rep_and_a_key_is_discarded_by_post_alone(client, rep, administrator, domain, zone):
    key = make_signing_key(domain, by=administrator)
    page = reverse("admin:crm_senderdomain_signing", args=[domain.pk])
    client.force_login(rep)
    assert client.get(page).status_code in (302, 403, 404)
    assert client.post(f"{page}discard/", {"key": key.selector}).status_code in (302, 403, 404)
    client.force_login(administrator)
    assert client.get(f"{page}discard/").status_code == 405
    assert SigningKey.objects.count() == 1
    client.post(f"{page}discard/", {"key": key.selector})
    assert SigningKey.objects.count() == 0
