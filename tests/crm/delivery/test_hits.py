"""Hits: floods, bursts, rules that grow, addresses that carry UTM parameters, and a web process that is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from crm.actions.verdicts import rejudge, waits
from crm.delivery import tokens
from crm.delivery.contents import Content
from crm.delivery.links import with_utm
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.delivery.verdicts import FLOOD, VERSION
from crm.models import Contact, Interaction, Message, TrackedLink
from tests.crm.delivery.conftest import REF, free_port, known, mail_to
from tests.factories.crm import ContactFactory
from tests.worker import ROOT, environment, wait_until

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
LINKS = "".join(f'<a href="https://vendor.example/{n}">{n}</a>' for n in range(4))


@pytest.fixture
def four_links(asha):
    """A mail with four links that Asha got an hour ago."""
    known[1, 1] = Content("Four", subject="x", html=f"<html><body>{LINKS}</body></html>", text="x")
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    mail = mail_to("asha.rao@customer.example").get_body(("html",)).get_content()
    return re.findall(r"http://testserver(/t/c/[^\"\s]+)", mail)


def verdicts(kind="email.clicked"):
    return list(Interaction.objects.filter(kind=kind).order_by("pk").values_list("verdict", flat=True))


@pytest.mark.django_db
def test_each_link_of_a_mail_tells_its_place(four_links, client):
    assert [link.rpartition("?")[2] for link in four_links] == ["p=0", "p=1", "p=2", "p=3"]
    client.get(four_links[2], headers={"user-agent": BROWSER})
    hit = Interaction.objects.get(kind="email.clicked")
    assert (hit.data["place"], hit.data["url"]) == (2, "https://vendor.example/2")


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["x", "-1", "99999", "²", "1 OR 1=1"])
def test_a_changed_place_leads_on_and_is_no_place(four_links, client, place):
    there = client.get(four_links[1].partition("?")[0], {"p": place}, headers={"user-agent": BROWSER})
    assert there["Location"] == "https://vendor.example/1"
    assert "place" not in Interaction.objects.get(kind="email.clicked").data


@pytest.mark.django_db
def test_a_link_signed_with_another_key_or_very_long_is_a_polite_page(four_links, client, settings):
    strange = [("/t/c/" + "A" * 2000), "/t/c/" + "é" * 40, "/t/o/" + "A" * 2000 + ".gif"]
    settings.TRACKING_KEYS = "3:another-key-of-somebody"
    strange.append("/t/c/" + tokens.for_click(Message.objects.get().pk, TrackedLink.objects.first().pk))
    settings.TRACKING_KEYS = ""
    for address in strange:
        response = client.get(address, headers={"user-agent": BROWSER})
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
    assert verdicts() == []


@pytest.mark.django_db
def test_a_flood_of_one_scanner_is_a_handful_of_rows(four_links, client):
    """It calls itself a browser; the first ones are let through, the rest is a row a minute."""
    for _ in range(10 * FLOOD):
        assert client.get(four_links[0], headers={"user-agent": BROWSER}).status_code == 302
    found = verdicts()
    assert found[:FLOOD] == ["human"] * FLOOD
    assert set(found[FLOOD:]) == {"scanner"}
    assert len(found) <= FLOOD + 2


@pytest.mark.django_db
def test_who_follows_three_links_at_once_was_a_program(four_links, client, run_jobs):
    for link in four_links[:3]:
        client.get(link, headers={"user-agent": BROWSER})
    assert verdicts() == ["human"] * 3
    run_jobs()
    assert verdicts() == ["scanner"] * 3


@pytest.mark.django_db
def test_who_clicks_two_links_at_once_or_three_in_an_hour_is_a_person(four_links, client, run_jobs):
    for link in four_links[:3]:
        client.get(link, headers={"user-agent": BROWSER})
    for hit, minutes in zip(Interaction.objects.filter(kind="email.clicked"), (40, 20, 20), strict=True):
        Interaction.objects.filter(pk=hit.pk).update(occurred_at=timezone.now() - timedelta(minutes=minutes))
    run_jobs()
    assert verdicts() == ["human"] * 3


@pytest.mark.django_db
def test_what_an_older_rule_has_judged_is_judged_again_by_itself(four_links, client, run_jobs, asha):
    """The older rule took Outlook for a scanner; scores and segments hear of it by the touched contact."""
    outlook = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0; ms-office; MSOffice 16)"
    client.get(four_links[0], headers={"user-agent": outlook})
    client.get(four_links[1], headers={"user-agent": "", "purpose": "prefetch"})
    run_jobs()
    Interaction.objects.filter(kind="email.clicked").update(verdict="scanner", verdict_version=1)
    assert waits()
    run_jobs()
    assert verdicts() == ["human", "prefetch"]
    assert not waits()
    assert set(Interaction.objects.filter(kind="email.clicked").values_list("verdict_version", flat=True)) == {VERSION}


@pytest.mark.django_db
def test_what_had_looked_ahead_by_headers_that_were_not_kept_stays_so(four_links, client):
    client.get(four_links[0], headers={"user-agent": BROWSER})
    Interaction.objects.filter(kind="email.clicked").update(verdict="prefetch", verdict_version=1)
    assert rejudge() == 1
    assert verdicts() == ["prefetch"]


UTM = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "Spring & sun"}


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://a.example/", "https://a.example/?utm_source=newsletter&utm_medium=email&utm_campaign=Spring+%26+sun"),
        (
            "https://a.example/x?a=%20b&utm_source=own#top",
            "https://a.example/x?a=%20b&utm_source=own&utm_medium=email&utm_campaign=Spring+%26+sun#top",
        ),
        ("https://a.example/?UTM_source=&utm_medium=x&utm_campaign=y", ""),
        ("https://[broken", ""),
    ],
)
def test_the_links_own_parameters_win(address, target):
    assert with_utm(address, UTM) == target


@pytest.mark.django_db
def test_a_click_leads_on_with_utm_parameters(asha, client):
    html = '<a href="https://vendor.example/">x</a>'
    known[1, 1] = Content("Utm", subject="x", html=html, text="x", utm={"utm_source": "n"})
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    mail = mail_to("asha.rao@customer.example").get_body(("html",)).get_content()
    link = re.search(r"http://testserver(/t/c/[^\"\s]+)", mail)[1]
    assert client.get(link)["Location"] == "https://vendor.example/?utm_source=n"
    assert Interaction.objects.get(kind="email.clicked").data["url"] == "https://vendor.example/"


@pytest.mark.django_db(transaction=True)
def test_a_web_process_killed_at_any_moment_has_lost_no_hit_that_it_answered(company):
    link = TrackedLink.objects.create(content_type="tests.content", content_id=1, url="https://vendor.example/")
    person, now = ContactFactory(), timezone.now() - timedelta(hours=1)
    sent = [
        Message(
            key=f"k{n}", send_key=f"k{n}", channel="email", purpose="commercial", contact=person, address="a@b.example",
            content_type="tests.content", content_id=1, status="sent", due_at=now, sent_at=now,
        )
        for n in range(2000)
    ]  # fmt: skip
    messages = [one.pk for one in Message.objects.bulk_create(sent)]
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--no-ws"]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"],
        cwd=ROOT,
        env={**os.environ, **environment(), "ALLOWED_HOSTS": "127.0.0.1"},
        start_new_session=True,
    )
    answered: list[int] = []

    def click(message: int) -> None:
        address = f"http://127.0.0.1:{port}/t/c/{tokens.for_click(message, link.pk)}"
        try:
            response = requests.get(address, allow_redirects=False, headers={"User-Agent": BROWSER}, timeout=10)
        except requests.RequestException:
            return
        if response.status_code == 302:
            answered.append(message)

    try:
        wait_until(lambda: not click(messages[0]) and answered, 60, "the web process")
        with ThreadPoolExecutor(8) as people:
            for message in messages[1:]:
                people.submit(click, message)
            while len(answered) < 200:
                time.sleep(0.005)
            os.killpg(process.pid, signal.SIGKILL)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    kept = set(Interaction.objects.filter(kind="email.clicked").values_list("message", flat=True))
    assert len(answered) >= 200
    assert len(answered) < len(messages)
    assert set(answered) <= kept
