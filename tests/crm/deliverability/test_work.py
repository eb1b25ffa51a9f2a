"""Checks are asked for, done by a job, and kept with their time; rates are counted by the provider of the reader's mailbox."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm import jobs
from crm.actions.deliverability import check_again, describe_domain
from crm.deliverability.work import check_asked, count_rates
from crm.errors import Forbidden, Invalid
from crm.log.recording import record
from crm.models import MailboxRate, Message, SenderDomain
from crm.queries.deliverability import counted_rates, is_authenticated, rates_seen
from tests.crm.deliverability.conftest import ADDRESS
from tests.factories.crm import ContactFactory, SenderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender():
    return SenderFactory()


def mailed(address, *kinds, days=1, sent=True):
    """One message to a contact at `address`, and what the log tells of it."""
    contact = ContactFactory(email=address)
    at = timezone.now() - timedelta(days=days)
    message = Message.objects.create(
        key=f"m{contact.pk}", send_key="s", channel="email", purpose="commercial", contact=contact, address=f"{contact.pk}{address}",
        content_type="tests.content", due_at=at, sent_at=at if sent else None,
    )  # fmt: skip
    for kind in kinds:
        record(kind, contact=contact, message=message, occurred_at=at)
    return message


def test_whoever_asks_gets_the_answer_from_a_job_with_its_time(good, sender, marketer, run_jobs):
    assert is_authenticated(sender) is None
    check_again(by=marketer)
    assert SenderDomain.objects.get().checked_at is None
    run_jobs()
    row = SenderDomain.objects.get()
    assert (row.domain, row.asked_at, row.claim, row.problem) == ("tandem.example", None, None, "")
    assert row.checked_at is not None
    assert is_authenticated(sender) is None  # the selector is not known
    describe_domain(row, selectors="s1._domainkey.tandem.example", sending_hosts=ADDRESS, by=marketer)
    run_jobs()
    assert is_authenticated(sender) is True


def test_a_domain_without_a_policy_is_not_authenticated(good, sender, marketer, run_jobs):
    good.records = [record for record in good.records if "_dmarc" not in str(record.rname)]
    check_again(by=marketer)
    run_jobs()
    assert is_authenticated(sender) is False


def test_domains_are_looked_after_without_anybody_asking(good, sender, run_jobs):
    run_jobs()
    first = SenderDomain.objects.get().checked_at
    assert first is not None
    run_jobs(later=timedelta(hours=7))
    assert SenderDomain.objects.get().checked_at > first


def test_a_domain_that_nobody_sends_from_goes_unless_something_is_written_there(good, sender, run_jobs):
    SenderDomain.objects.create(domain="old.example")
    SenderDomain.objects.create(domain="kept.example", selectors="s1")
    run_jobs()
    assert set(SenderDomain.objects.values_list("domain", flat=True)) == {"kept.example", "tandem.example"}


def test_a_killed_check_is_done_by_the_next_worker_and_a_living_one_is_left_alone(good, sender):
    row = SenderDomain.objects.create(domain="tandem.example", asked_at=timezone.now())
    token = jobs.new_claim()
    SenderDomain.objects.update(claim=token)
    check_asked(timezone.now())
    row.refresh_from_db()
    assert row.checked_at is None
    jobs.release(token)
    check_asked(timezone.now())
    row.refresh_from_db()
    assert (row.checked_at is not None, row.asked_at) == (True, None)


def test_a_rep_sets_up_nothing(sender, rep):
    with pytest.raises(Forbidden):
        check_again(by=rep)


@pytest.mark.parametrize(
    ("field", "said"), [("selectors", "s 1!"), ("sending_hosts", "1.2.3"), ("sending_hosts", "a_b c/d"), ("selectors", "ab " + "x" * 63 + " " + " ".join(f"s{n}" for n in range(60)))]
)  # fmt: skip
def test_what_is_no_selector_or_host_is_refused_at_its_field(sender, marketer, field, said):
    row = SenderDomain.objects.create(domain="tandem.example")
    given = {"selectors": "", "sending_hosts": "", field: said}
    with pytest.raises(Invalid) as problem:
        describe_domain(row, **given, by=marketer)
    assert problem.value.field == field


def test_rates_are_counted_by_provider_over_thirty_days_in_one_query(django_assert_num_queries):
    for number in range(3):
        mailed(f"a{number}@gmail.com", "email.sent", "email.delivered")
    mailed("b@googlemail.com", "email.sent", "email.delivered", "email.bounced", "email.bounced")
    mailed("c@hotmail.co.uk", "email.bounced", sent=False)
    mailed("d@yahoo.fr", "email.sent", "email.complained")
    mailed("e@me.com", "email.sent")
    mailed("f@gmx.net", "email.sent")
    mailed("g@firm.example", "email.sent")
    mailed("h@notgmail.com", "email.sent", "email.bounced", days=31)
    with django_assert_num_queries(1):
        counted = counted_rates(timezone.now() - timedelta(days=30))
    assert counted == {
        "gmail": {"sent": 4, "bounced": 1, "soft_bounced": 0, "complained": 0},
        "outlook": {"sent": 1, "bounced": 1, "soft_bounced": 0, "complained": 0},
        "yahoo": {"sent": 1, "bounced": 0, "soft_bounced": 0, "complained": 1},
        "apple": {"sent": 1, "bounced": 0, "soft_bounced": 0, "complained": 0},
        "gmx": {"sent": 1, "bounced": 0, "soft_bounced": 0, "complained": 0},
        "rest": {"sent": 1, "bounced": 0, "soft_bounced": 0, "complained": 0},
    }


def test_counting_again_replaces_and_forgets():
    MailboxRate.objects.create(provider="yahoo", sent=9, counted_at=timezone.now())
    MailboxRate.objects.create(provider="gmail", sent=9, counted_at=timezone.now())
    mailed("a@gmail.com", "email.sent")
    count_rates(timezone.now())
    assert list(MailboxRate.objects.values_list("provider", "sent")) == [("gmail", 1)]


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "state", "bounces", "complaints"),
    [
        (10_000, 199, 9, "good", "1.99", "0.09"),
        (10_000, 200, 0, "weak", "2.00", "0.00"),
        (10_000, 500, 0, "bad", "5.00", "0.00"),
        (10_000, 0, 10, "weak", "0.00", "0.10"),
        (10_000, 0, 30, "bad", "0.00", "0.30"),
        (99, 50, 50, "open", "50.51", "50.51"),
        (0, 0, 0, "open", "0.00", "0.00"),
    ],
)
def test_rates_are_held_against_the_limits_of_the_providers(sent, bounced, complained, state, bounces, complaints):
    MailboxRate.objects.create(
        provider="gmail", sent=sent, bounced=bounced, complained=complained, counted_at=timezone.now()
    )
    (seen,) = rates_seen()
    assert (seen.state, seen.bounces, seen.complaints) == (state, Decimal(bounces), Decimal(complaints))
