"""The warm-up on the deliverability page: what each day allows, what went out, what the queue plans; begun and ended there."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.senders import start_warm_up, stop_warm_up
from crm.deliverability.work import count_rates
from crm.delivery.pace import count_lane, sweep
from crm.errors import Forbidden, Invalid
from crm.log.recording import record
from crm.models import MailboxRate, Message
from crm.queries.deliverability import counted_rates, rates_seen
from crm.queries.warm_up import full_speed_on, paces
from tests.factories.crm import ContactFactory, SenderFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TODAY = NOON.date()
PAGE = "admin:crm_senderdomain_changelist"


def queued(sender, count, at):
    start = Message.objects.count()
    Message.objects.bulk_create(
        Message(
            key=f"q{start + n}", send_key="s", channel="email", purpose="commercial", address=f"p{start + n}@x.example",
            sender=sender, content_type="tests.content", due_at=at,
        )
        for n in range(count)
    )  # fmt: skip


def plan(sender, now=NOON):
    (pace,) = paces([sender], now)
    return [(day.on.day, day.limit, day.sent, day.planned, day.left) for day in pace.days]


def test_the_plan_says_day_by_day_what_may_go_what_went_and_what_is_planned():
    sender = SenderFactory(per_day=80, warm_up_on=date(2026, 11, 27), warm_up_first=10)
    count_lane("email", sender, 10, NOON - timedelta(days=1))
    count_lane("email", sender, 6, NOON)
    queued(sender, 30, NOON - timedelta(days=1))  # has waited since yesterday
    queued(sender, 50, NOON + timedelta(days=1))
    assert plan(sender) == [
        (27, 10, 10, 0, 0),
        (28, 20, 6, 14, 16),
        (29, 40, None, 40, 26),
        (30, 80, None, 26, 0),
    ]
    (pace,) = paces([sender], NOON)
    assert (pace.full_on, pace.today.limit, pace.is_to_come) == (date(2026, 11, 30), 20, False)


def test_a_warm_up_to_come_begins_on_its_day_and_today_has_the_first_days_limit():
    sender = SenderFactory(per_day=30, warm_up_on=date(2026, 12, 1), warm_up_first=10)
    (pace,) = paces([sender], NOON)
    assert [(day.on, day.limit) for day in pace.days] == [
        (date(2026, 12, 1), 10),
        (date(2026, 12, 2), 20),
        (date(2026, 12, 3), 30),
    ]
    assert (pace.is_to_come, pace.today.on) == (True, TODAY)


@pytest.mark.parametrize(
    ("per_day", "first", "full"),
    [(None, 50, date(2026, 12, 28)), (50, 50, date(2026, 11, 28)), (51, 50, date(2026, 11, 29))],
)
def test_full_speed_is_reached_at_the_limit_of_a_day_or_after_thirty_days(per_day, first, full):
    assert full_speed_on(SenderFactory.build(per_day=per_day, warm_up_on=TODAY, warm_up_first=first)) == full


def test_a_warm_up_that_is_over_is_none():
    (pace,) = paces([SenderFactory(per_day=20, warm_up_on=date(2026, 11, 1), warm_up_first=10)], NOON)
    assert (pace.is_warming, pace.days) == (False, [])


def test_what_went_on_the_days_before_is_kept_when_old_counters_are_swept():
    sender = SenderFactory(per_day=1000, per_hour=100, warm_up_on=date(2026, 11, 24), warm_up_first=10)
    count_lane("email", sender, 9, NOON - timedelta(days=4))
    sweep(NOON)
    assert plan(sender)[0] == (24, 10, 9, 0, 0)


@pytest.mark.parametrize("senders", [1, 4])
def test_all_plans_are_read_by_two_questions(senders, django_assert_num_queries):
    rows = [SenderFactory(warm_up_on=TODAY, warm_up_first=10) for _ in range(senders)]
    with django_assert_num_queries(2):
        assert len(paces(rows, NOON)) == senders


def test_it_is_begun_and_ended_on_the_page(client, marketer):
    sender = SenderFactory(per_day=400)
    client.force_login(marketer)
    start = reverse("admin:crm_sender_warm_up_start", args=[sender.pk])
    today = timezone.now().astimezone(UTC).date()
    assert client.post(start, {"warm_up_on": str(today), "warm_up_first": "100"}).status_code == 302
    html = client.get(reverse(PAGE)).content.decode()
    assert "Warming up" in html
    assert "0 of 100 today" in html
    stop = reverse("admin:crm_sender_warm_up_stop", args=[sender.pk])
    assert client.get(stop).status_code == 405
    client.post(stop)
    sender.refresh_from_db()
    assert (sender.warm_up_on, sender.warm_up_first) == (None, None)


@pytest.mark.parametrize(
    ("on", "first", "field"),
    [("2001-01-01", "10", "warm_up_on"), ("", "10", "warm_up_on"), (None, "0", "warm_up_first"), (None, "x", "warm_up_first")],
)  # fmt: skip
def test_what_is_typed_wrong_is_told_at_its_field_and_kept(client, marketer, on, first, field):
    sender = SenderFactory()
    client.force_login(marketer)
    start = reverse("admin:crm_sender_warm_up_start", args=[sender.pk])
    today = str(timezone.now().date())
    answer = client.post(start, {"warm_up_on": today if on is None else on, "warm_up_first": first})
    assert answer.status_code == 422
    assert list(answer.context["wrong_form"].errors) == [field]
    assert f'name="warm_up_first" value="{first}"' in answer.content.decode()
    sender.refresh_from_db()
    assert sender.warm_up_on is None


def test_a_rep_begins_and_ends_no_warm_up(client, rep):
    sender = SenderFactory(warm_up_on=TODAY, warm_up_first=10)
    with pytest.raises(Forbidden):
        stop_warm_up(sender, by=rep)
    client.force_login(rep)
    stop = reverse("admin:crm_sender_warm_up_stop", args=[sender.pk])
    assert client.post(stop).status_code in (302, 403, 404)
    sender.refresh_from_db()
    assert sender.warm_up_first == 10


def test_a_day_too_far_away_is_refused(marketer):
    with pytest.raises(Invalid, match="within the next year"):
        start_warm_up(SenderFactory(), on=date(2099, 1, 1), first=10, by=marketer)


# Bounces told apart


def bounced(address, is_hard):
    contact = ContactFactory(email=address)
    at = timezone.now() - timedelta(hours=1)
    message = Message.objects.create(
        key=f"b{contact.pk}", send_key="s", channel="email", purpose="commercial", contact=contact, address=address,
        content_type="tests.content", due_at=at, sent_at=at,
    )  # fmt: skip
    record("email.sent", contact=contact, message=message, occurred_at=at)
    data = {} if is_hard is None else {"is_hard": is_hard}
    record("email.bounced", contact=contact, message=message, occurred_at=at, data=data)


def test_bounces_for_good_and_for_now_are_told_apart_by_provider():
    for number, is_hard in enumerate((True, False, False, None)):  # None: refused at once, no such address
        bounced(f"p{number}@gmail.com", is_hard)
    bounced("q@yahoo.com", False)
    counted = counted_rates(timezone.now() - timedelta(days=30))
    assert {key: (one["bounced"], one["soft_bounced"]) for key, one in counted.items()} == {
        "gmail": (4, 2),
        "yahoo": (1, 1),
    }
    count_rates(timezone.now())
    assert [(one.row.provider, one.hard_bounced) for one in rates_seen()] == [("gmail", 2), ("yahoo", 0)]


def test_only_bounces_for_good_are_held_against_the_limits(client, marketer):
    SenderFactory()
    MailboxRate.objects.create(
        provider="gmail", sent=1000, bounced=90, soft_bounced=80, complained=0, counted_at=timezone.now()
    )
    (seen,) = rates_seen()
    assert (str(seen.bounces), str(seen.soft), seen.state) == ("1.00", "8.00", "good")
    client.force_login(marketer)
    (rate,) = client.get("/api/v1/mailbox-rates/").json()["results"]
    assert (rate["bounced"], rate["soft_bounced"], rate["bounce_percent"], rate["soft_bounce_percent"]) == (
        90, 80, "1.00", "8.00",
    )  # fmt: skip
    html = client.get(reverse(PAGE)).content.decode()
    assert "8.00 %" in html
    assert "5,000 mails a day" in html
