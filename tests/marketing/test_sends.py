"""Sends to several segments: each reader's clock, quiet hours, caps, speed, approval, pause."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.delivery.pace import recount_people
from crm.delivery.sending import deliver
from crm.errors import Forbidden, Invalid
from crm.models import ChannelRule, Company, Message, Notification, OutboxItem
from marketing.actions.approvals import approve_send, reject_send
from marketing.actions.emails import make_ready
from marketing.actions.send_control import cancel_send, pause_send, resume_send
from marketing.actions.sends import start_due, start_send
from marketing.models import Engagement, SegmentMember, Send
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(administrator):
    return Company.objects.create(pk=1, name="Northwind", time_zone="Europe/Vienna", country="AT")


@pytest.fixture
def email(marketer, company):
    return make_ready(MarketingEmailFactory(), by=marketer)


def person(segment, **fields):
    contact = ContactFactory(**fields)
    SegmentMember.objects.create(segment=segment, contact=contact)
    give_consent(contact.email, source="test")
    return contact


def messages_of(send):
    return Message.objects.filter(send_key=send.send_key)


def begun(email, segment, by, now=None, **asked):
    send = start_send(email, segments=[segment], by=by, **asked)
    start_due(max(now or timezone.now(), send.due_at))
    return Send.objects.get(pk=send.pk)


def test_several_segments_without_others_reach_each_address_once(email, marketer, run_jobs):
    first, second, without = ListFactory(), ListFactory(), ListFactory()
    both = person(first, email="both@x.example")
    SegmentMember.objects.create(segment=second, contact=both)
    person(second, email="second@x.example")
    twin = person(second, email="BOTH@x.example")
    left = person(first, email="left@x.example")
    SegmentMember.objects.create(segment=without, contact=left)
    send = start_send(email, segments=[first, second], excluded=[without], by=marketer)
    run_jobs()
    assert send.to_words == f"{first}, {second} without {without}"
    assert sorted(OutboxItem.objects.values_list("to", flat=True)) == ["both@x.example", "second@x.example"]
    assert not Message.objects.filter(contact=twin).exists()


def test_each_reader_gets_it_when_her_own_clock_shows_the_time(email, marketer):
    segment = ListFactory()
    asha = person(segment, time_zone="Asia/Kolkata")
    tokyo = person(segment, country="JP")
    nobody_knows = person(segment, country="")
    day = timezone.localtime(timezone.now() + timedelta(days=3))
    nine = day.replace(hour=9, minute=0, second=0, microsecond=0)
    with timezone.override("UTC"):
        nine = nine.replace(tzinfo=UTC)
        begun(email, segment, marketer, due_at=nine, timing="local")
    due = dict(Message.objects.values_list("contact_id", "due_at"))
    assert due[asha.pk] == nine - timedelta(hours=5, minutes=30)
    assert due[tokyo.pk] == nine - timedelta(hours=9)
    assert timezone.localtime(due[nobody_knows.pk], ZoneInfo("Europe/Vienna")).hour == 9


def test_at_her_usual_hour_means_within_a_day_and_at_once_for_strangers(email, marketer):
    segment = ListFactory()
    early, stranger = person(segment), person(segment)
    start = timezone.now() + timedelta(hours=1)
    Engagement.objects.create(contact=early, usual_hour=(start + timedelta(hours=5)).astimezone(UTC).hour)
    send = begun(email, segment, marketer, due_at=start, timing="usual")
    due = dict(Message.objects.values_list("contact_id", "due_at"))
    assert due[stranger.pk] == send.due_at
    wanted = (start + timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
    assert due[early.pk] == wanted


def test_smoothed_to_sixty_an_hour_they_go_a_minute_apart_and_who_gets_none_takes_no_turn(email, marketer):
    segment = ListFactory()
    people = [person(segment) for _ in range(3)]
    silent = ContactFactory()
    SegmentMember.objects.create(segment=segment, contact=silent)
    people.append(person(segment))
    begun(email, segment, marketer, rate_per_hour=60)
    due = list(Message.objects.filter(contact__in=people).order_by("contact_id").values_list("due_at", flat=True))
    assert [round((at - due[0]).total_seconds()) for at in due] == [0, 60, 120, 180]


def test_quiet_hours_over_the_night_put_a_mail_off_until_the_morning_where_the_reader_is(email, marketer):
    ChannelRule.objects.create(channel="email", quiet_from=time(21), quiet_until=time(8))
    segment = ListFactory()
    india, vienna = person(segment, time_zone="Asia/Kolkata"), person(segment, time_zone="Europe/Vienna")
    begun(email, segment, marketer)
    night = datetime(2030, 6, 3, 17, 0, tzinfo=UTC)  # 22:30 in India, 19:00 in Vienna
    Message.objects.update(due_at=night)
    deliver("email", night)
    late = Message.objects.get(contact=india)
    assert (late.status, late.due_at) == ("due", datetime(2030, 6, 4, 2, 30, tzinfo=UTC))
    assert Message.objects.get(contact=vienna).status == "sent"
    deliver("email", late.due_at)
    assert Message.objects.get(contact=india).status == "sent"


def test_no_one_is_written_to_more_often_than_the_company_writes(email, marketer, run_jobs):
    ChannelRule.objects.create(channel="email", most=2, days=7)
    segment = ListFactory()
    asha = person(segment)
    for _ in range(3):
        begun(email, segment, marketer)
    run_jobs()
    assert list(Message.objects.filter(contact=asha).order_by("pk").values_list("status", "reason")) == [
        ("sent", ""),
        ("sent", ""),
        ("not_sent", "The person was written to 2 times in 7 days, which is as often as we write."),
    ]
    later = timezone.now() + timedelta(days=8)
    begun(email, segment, marketer)
    Message.objects.filter(status="due").update(due_at=later)
    deliver("email", later)
    assert Message.objects.filter(status="sent").count() == 3


def test_a_company_that_begins_to_count_looks_back(email, marketer, run_jobs):
    segment = ListFactory()
    person(segment)
    begun(email, segment, marketer)
    run_jobs()
    ChannelRule.objects.create(channel="email", most=1, days=7)
    recount_people(timezone.now())
    begun(email, segment, marketer)
    run_jobs()
    assert list(Message.objects.order_by("pk").values_list("status", flat=True)) == ["sent", "not_sent"]


def test_a_refusal_for_now_does_not_count_as_written_to(email, marketer):
    from crm import jobs
    from crm.delivery.claiming import claim_due, give_back
    from crm.models import Tally

    ChannelRule.objects.create(channel="email", most=1, days=7)
    segment = ListFactory()
    person(segment)
    begun(email, segment, marketer)
    now, token = timezone.now() + timedelta(seconds=1), jobs.new_claim()
    claim_due("email", token, 10, now, title_of=str)
    assert Tally.objects.get(subject__startswith="to:").number == 1
    assert give_back(token, "email", None, now) == 1
    assert Tally.objects.get(subject__startswith="to:").number == 0


def test_a_paused_send_waits_and_goes_on_keeping_its_distances(email, marketer):
    segment = ListFactory()
    for _ in range(3):
        person(segment)
    send = begun(email, segment, marketer, rate_per_hour=60)
    before = list(Message.objects.order_by("pk").values_list("due_at", flat=True))
    send = pause_send(send, by=marketer)
    assert set(Message.objects.values_list("status", flat=True)) == {"held"}
    deliver("email", timezone.now() + timedelta(hours=1))
    assert not OutboxItem.objects.exists()
    Send.objects.update(paused_at=send.paused_at - timedelta(minutes=30))
    resume_send(send, by=marketer)
    after = list(Message.objects.order_by("pk").values_list("due_at", flat=True))
    assert [round((b - a).total_seconds() / 60) for a, b in zip(before, after, strict=True)] == [30, 30, 30]
    cancel_send(send, by=marketer)
    assert set(Message.objects.values_list("status", flat=True)) == {"cancelled"}


def test_a_large_send_waits_for_somebody_else_to_agree(client, email, marketer, administrator, run_jobs):
    Company.objects.update(approve_sends_over=1)
    segment = ListFactory()
    person(segment)
    person(segment)
    send = start_send(email, segments=[segment], by=marketer)
    run_jobs()
    assert (Send.objects.get().status, messages_of(send).count()) == ("waiting", 0)
    assert "approve a send to 2 people" in Notification.objects.get(user=administrator).text
    with pytest.raises(Forbidden):
        approve_send(send, by=marketer)
    client.force_login(administrator)
    page = client.get(reverse("admin:marketing_send_live", args=[send.pk]))
    assert b"Approve" in page.content
    approve_send(send, by=administrator)
    run_jobs()
    assert messages_of(send).filter(status="sent").count() == 2
    assert "approved your send" in Notification.objects.get(user=marketer).text


def test_a_rejected_send_says_why_and_never_goes_out(email, marketer, run_jobs):
    Company.objects.update(approve_sends_over=0)
    other = UserFactory(roles=["marketer"])
    segment = ListFactory()
    person(segment)
    send = start_send(email, segments=[segment], by=marketer)
    with pytest.raises(Invalid):
        reject_send(send, reason=" ", by=other)
    reject_send(send, reason="Too early", by=other)
    run_jobs()
    assert (Send.objects.get().status, messages_of(send).count()) == ("rejected", 0)
    assert Notification.objects.get(user=marketer).text.endswith("rejected your send: Too early")


def test_the_page_counts_by_what_the_clocks_are_known(client, email, marketer):
    segment = ListFactory()
    person(segment, time_zone="Asia/Kolkata")
    person(segment, country="JP")
    person(segment, country="")
    client.force_login(marketer)
    at = (timezone.localtime(timezone.now()) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    address = reverse("admin:marketing_send_new", args=["email", email.pk])
    page = client.post(address, {"segments": segment.pk, "timing": "local", "due_at": at, "look": "1"})
    said = page.content.decode()
    for why in ("their time zone", "their country", "our company’s"):
        assert f'<b class="num">1</b> {why}' in said
    wrong = client.post(address, {"segments": segment.pk, "timing": "local"})
    assert (wrong.status_code, "Choose the time that the reader’s clock shows." in wrong.content.decode()) == (
        422,
        True,
    )


def test_the_way_from_a_segment_leads_to_the_email_and_back_to_its_people(client, email, marketer):
    segment = ListFactory()
    person(segment)
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_send_choose"), {"segment": segment.pk})
    door = f"{reverse('admin:marketing_send_new', args=['email', email.pk])}?segment={segment.pk}"
    assert door in page.content.decode()
    assert b"Send to 1 person" in client.get(door).content


def test_the_api_sends_pauses_goes_on_and_stops(client, email, marketer):
    segment, without = ListFactory(), ListFactory()
    person(segment)
    client.force_login(marketer)
    asked = {"segments": [segment.pk], "excluded": [without.pk], "rate_per_hour": 100}
    sent = client.post(f"/api/v1/emails/{email.pk}/send/", asked, content_type="application/json")
    assert sent.status_code == 202, sent.content
    assert (sent.json()["segment"], sent.json()["excluded"]) == (segment.pk, [without.pk])
    start_due(timezone.now())
    address = f"/api/v1/sends/{sent.json()['id']}"
    assert client.post(f"{address}/pause/").json()["status"] == "paused"
    assert client.post(f"{address}/resume/").json()["status"] == "started"
    assert client.post(f"{address}/cancel/").json()["status"] == "cancelled"
    assert client.post(f"{address}/resume/").status_code == 409
    none = client.post(f"/api/v1/emails/{email.pk}/send/", {}, content_type="application/json")
    assert (none.status_code, none.json()["errors"][0]["path"]) == (400, "segments")
