"""Before an email goes live: is its sender's domain authenticated? Said in the designer, before a send, and by the API."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import SenderDomain
from marketing.actions.emails import make_ready, problems_of
from tests.factories.crm import SenderFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory, TextMessageFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/crm/senderdomain/"


@pytest.fixture
def goes_out(settings):
    """Mails leave the machine."""
    settings.DELIVERY = settings.DELIVERY | {
        "email": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": "smtp://127.0.0.1:1"}}
    }


def checked(domain="tandem.example", problem="", **states):
    findings = [{"check": name, "state": state} for name, state in states.items()]
    SenderDomain.objects.create(domain=domain, checked_at=timezone.now(), findings=findings, problem=problem)


def doubts(email):
    return [(p.message, p.is_error, p.url) for p in problems_of(email) if p.field == "sender"]


def test_nobody_is_nagged_where_mails_land_in_the_outbox():
    checked(spf="bad", dkim="bad", dmarc="bad")
    assert doubts(MarketingEmailFactory()) == []


def test_a_sender_with_a_server_of_its_own_is_asked_about_all_the_same(settings):
    settings.DELIVERY_CARRIERS = {"bulk": {"BACKEND": "crm.integrations.smtp.Smtp"}}
    checked(spf="bad", dkim="good", dmarc="good")
    email = MarketingEmailFactory(sender=SenderFactory(carrier="bulk"))
    assert len(doubts(email)) == 1


def test_an_authenticated_domain_is_nothing_to_object_to(goes_out):
    checked(spf="good", dkim="good", dmarc="weak")
    assert doubts(MarketingEmailFactory(sender=SenderFactory())) == []


def test_what_is_missing_is_a_warning_with_its_names_and_a_link(goes_out, marketer):
    checked(spf="bad", dkim="good", dmarc="bad")
    email = MarketingEmailFactory(sender=SenderFactory())
    ((message, is_error, url),) = doubts(email)
    assert message.startswith("tandem.example is not authenticated: SPF and DMARC are missing or wrong.")
    assert (is_error, url) == (False, PAGE)
    assert make_ready(email, by=marketer).ready_version == 1


def test_without_a_sender_of_its_own_the_default_one_is_meant(goes_out):
    checked(spf="bad", dkim="good", dmarc="good")
    SenderFactory(is_default=True)
    assert len(doubts(MarketingEmailFactory(sender=None))) == 1


def test_what_nobody_ever_looked_up_is_said_so_and_looked_up_once(goes_out, run_jobs):
    email = MarketingEmailFactory(sender=SenderFactory())
    ((message, _, _),) = doubts(email)
    assert "Nobody has looked yet" in message
    asked_at = SenderDomain.objects.get().asked_at
    assert asked_at is not None
    doubts(email)
    assert SenderDomain.objects.get().asked_at == asked_at
    run_jobs()
    ((message, _, _),) = doubts(email)
    assert message.startswith("Whether tandem.example is authenticated is not known: ")
    assert "DNS_RESOLVER" in message
    assert SenderDomain.objects.get().asked_at is None


def test_what_is_not_known_is_told_by_name(goes_out):
    checked(spf="good", dkim="open", dmarc="good")
    ((message, _, _),) = doubts(MarketingEmailFactory(sender=SenderFactory()))
    assert message == "Whether tandem.example is authenticated is not known: nobody can say how DKIM stands."


def test_the_designer_shows_it_and_links_for_whoever_may_see_the_page(client, goes_out, marketer):
    checked(spf="bad", dkim="good", dmarc="good")
    email = MarketingEmailFactory(sender=SenderFactory())
    client.force_login(marketer)
    answer = client.post(
        reverse("admin:marketing_marketingemail_check", args=[email.pk]),
        {"subject": email.subject, "preheader": "", "blocks": json.dumps(email.blocks)},
    )
    (doubt,) = [one for one in answer.json()["problems"] if one["field"] == "sender"]
    assert (doubt["is_error"], doubt["url"]) == (False, PAGE)
    (said,) = [one for one in client.get(f"/api/v1/emails/{email.pk}/check/").json() if one["field"] == "sender"]
    assert said["message"] == doubt["message"]


def test_the_page_before_a_send_says_it_beside_the_button(client, goes_out, marketer):
    checked(spf="bad", dkim="good", dmarc="good")
    email = make_ready(MarketingEmailFactory(sender=SenderFactory()), by=marketer)
    segment = ListFactory()
    client.force_login(marketer)
    page = reverse("admin:marketing_send_new", args=["email", email.pk])
    html = client.get(page, {"segments": segment.pk}).content.decode()
    assert "tandem.example is not authenticated: SPF" in html
    assert f'<a href="{PAGE}">See what is missing</a>' in html
    text = reverse("admin:marketing_send_new", args=["text", TextMessageFactory().pk])
    assert "authenticated" not in client.get(text).content.decode()
