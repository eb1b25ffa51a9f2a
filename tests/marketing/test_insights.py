"""Insights of emails and sends: every number, whoever counts it, opens the people behind it; clicks on the email itself."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.log.recording import record
from crm.models import Message
from marketing.actions.emails import make_ready
from marketing.actions.sends import start_send
from marketing.models import SegmentMember
from marketing.queries.insights import by_domain, by_place, by_variant, in_all, messages_of
from tests.crm.delivery.conftest import mail_to
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory

pytestmark = pytest.mark.django_db

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
BLOCKS = [
    {"id": "b1", "kind": "heading", "text": "Our webinar", "level": "1", "align": "left"},
    {"id": "b2", "kind": "button", "label": "Save my seat", "url": "https://events.example/seat", "align": "center"},
    {"id": "b3", "kind": "text", "html": '<p>Or <a href="https://events.example/seat">here</a>.</p>', "align": "left"},
    {"id": "b4", "kind": "footer", "html": ""},
]
ADDRESSES = ("a@one.example", "b@one.example", "c@two.example", "d@two.example")


@pytest.fixture
def send(marketer, run_jobs):
    """Four people of two domains, in two variants, got it an hour ago."""
    email, segment = make_ready(MarketingEmailFactory(blocks=BLOCKS), by=marketer), ListFactory()
    for address in ADDRESSES:
        SegmentMember.objects.create(segment=segment, contact=ContactFactory(email=address, owner=marketer))
        give_consent(address, source="test")
    sent = start_send(email, segment=segment, by=marketer)
    run_jobs()
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    Message.objects.filter(address__in=ADDRESSES[:3]).update(variant="A")
    Message.objects.filter(address=ADDRESSES[3]).update(variant="B")
    return sent


@pytest.fixture
def clicked(send, client, run_jobs):
    """a and c opened and clicked (a the first link twice, c the second); a scanner opened and clicked b's; d's bounced."""
    for address, agent, places in (
        ("a@one.example", BROWSER, (0, 0)), ("b@one.example", "BarracudaCentral/1.0", (0,)), ("c@two.example", BROWSER, (1,)),
    ):  # fmt: skip
        html = mail_to(address).get_body(("html",)).get_content()
        client.get(re.search(r"http://testserver(/t/o/[^\"\s]+)", html)[1], headers={"user-agent": agent})
        links = re.findall(r"http://testserver(/t/c/[^\"\s]+)", html)
        for place in places:
            client.get(links[place], headers={"user-agent": agent})
    lost = Message.objects.get(address="d@two.example")
    record("email.bounced", contact=lost.contact_id, message=lost, key="bounce")
    Message.objects.filter(pk=lost.pk).update(status=Message.Status.BOUNCED)
    run_jobs()
    return send


@pytest.fixture
def signed_in(client, marketer):
    client.force_login(marketer)
    return client


def at(kind, subject, name="", *more):
    return reverse(f"admin:marketing_insights{name}", args=[kind, subject.pk, *more])


def pairs(line):
    return {name: (pair.all, pair.human) for name, pair in line.counts.items() if pair.all}


def test_each_number_counts_messages_and_tells_people_from_machines(clicked):
    assert pairs(in_all(clicked)) == {
        "total": (4, 4), "sent": (4, 4), "delivered": (3, 3), "opened": (3, 2), "clicked": (3, 2), "bounced": (1, 1),
        "bounced_hard": (1, 1),
    }  # fmt: skip
    assert pairs(in_all(clicked.email)) == pairs(in_all(clicked))


def test_variants_and_domains_add_up_to_all(clicked):
    messages = messages_of(clicked)
    assert {line.key: line.of("clicked").human for line in by_variant(clicked)} == {"A": 2, "B": 0}
    domains = {line.key: line for line in by_domain(messages)}
    assert set(domains) == {"one.example", "two.example"}
    assert pairs(domains["one.example"]) == {
        "total": (2, 2), "sent": (2, 2), "delivered": (2, 2), "opened": (2, 1), "clicked": (2, 1),
    }  # fmt: skip
    assert pairs(domains["two.example"]) == {
        "total": (2, 2), "sent": (2, 2), "delivered": (1, 1), "opened": (1, 1), "clicked": (1, 1), "bounced": (1, 1),
        "bounced_hard": (1, 1),
    }  # fmt: skip


def test_two_links_to_one_address_are_two_places(clicked):
    assert {place: (pair.all, pair.human) for place, pair in by_place(messages_of(clicked)).items()} == {
        0: (2, 1),
        1: (1, 1),
    }


@pytest.mark.parametrize("kind", ["email", "send"])
def test_every_number_on_the_pages_opens_as_many_people(clicked, signed_in, kind):
    subject = clicked if kind == "send" else clicked.email
    followed = 0
    for tab in ("", "_funnel", "_links", "_readers", "_domains"):
        page = signed_in.get(at(kind, subject, tab)).content.decode()
        for address, shown in re.findall(r'href="([^"]+/people/[^"]+)">(?:<strong[^>]*>)?(\d+)', page):
            found = signed_in.get(address.replace("&amp;", "&"))
            assert len(found.context["page"].object_list) == int(shown), address
            followed += 1
    assert followed > 20


def test_the_email_shows_a_number_on_each_link_and_leads_nowhere(clicked, signed_in):
    page = signed_in.get(at("send", clicked, "_links"))
    assert [(one.number, one.clicked.human, round(one.share)) for one, *_ in page.context["places"]] == [
        (0, 1, 33),
        (1, 1, 33),
    ]
    assert page.content.decode().count("https://events.example/seat") == 3
    frame = signed_in.get(page.context["frame"])
    assert frame.content.decode().count("1 · 33.3 %") == 2
    assert "events.example" not in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "script-src" not in frame["Content-Security-Policy"]


def test_the_pages_ask_at_most_ten_questions_of_the_numbers(clicked, signed_in, django_assert_max_num_queries):
    signed_in.get(at("send", clicked))
    with django_assert_max_num_queries(10):
        signed_in.get(at("send", clicked), headers={"hx-request": "true"})
    for tab in ("", "_funnel", "_links", "_readers", "_domains"):
        with django_assert_max_num_queries(20):
            signed_in.get(at("send", clicked, tab))


def test_the_numbers_follow_by_themselves_while_it_is_being_sent(clicked, signed_in):
    assert "hx-trigger" not in signed_in.get(at("send", clicked), headers={"hx-request": "true"}).content.decode()
    Message.objects.filter(address="a@one.example").update(status=Message.Status.DUE)
    part = signed_in.get(at("send", clicked), headers={"hx-request": "true"}).content.decode()
    assert "hx-trigger" in part
    assert "<html" not in part


def test_the_numbers_are_a_csv_file_and_no_formula(clicked, signed_in):
    rows = list(csv.reader(io.StringIO(signed_in.get(at("send", clicked, "_csv")).content.decode("utf-8-sig"))))
    assert rows[1][:6] == ["All", "", "4", "3", "2", "3"]
    assert ["Domain", "one.example", "2", "2", "1", "2"] in [row[:6] for row in rows]
    assert {row[0] for row in rows[1:]} == {
        "All", "Variant", "Domain", "Device", "Mail program or browser", "System", "Link", "Time", "Within 30 days",
    }  # fmt: skip


def test_the_api_says_the_same(clicked, signed_in):
    for address in (f"sends/{clicked.pk}", f"emails/{clicked.email.pk}"):
        said = signed_in.get(f"/api/v1/{address}/insights/").json()
        assert said["numbers"]["clicked"] == {"all": 3, "human": 2}
        assert [one["name"] for one in said["variants"]] == ["A", "B"]
        assert said["links"][0]["clicked"] == {"all": 3, "human": 2}
        assert sum(one["opened"]["human"] for one in said["over_time"]) == 2


@pytest.mark.parametrize(
    "more", ["?place=x", "?at=yesterday", "?link=1e9", "?version=²", "?place=99999999999999999999"]
)
def test_an_address_that_somebody_changed_is_not_found(clicked, signed_in, more):
    assert signed_in.get(at("send", clicked, "_people", "clicked") + more).status_code in (200, 404)
    assert signed_in.get(at("send", clicked, "_people", "sent_all")).status_code == 404
    assert signed_in.get(at("send", clicked, "_people", "nothing")).status_code == 404


def test_before_anybody_got_it_the_pages_say_so(signed_in, marketer):
    email = make_ready(MarketingEmailFactory(), by=marketer)
    for tab in ("", "_funnel", "_readers", "_links", "_domains"):
        page = signed_in.get(at("email", email, tab))
        assert page.status_code == 200
    assert b"It has gone to nobody yet" in page.content
    assert signed_in.get(at("email", email, "_heat")).status_code == 404


def test_who_may_not_see_the_email_does_not_see_its_numbers(clicked, client, marketer):
    clicked.email.team = clicked.team = TeamFactory(name="North")
    client.force_login(UserFactory(team=TeamFactory(name="Nowhere"), roles=["rep"]))
    for tab in ("", "_funnel", "_links", "_readers", "_domains", "_heat", "_csv"):
        assert client.get(at("email", clicked.email, tab)).status_code in (302, 403, 404)
        assert client.get(at("send", clicked, tab)).status_code in (302, 403, 404)


def test_there_are_doors_from_the_email_and_from_the_send(clicked, signed_in):
    design = signed_in.get(reverse("admin:marketing_marketingemail_design", args=[clicked.email.pk]))
    assert at("email", clicked.email) in design.content.decode()
    live = signed_in.get(reverse("admin:marketing_send_live", args=[clicked.pk]))
    assert at("send", clicked) in live.content.decode()


def test_the_menu_knows_that_insights_of_a_send_belong_to_sends(clicked, signed_in):
    for kind, subject, home in (("send", clicked, "send"), ("email", clicked.email, "marketingemail")):
        page = signed_in.get(at(kind, subject))
        assert page.context["shell"].current == reverse(f"admin:marketing_{home}_changelist")
