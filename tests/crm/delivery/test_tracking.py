"""Opens, clicks, unsubscribing and preferences, as readers and machines do them."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from crm.actions.consent import withdraw_consent
from crm.delivery import tokens
from crm.delivery.contents import Content
from crm.delivery.eligibility import why_not
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.delivery.verdicts import VERSION, Hit, judge
from crm.models import Consent, Contact, Interaction, Message, Topic
from tests.crm.delivery.conftest import REF, known, mail_to

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def mail(asha):
    """A mail that Asha got an hour ago."""
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    return mail_to("asha.rao@customer.example").get_body(("html",)).get_content()


def address(mail, page):
    return re.search(rf'http://testserver(/{page}/[^"\s]+)', mail)[1]


def test_an_open_is_a_row_before_it_is_answered(mail, asha, client):
    response = client.get(address(mail, "t/o"), headers={"user-agent": BROWSER})
    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")
    hit = Interaction.objects.get(kind="email.opened")
    assert (hit.contact, hit.source_type, hit.source_id, hit.verdict) == (asha, "tests.content", 1, "human")
    assert hit.message == Message.objects.get()
    assert hit.verdict_version == VERSION


def test_a_click_leads_to_the_stored_address(mail, asha, client):
    response = client.get(address(mail, "t/c"), headers={"user-agent": BROWSER})
    assert (response.status_code, response["Location"]) == (302, "https://vendor.example/webinar?a=1&b=2")
    hit = Interaction.objects.get(kind="email.clicked")
    assert (hit.contact, hit.data["url"]) == (asha, "https://vendor.example/webinar?a=1&b=2")


def test_a_click_to_our_own_page_tells_who_comes(asha, client):
    known[1, 1] = Content("Own", subject="x", html=f'<a href="{settings.PUBLIC_URL}/e/webinar/?a=1">x</a>')
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    own = mail_to("asha.rao@customer.example").get_body(("html",)).get_content()
    there = client.get(address(own, "t/c"), headers={"user-agent": BROWSER})["Location"]
    found = re.fullmatch(r"http://testserver/e/webinar/\?a=1&t=(.+)", there)
    assert tokens.read_person(found[1]) == tokens.Person(Message.objects.get().pk, asha.pk)
    assert tokens.read_person(found[1], max_age=timedelta(minutes=-1)) is None
    assert tokens.read_person("nonsense") is None


@pytest.mark.parametrize("page", ["t/o", "t/c", "unsubscribe"])
def test_a_changed_token_is_a_clear_page_and_does_nothing(mail, client, page):
    good = address(mail, page)
    place = good.rindex("/") + 8
    changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
    response = client.get(changed)
    assert response.status_code == 404
    assert "This link does not work" in response.content.decode()
    assert client.post(changed).status_code in (404, 405)
    assert not Interaction.objects.filter(kind__in=["email.opened", "email.clicked", "email.unsubscribed"]).exists()


def test_a_token_is_good_for_one_thing_only():
    assert tokens.read_leaving(tokens.for_open(7)) is None
    assert tokens.read_open(tokens.for_leaving(7)) is None
    assert tokens.read_leaving(tokens.for_leaving(7)) == 7


def test_old_keys_stay_good_and_a_lost_one_does_not(settings):
    old = tokens.for_leaving(7)
    settings.TRACKING_KEYS = "1:sixteen-letters-or-more"
    new = tokens.for_leaving(7)
    assert new != old
    assert (tokens.read_leaving(old), tokens.read_leaving(new)) == (7, 7)
    settings.TRACKING_KEYS = ""
    assert tokens.read_leaving(new) is None


def test_following_the_unsubscribe_link_does_not_unsubscribe(mail, asha, client):
    page = client.get(address(mail, "unsubscribe"))
    assert page.status_code == 200
    assert client.head(address(mail, "unsubscribe")).status_code == 200
    assert why_not(asha) == ""


def test_unsubscribing_by_the_button_counts_once_and_is_told(mail, asha, client):
    for _ in range(2):
        assert client.post(address(mail, "unsubscribe")).status_code == 200
    assert why_not(asha) == "Consent was withdrawn."
    assert Interaction.objects.filter(kind="email.unsubscribed", contact=asha).count() == 1
    assert Interaction.objects.filter(kind="consent.withdrawn", contact=asha).count() == 1


def test_the_mail_programs_one_click_needs_no_cookie_and_no_csrf_token(mail, asha):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(mail, "unsubscribe"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Consent.objects.get(is_current=True).source == "One click in the mail program"


def test_preferences_change_a_purpose_and_a_topic(mail, asha, client):
    events = Topic.objects.create(name="Events")
    page = address(mail, "preferences")
    assert "Events" in client.get(page).content.decode()
    client.post(page, {"choice": ["email:commercial", "email:tracking"]})
    assert why_not(asha) == ""
    assert why_not(asha, topic=events) == "The person left this topic."
    client.post(page, {"choice": [f"email:commercial:{events.pk}", "email:tracking"]})
    assert why_not(asha) == "Consent was withdrawn."
    client.post(page, {"choice": ["email:commercial", f"email:commercial:{events.pk}"]})
    assert why_not(asha, topic=events) == ""


def test_who_declines_tracking_is_led_on_and_not_counted(mail, asha, client):
    withdraw_consent(asha.email, purpose="tracking", source="Test")
    assert client.get(address(mail, "t/c")).status_code == 302
    assert not Interaction.objects.filter(kind="email.clicked").exists()


def test_the_public_pages_cost_few_queries(mail, client, django_assert_max_num_queries):
    for page in ("t/o", "t/c", "unsubscribe", "preferences"):
        with django_assert_max_num_queries(10):
            client.get(address(mail, page), headers={"user-agent": BROWSER})


@pytest.mark.parametrize(
    ("agent", "asked", "verdict"),
    [
        (BROWSER, {}, "human"),
        (BROWSER, {"method": "HEAD"}, "scanner"),
        (BROWSER, {"after": 1.0}, "scanner"),
        (BROWSER, {"is_flood": True}, "scanner"),
        (BROWSER, {"hints": {"Sec-Purpose": "prefetch"}}, "prefetch"),
        ("Mozilla/5.0", {}, "prefetch"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", {}, "proxy"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", {}, "proxy"),
        ("Microsoft Office/16.0 (Microsoft Outlook 16.0.17328; Pro), Mozilla/4.0 (ms-office)", {}, "human"),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", {}, "scanner"),
        ("BarracudaCentral/1.0", {}, "scanner"),
        ("python-requests/2.32", {}, "bot"),
        ("", {}, "bot"),
    ],
)
def test_who_was_that(agent, asked, verdict):
    assert judge(Hit(agent, **{"method": "GET", "is_open": True, "after": 3600.0, **asked})) == verdict
