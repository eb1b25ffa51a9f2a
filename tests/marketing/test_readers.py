"""With what and where mails are read, by which segment they came, what came of the clicks; a refused mail is not delivered."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.delivery.verdicts import VERSION
from crm.log.recording import record
from crm.models import Interaction, Message
from marketing.actions.emails import make_ready
from marketing.actions.sends import start_send
from marketing.models import SegmentMember
from marketing.queries import funnel, readers
from marketing.queries.insights import messages_of
from marketing.queries.results import results_of
from sales.actions.closing import win_opportunity
from tests.countries import written
from tests.crm.delivery.conftest import mail_to
from tests.factories.crm import ContactFactory
from tests.factories.deals import LeadFactory, OpportunityFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
ADDRESSES = ("a@one.example", "b@one.example", "c@one.example")


@pytest.fixture
def send(marketer, run_jobs):
    """a is in one list, b in another, c in both; it was sent an hour ago."""
    email = make_ready(MarketingEmailFactory(), by=marketer)
    north, south = ListFactory(name="North"), ListFactory(name="South")
    for address, lists in zip(ADDRESSES, ((north,), (south,), (north, south)), strict=True):
        contact = ContactFactory(email=address, owner=marketer)
        give_consent(address, source="test")
        for one in lists:
            SegmentMember.objects.create(segment=one, contact=contact)
    sent = start_send(email, segments=[north, south], by=marketer)
    run_jobs()
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    return sent


def open_mail(client, address, agent, came_from="203.0.113.9"):
    html = mail_to(address).get_body(("html",)).get_content()
    picture = re.search(r"http://testserver(/t/o/[^\"\s]+)", html)[1]
    client.get(picture, headers={"user-agent": agent}, REMOTE_ADDR=came_from)


def click(address):
    message = Message.objects.get(address=address)
    record("email.clicked", contact=message.contact_id, message=message, verdict="human", verdict_version=VERSION,
           data={"agent": COMPUTER, "link": 1})  # fmt: skip


def opens(lines):
    return {line.label: (line.of("opened").all, line.of("opened").human) for line in lines}


def test_an_open_tells_device_program_and_system_but_a_proxy_tells_no_device(send, client, run_jobs):
    for address, agent in (
        ("a@one.example", PHONE), ("a@one.example", COMPUTER), ("b@one.example", GMAIL), ("c@one.example", "Mozilla/5.0"),
    ):  # fmt: skip
        open_mail(client, address, agent)
    assert set(Interaction.objects.filter(kind="email.opened").values_list("client", flat=True)) == {None}
    run_jobs()
    messages = messages_of(send)
    assert opens(readers.by_device(messages)) == {"Phone": (1, 1), "Computer": (1, 1), "Not known": (2, 1)}
    assert opens(readers.by_client(messages)) == {
        "Chrome": (1, 1), "Firefox": (1, 1), "Gmail (image proxy)": (1, 1), "Apple Mail (privacy protection)": (1, 0),
    }  # fmt: skip
    assert opens(readers.by_system(messages)) == {"Android": (1, 1), "Windows": (1, 1), "Not known": (2, 1)}
    assert readers.by_country(messages) == []


def test_with_a_database_of_countries_hits_tell_theirs_and_older_ones_are_filled_in(
    send, client, run_jobs, settings, tmp_path
):
    open_mail(client, "a@one.example", PHONE)
    run_jobs()
    settings.GEOIP_PATH = str(written(tmp_path / "countries.mmdb", {"203.0.113.0/24": "DE", "198.51.100.0/24": "IN"}))
    open_mail(client, "b@one.example", PHONE, "198.51.100.7")
    open_mail(client, "c@one.example", PHONE, "192.0.2.1")
    run_jobs()
    messages = messages_of(send)
    assert opens(readers.by_country(messages)) == {"India": (1, 1), "Not known": (2, 2)}
    call_command("rejudge_hits")
    assert opens(readers.by_country(messages)) == {"Germany": (1, 1), "India": (1, 1), "Not known": (1, 1)}
    kept = Interaction.objects.filter(kind="email.opened").values_list("data__network", flat=True)
    assert set(kept) == {"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"}


def test_hits_of_before_are_filled_in_when_they_are_judged_again(send, client, run_jobs):
    open_mail(client, "a@one.example", PHONE)
    run_jobs()
    Interaction.objects.filter(kind="email.opened").update(verdict_version=2, client=None)
    assert opens(readers.by_device(messages_of(send))) == {"Not looked up yet": (1, 1)}
    call_command("rejudge_hits")
    assert opens(readers.by_device(messages_of(send))) == {"Phone": (1, 1)}


def test_a_database_that_cannot_be_read_is_said_at_start_up_and_stops_nothing(
    send, client, run_jobs, settings, tmp_path, capsys
):
    settings.GEOIP_PATH = str(tmp_path / "nothing.mmdb")
    call_command("check")
    assert "GEOIP_PATH" in capsys.readouterr().err
    open_mail(client, "a@one.example", PHONE)
    run_jobs()
    assert opens(readers.by_device(messages_of(send))) == {"Phone": (1, 1)}


def test_each_segment_of_a_send_has_its_numbers_as_it_was_when_the_messages_were_made(send, client, marketer, run_jobs):
    click("c@one.example")
    run_jobs()
    SegmentMember.objects.all().delete()
    lines = {line.label: line for line in readers.by_segment(send)}
    assert {name: (line.of("sent").all, line.of("clicked").human) for name, line in lines.items()} == {
        "North": (2, 1),
        "South": (2, 1),
    }
    client.force_login(marketer)
    address = reverse("admin:marketing_insights_people", args=["send", send.pk, "sent"])
    found = client.get(address, {"segment": lines["North"].key}).context["page"].object_list
    assert {message.address for message in found} == {"a@one.example", "c@one.example"}


def test_leads_and_deals_count_where_the_person_clicked_and_they_came_in_time(send, client, marketer, rep, run_jobs):
    a, b, c = (Message.objects.get(address=address).contact for address in ADDRESSES)
    click("a@one.example")
    click("c@one.example")
    run_jobs()
    for person in (a, b):
        LeadFactory(contact=person, owner=rep)
    win_opportunity(OpportunityFactory(contact=a, owner=rep), revenue=Decimal("1200"), by=rep)
    late = OpportunityFactory(contact=c, owner=rep)
    type(late).objects.filter(pk=late.pk).update(created_at=timezone.now() + timedelta(days=40))
    steps = {step.name: step for step in funnel.steps_of(send, 30)}
    assert {name: step.count for name, step in steps.items()} == {
        "sent": 3, "delivered": 3, "opened": 0, "clicked": 2, "leads": 1, "opportunities": 1, "won": 1,
    }  # fmt: skip
    assert steps["won"].money == (Decimal("1200"), "EUR")
    assert {step.name: step.count for step in funnel.steps_of(send, 90)}["opportunities"] == 2
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_insights_funnel", args=["send", send.pk]))
    assert b"within 30 days" in page.content
    found = client.get(reverse("admin:marketing_insights_people", args=["send", send.pk, "leads"]))
    assert [message.contact for message in found.context["page"].object_list] == [a]
    assert client.get(f"/api/v1/sends/{send.pk}/insights/").json()["funnel"][-1] == {
        "name": "won", "count": 1, "worth": "1200.00", "currency": "EUR",
    }  # fmt: skip


def test_a_mail_refused_at_once_was_never_delivered_and_takes_nothing_from_the_delivered(send, run_jobs):
    """It used to be taken off those delivered, though it had never been one of them."""
    refused, returned, _kept = Message.objects.order_by("pk")
    Message.objects.filter(pk=refused.pk).update(status="failed", reason="550 no such box")
    Interaction.objects.filter(message=refused, kind="email.delivered").delete()
    record("email.bounced", contact=refused.contact_id, message=refused, data={"reason": "550 no such box"})
    Message.objects.filter(pk=returned.pk).update(status="bounced", reason="4.2.2 full")
    record("email.bounced", contact=returned.contact_id, message=returned, data={"is_hard": False})
    run_jobs()
    results = results_of(send)
    assert (results.total, results.sent, results.delivered, results.not_sent) == (3, 2, 1, 1)
    assert (results.bounced, results.bounced_hard, results.bounced_soft) == (2, 1, 1)
