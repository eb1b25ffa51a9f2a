"""The page under Marketing and the API: empty, full, in error, and for whom."""

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import MailboxRate, SenderDomain
from tests.crm.deliverability.conftest import ADDRESS
from tests.factories.crm import SenderFactory

pytestmark = pytest.mark.django_db
PAGE = "admin:crm_senderdomain_changelist"


def seen_by(client, user):
    client.force_login(user)
    return client.get(reverse(PAGE))


def test_without_a_sender_the_page_teaches(client, marketer):
    page = seen_by(client, marketer).content.decode()
    assert "No sender yet" in page
    assert reverse("admin:crm_sender_add") in page
    assert "Check again" not in page


def test_the_page_leads_from_never_checked_to_the_answers(client, marketer, good, run_jobs):
    SenderFactory()
    page = seen_by(client, marketer).content.decode()
    assert "Never checked" in page
    client.post(reverse("admin:crm_deliverability_again"))
    assert "Looking it up" in client.get(reverse(PAGE)).content.decode()
    run_jobs()
    page = client.get(reverse(PAGE)).content.decode()
    assert f"v=spf1 ip4:{ADDRESS} -all" in page
    assert "does not know the selector" in page
    row = SenderDomain.objects.get()
    answer = client.post(
        reverse("admin:crm_senderdomain_change", args=[row.pk]), {"selectors": "s1", "sending_hosts": ADDRESS}
    )
    assert answer.status_code == 302
    run_jobs()
    assert "Authenticated" in client.get(reverse(PAGE)).content.decode()


def test_a_selector_that_is_none_is_refused_at_its_field(client, marketer):
    SenderFactory()
    row = SenderDomain.objects.create(domain="tandem.example")
    client.force_login(marketer)
    answer = client.post(
        reverse("admin:crm_senderdomain_change", args=[row.pk]), {"selectors": "<b>", "sending_hosts": ""}
    )
    assert "is no selector" in answer.content.decode()


def test_a_resolver_that_does_not_answer_is_told_in_plain_words(client, marketer):
    SenderFactory()
    SenderDomain.objects.create(
        domain="tandem.example", checked_at=timezone.now(), problem="The DNS resolver (9.9.9.9) does not answer."
    )
    page = seen_by(client, marketer).content.decode()
    assert "The DNS resolver (9.9.9.9) does not answer." in page
    assert "Could not be checked" in page


def test_markup_in_a_record_stays_text(client, marketer, zone, run_jobs):
    SenderFactory()
    zone.text("tandem.example", "v=spf1 <script>alert(1)</script> -all")
    run_jobs()
    page = seen_by(client, marketer).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("senders", [1, 4])
def test_the_page_asks_the_same_few_questions_however_many_senders(
    client, marketer, senders, django_assert_max_num_queries
):
    for number in range(senders):
        SenderFactory(email=f"a@d{number}.example")
        SenderDomain.objects.create(domain=f"d{number}.example")
    MailboxRate.objects.create(provider="gmail", sent=1000, bounced=60, counted_at=timezone.now())
    client.force_login(marketer)
    client.get(reverse(PAGE))
    with django_assert_max_num_queries(14):
        page = client.get(reverse(PAGE)).content.decode()
    assert "6.00 %" in page
    assert "Over" in page


def test_a_rep_sees_neither_page_nor_data(client, rep):
    SenderFactory()
    SenderDomain.objects.create(domain="tandem.example")
    assert seen_by(client, rep).status_code in (302, 403, 404)
    assert client.post(reverse("admin:crm_deliverability_again")).status_code in (302, 403, 404)
    assert SenderDomain.objects.get().asked_at is None
    assert client.get("/api/v1/sender-domains/").json()["results"] == []
    assert client.get("/api/v1/mailbox-rates/").json()["results"] == []


def test_the_api_says_what_the_page_says(client, marketer, good, run_jobs):
    SenderFactory()
    SenderDomain.objects.create(domain="tandem.example", selectors="s1", sending_hosts=ADDRESS)
    SenderDomain.objects.create(domain="elsewhere.example", selectors="s1")
    MailboxRate.objects.create(provider="gmail", sent=1000, bounced=60, complained=1, counted_at=timezone.now())
    client.force_login(marketer)
    (one,) = client.get("/api/v1/sender-domains/").json()["results"]
    assert (one["is_authenticated"], one["checked_at"]) == (None, None)
    (rate,) = client.get("/api/v1/mailbox-rates/").json()["results"]
    assert (rate["bounce_percent"], rate["complaint_percent"], rate["state"]) == ("6.00", "0.10", "bad")
    answer = client.post(f"/api/v1/sender-domains/{one['id']}/check/", content_type="application/json")
    assert (answer.status_code, answer.json()["asked_at"] is None) == (200, False)
    run_jobs()
    done = client.get(f"/api/v1/sender-domains/{one['id']}/").json()
    assert done["is_authenticated"] is True
    assert [found["state"] for found in done["findings"]] == ["good"] * 5
