"""The designer, sends and texts in the admin, and the same over the API."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.errors import Invalid, NotAllowed
from crm.models import Message, OutboxItem
from marketing.actions.emails import make_ready
from marketing.actions.send_control import cancel_send
from marketing.actions.sends import start_send
from marketing.models import MarketingEmail, SegmentMember, Send, TextMessage
from marketing.queries.numbers import messages_with
from marketing.queries.results import results_of
from tests.factories.crm import ContactFactory
from tests.factories.emails import BLOCKS, ListFactory, MarketingEmailFactory, TextMessageFactory

pytestmark = pytest.mark.django_db


def people_in(segment, count, *, consent=True):
    found = [ContactFactory(email=f"p{n}@customer.example", first_name=f"P{n}") for n in range(count)]
    for contact in found:
        SegmentMember.objects.create(segment=segment, contact=contact)
        if consent:
            give_consent(contact.email, source="test")
    return found


def design(email):
    return reverse("admin:marketing_marketingemail_design", args=[email.pk])


@pytest.fixture
def signed_in(client, marketer):
    client.force_login(marketer)
    return client


@pytest.fixture
def email(marketer):
    return make_ready(MarketingEmailFactory(), by=marketer)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_emails_asks_the_same_number_of_questions(signed_in, django_assert_max_num_queries, count):
    MarketingEmailFactory.create_batch(count)
    with django_assert_max_num_queries(20):
        page = signed_in.get(reverse("admin:marketing_marketingemail_changelist"))
    assert page.status_code == 200


def test_a_new_email_begins_with_a_few_blocks_and_opens_the_designer(signed_in):
    answer = signed_in.post(
        reverse("admin:marketing_marketingemail_add"),
        {"name": "Invitation", "purpose": "commercial", "language": "en", "_save": "1"},
    )
    email = MarketingEmail.objects.get()
    assert answer.url == design(email)
    assert [block["kind"] for block in email.blocks] == ["heading", "text", "footer"]


def test_the_designer_opens_within_twenty_queries(signed_in, email, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        page = signed_in.get(design(email))
    assert page.status_code == 200
    assert b"Our webinar" in page.content


def test_saving_in_the_designer_keeps_the_blocks(signed_in):
    email = MarketingEmailFactory()
    blocks = [*BLOCKS, {"id": "b9", "kind": "divider"}]
    answer = signed_in.post(
        design(email), {"version": 1, "subject": "New", "preheader": "", "blocks": json.dumps(blocks), "then": "ready"}
    )
    assert answer.status_code == 302
    email.refresh_from_db(fields=["subject", "blocks", "ready_version"])
    assert (email.subject, email.blocks[-1]["kind"], email.ready_version) == ("New", "divider", 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"version": 9}, 412),
        ({"blocks": "[{"}, 400),
        ({"blocks": '[{"kind": "x"}]'}, 400),
        ({"then": "ready", "subject": ""}, 400),
    ],
)
def test_what_cannot_be_saved_or_made_ready_keeps_what_was_typed(signed_in, change, status):
    email = MarketingEmailFactory()
    typed = {"version": 1, "subject": "Typed", "preheader": "", "blocks": json.dumps(BLOCKS), **change}
    page = signed_in.post(design(email), typed)
    assert page.status_code == status
    assert b"form-problem" in page.content
    assert email.versions.count() == 0


def test_who_saves_an_email_second_sees_the_one_that_is_saved(signed_in):
    email = MarketingEmailFactory(subject="Theirs", version=2)
    typed = {"version": 1, "subject": "Mine", "preheader": "", "blocks": json.dumps(BLOCKS)}
    page = signed_in.post(design(email), typed)
    said = page.content.decode()
    assert "Saved now: “Theirs”" in said
    assert f'href="{reverse("admin:marketing_marketingemail_preview", args=[email.pk])}"' in said
    assert 'value="Mine"' in said
    email.refresh_from_db(fields=["subject"])
    assert email.subject == "Theirs"


def test_the_preview_is_a_frame_with_a_policy_of_its_own(signed_in, email):
    page = signed_in.post(
        reverse("admin:marketing_marketingemail_preview", args=[email.pk]),
        {"blocks": json.dumps(BLOCKS), "subject": "x"},
    )
    assert "sandbox" in page["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert b"Hello there," in page.content


def test_the_preview_reads_as_a_chosen_person(signed_in, email):
    ContactFactory(email="asha@customer.example", first_name="Asha")
    page = signed_in.post(
        reverse("admin:marketing_marketingemail_preview", args=[email.pk]),
        {"blocks": json.dumps(BLOCKS), "subject": "x", "as": "asha@customer.example", "mode": "text"},
    )
    assert b"Hello Asha," in page.content


def test_the_check_names_the_block_of_each_problem(signed_in, email):
    blocks = [*BLOCKS, {"id": "bad", "kind": "button", "label": "Go", "url": ""}]
    page = signed_in.post(
        reverse("admin:marketing_marketingemail_check", args=[email.pk]), {"blocks": json.dumps(blocks), "subject": "x"}
    )
    found = page.json()["problems"][0]
    assert (found["block"], found["field"], found["message"]) == ("bad", "url", "The button leads nowhere.")


def test_a_rep_does_not_get_into_the_designer(client, rep, email):
    client.force_login(rep)
    assert client.get(design(email)).status_code in (302, 403, 404)


def test_before_a_send_the_page_says_who_gets_it_and_who_not(signed_in, email, django_assert_max_num_queries):
    segment = ListFactory()
    people_in(segment, 3)
    SegmentMember.objects.create(segment=segment, contact=ContactFactory(email="no@customer.example"))
    with django_assert_max_num_queries(20):
        page = signed_in.get(reverse("admin:marketing_send_new", args=["email", email.pk]), {"segment": segment.pk})
    assert b"Send to 3 people" in page.content
    assert b'<b class="num">1</b>' in page.content


def test_a_send_reaches_those_who_want_it_and_its_page_counts_them(
    signed_in, email, run_jobs, django_assert_max_num_queries
):
    segment = ListFactory()
    people_in(segment, 3)
    SegmentMember.objects.create(segment=segment, contact=ContactFactory(email="no@customer.example"))
    answer = signed_in.post(reverse("admin:marketing_send_new", args=["email", email.pk]), {"segments": segment.pk})
    run_jobs()
    send = Send.objects.get()
    assert answer.url == reverse("admin:marketing_send_live", args=[send.pk])
    assert sorted(OutboxItem.objects.values_list("to", flat=True)) == [f"p{n}@customer.example" for n in range(3)]
    results = results_of(send)
    assert (results.total, results.sent, results.delivered, results.not_sent) == (4, 3, 3, 1)
    with django_assert_max_num_queries(20):
        page = signed_in.get(answer.url)
    assert b"Delivered" in page.content
    with django_assert_max_num_queries(20):
        page = signed_in.get(reverse("admin:marketing_send_people", args=[send.pk, "not_sent"]))
    assert b"no@customer.example" in page.content
    for result in ("opened", "clicked", "bounced", "unsubscribed", "opened_all", "clicked_all", "waiting", "total"):
        assert signed_in.get(reverse("admin:marketing_send_people", args=[send.pk, result])).status_code == 200
    assert signed_in.get(reverse("admin:marketing_send_changelist")).status_code == 200
    assert messages_with(Message.objects.all(), "delivered").count() == 3


def test_a_send_starts_at_its_time_with_the_people_of_that_time(email, marketer, run_jobs):
    segment = ListFactory()
    send = start_send(email, segment=segment, due_at=timezone.now() + timedelta(hours=1), by=marketer)
    run_jobs()
    assert not Message.objects.exists()
    people_in(segment, 2)
    run_jobs(later=timedelta(hours=2))
    send = Send.objects.get(pk=send.pk)
    assert (send.status, send.queued_count) == ("started", 2)


def test_a_cancelled_send_sends_nothing(email, marketer, run_jobs):
    segment = ListFactory()
    people_in(segment, 2)
    send = start_send(email, segment=segment, due_at=timezone.now() + timedelta(hours=1), by=marketer)
    cancel_send(send, by=marketer)
    run_jobs(later=timedelta(hours=2))
    assert not OutboxItem.objects.exists()
    with pytest.raises(NotAllowed):
        cancel_send(send, by=marketer)


def test_a_draft_is_not_sent_and_the_past_is_past(email, marketer):
    with pytest.raises(NotAllowed):
        start_send(MarketingEmailFactory(), segment=ListFactory(), by=marketer)
    with pytest.raises(Invalid):
        start_send(email, segment=ListFactory(), due_at=timezone.now() - timedelta(days=1), by=marketer)


def test_a_text_is_written_tested_and_sent(signed_in, marketer, run_jobs):
    signed_in.post(
        reverse("admin:marketing_textmessage_add"),
        {"name": "Reminder", "text": "Hi {{ contact.first_name }}", "purpose": "transactional", "_save": "1"},
    )
    message = TextMessage.objects.get()
    assert message.ready_version == 1
    assert signed_in.get(reverse("admin:marketing_textmessage_change", args=[message.pk])).status_code == 200
    marketer.phone = "+4915112345678"
    marketer.save()
    signed_in.post(reverse("admin:marketing_textmessage_test", args=[message.pk]))
    segment = ListFactory()
    SegmentMember.objects.create(segment=segment, contact=ContactFactory(first_name="Asha", mobile="+4915187654321"))
    signed_in.post(reverse("admin:marketing_send_new", args=["text", message.pk]), {"segments": segment.pk})
    run_jobs()
    assert sorted(OutboxItem.objects.values_list("to", flat=True)) == ["+4915112345678", "+4915187654321"]


def test_a_text_with_an_unknown_token_is_refused_at_its_field(signed_in):
    page = signed_in.post(
        reverse("admin:marketing_textmessage_add"),
        {"name": "x", "text": "{{ nobody }}", "purpose": "commercial", "_save": "1"},
    )
    assert b"Nothing is known as" in page.content


# The API


def test_an_email_is_made_checked_and_sent_over_the_api(signed_in, run_jobs):
    created = signed_in.post(
        "/api/v1/emails/",
        {"name": "Invitation", "subject": "Hello", "blocks": [{"kind": "heading", "text": "Hi"}]},
        content_type="application/json",
    )
    assert created.status_code == 201, created.content
    pk = created.json()["id"]
    refused = signed_in.post(f"/api/v1/emails/{pk}/make-ready/")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "sender")
    assert [p["path"] for p in signed_in.get(f"/api/v1/emails/{pk}/check/").json()][:2] == ["sender", "blocks"]
    ready = MarketingEmailFactory()
    assert signed_in.post(f"/api/v1/emails/{ready.pk}/make-ready/").json()["ready_version"] == 1
    assert "Hello there" in signed_in.get(f"/api/v1/emails/{ready.pk}/preview/").json()["html"]
    assert signed_in.post(f"/api/v1/emails/{ready.pk}/test-send/").status_code == 202
    segment = ListFactory()
    people_in(segment, 2)
    sent = signed_in.post(f"/api/v1/emails/{ready.pk}/send/", {"segment": segment.pk}, content_type="application/json")
    assert sent.status_code == 202, sent.content
    run_jobs()
    results = signed_in.get(f"/api/v1/sends/{sent.json()['id']}/results/").json()
    assert (results["total"], results["delivered"]) == (2, 2)


def test_a_wrong_block_is_an_error_with_its_path_over_the_api(signed_in):
    answer = signed_in.post(
        "/api/v1/emails/", {"name": "x", "blocks": [{"kind": "spacer", "height": 1}]}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "blocks[0].height")


def test_an_edit_over_the_api_makes_a_ready_email_a_draft(signed_in, email):
    answer = signed_in.patch(f"/api/v1/emails/{email.pk}/", {"subject": "Other"}, content_type="application/json")
    assert (answer.json()["status"], answer.json()["ready_version"]) == ("draft", 1)


def test_a_text_is_made_and_changed_over_the_api(signed_in):
    created = signed_in.post(
        "/api/v1/text-messages/",
        {"name": "x", "text": "Hello {{ contact.first_name }}"},
        content_type="application/json",
    ).json()
    assert (created["ready_version"], created["segments"]) == (1, 1)
    changed = signed_in.patch(
        f"/api/v1/text-messages/{created['id']}/", {"text": "Bye"}, content_type="application/json"
    ).json()
    assert changed["ready_version"] == 2
    refused = signed_in.post(
        "/api/v1/text-messages/", {"name": "x", "text": "{{ y }}"}, content_type="application/json"
    )
    assert refused.json()["errors"][0]["path"] == "text"
    assert TextMessageFactory._meta.model.objects.count() == 1
