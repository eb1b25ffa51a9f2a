"""A test of variants: who gets which, when it is decided and by what, and the winner for the rest."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent_many
from crm.delivery.heard import keep_heard
from crm.delivery.sending import deliver
from crm.errors import Invalid
from crm.log.recording import record
from crm.models import Company, Contact, Message, OutboxItem
from marketing.actions.emails import make_ready
from marketing.actions.experiments import Plan, Way, choose_winner, decide_due
from marketing.actions.sends import start_due, start_send
from marketing.models import Experiment, SegmentMember
from marketing.queries.experiments import numbers_of
from marketing.queries.significance import Sample, holm, judge_means, judge_shares, people_needed, two_proportions
from tests.factories.crm import ContactFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def email(marketer, administrator):
    Company.objects.create(pk=1, name="Northwind")
    return make_ready(MarketingEmailFactory(), by=marketer)


def audience(count):
    segment = ListFactory()
    Contact.objects.bulk_create(ContactFactory.build() for _ in range(count))
    SegmentMember.objects.bulk_create(SegmentMember(segment=segment, contact=c) for c in Contact.objects.all())
    give_consent_many(Contact.objects.all(), source="test")
    return segment


def trial(email, segment, by, *ways, **asked):
    ways = ways or (Way(), Way(subject="Another subject"))
    send = start_send(email, segments=[segment], by=by, experiment=Plan(ways=ways, **asked))
    start_due(timezone.now())
    deliver("email", timezone.now() + timedelta(seconds=1))
    return Experiment.objects.select_related("send").get(send=send)


def clicked(experiment, letter, count):
    messages = list(Message.objects.filter(send_key=experiment.send.send_key, variant=letter)[:count])
    for message in messages:
        record(
            "email.clicked", contact=message.contact_id, message=message, verdict="human", occurred_at=timezone.now()
        )
    keep_heard([message.pk for message in messages])


def test_the_sample_is_shared_out_and_the_others_wait(email, marketer):
    experiment = trial(email, audience(200), marketer, sample_percent=50)
    by_variant = {letter: Message.objects.filter(variant=letter).count() for letter in "AB"}
    assert by_variant["A"] + by_variant["B"] == Message.objects.count()
    assert all(30 <= n <= 70 for n in by_variant.values())
    said = OutboxItem.objects.filter(subject="Another subject").count()
    assert said == by_variant["B"]
    email.refresh_from_db(fields=["ready_version"])
    assert email.ready_version == 1
    assert experiment.decides_at > timezone.now() + timedelta(hours=23)


def test_the_winner_goes_to_the_rest_when_the_time_is_over(email, marketer):
    segment = audience(200)
    experiment = trial(email, segment, marketer, sample_percent=60, hours=1)
    clicked(experiment, "A", 5)
    clicked(experiment, "B", 30)
    assert decide_due(timezone.now()) == 0
    assert decide_due(timezone.now() + timedelta(hours=2)) == 1
    experiment.refresh_from_db()
    assert (experiment.status, experiment.winner) == ("decided", "B")
    assert Message.objects.count() == 200
    waiting = Message.objects.filter(status="due")
    assert set(waiting.values_list("variant", flat=True)) == {"B"}
    assert set(waiting.values_list("content_version", flat=True)) == {2}
    assert decide_due(timezone.now() + timedelta(hours=3)) == 0


def test_what_may_be_luck_is_not_decided_and_says_what_would_be_needed(client, email, marketer):
    experiment = trial(email, audience(200), marketer, sample_percent=80, hours=1)
    clicked(experiment, "A", 10)
    clicked(experiment, "B", 14)
    decide_due(timezone.now() + timedelta(hours=2))
    experiment.refresh_from_db()
    assert experiment.status == "undecided"
    words = numbers_of(experiment).words
    assert words.startswith("Not decided: ")
    assert "people a variant would be needed" in words
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_send_live", args=[experiment.send_id]))
    assert words in page.content.decode()
    client.post(reverse("admin:marketing_send_winner", args=[experiment.send_id]), {"winner": "A"})
    experiment.refresh_from_db()
    assert (experiment.status, experiment.winner, experiment.decided_by) == ("decided", "A", marketer)
    assert Message.objects.count() == 200


def test_another_email_another_sender_and_another_time_are_variants_too(email, marketer):
    other = make_ready(MarketingEmailFactory(subject="From elsewhere"), by=marketer)
    later = timezone.now() + timedelta(hours=5)
    ways = (Way(), Way(email=other), Way(sender=other.sender), Way(due_at=later))
    trial(email, audience(80), marketer, *ways, sample_percent=100)
    assert set(Message.objects.filter(variant="B").values_list("content_id", flat=True)) == {other.pk}
    assert set(Message.objects.filter(variant="C").values_list("sender", flat=True)) == {other.sender_id}
    assert set(Message.objects.filter(variant="D").values_list("due_at", flat=True)) == {later}
    assert set(Message.objects.filter(variant="A").values_list("content_id", "sender")) == {(email.pk, email.sender_id)}


def test_a_goal_counts_what_readers_did_afterwards(email, marketer):
    experiment = trial(email, audience(100), marketer, metric="goal", goal_kind="form.submitted", sample_percent=100)
    for message in Message.objects.filter(variant="B")[:9]:
        record("form.submitted", contact=message.contact_id, occurred_at=timezone.now() + timedelta(minutes=1))
    assert {row.sample.letter: row.sample.hits for row in numbers_of(experiment).rows} == {"A": 0, "B": 9}


def test_revenue_is_what_they_won_afterwards(email, marketer):
    experiment = trial(email, audience(100), marketer, metric="revenue", sample_percent=100)
    one = Message.objects.filter(variant="B").first()
    data = {"revenue_base": "120.50"}
    record("opportunity.won", contact=one.contact_id, data=data, occurred_at=timezone.now() + timedelta(minutes=1))
    record("opportunity.won", contact=one.contact_id, data=data, occurred_at=timezone.now() - timedelta(days=9))
    values = {row.sample.letter: str(row.value) for row in numbers_of(experiment).rows}
    assert values == {"A": "0", "B": "120.50"}


@pytest.mark.parametrize(
    ("ways", "asked", "field"),
    [
        ((Way(),), {}, "variants"),
        ((Way(), Way()), {}, "variants"),
        ((Way(), Way(subject="{{ nobody }}")), {}, "variants"),
        ((Way(), Way(subject="x")), {"metric": "goal"}, "goal_kind"),
        ((Way(), Way(subject="x")), {"sample_percent": 0}, "sample_percent"),
        (tuple(Way(subject=str(n)) for n in range(11)), {}, "variants"),
    ],
)
def test_what_is_no_test_is_refused_with_its_field(email, marketer, ways, asked, field):
    with pytest.raises(Invalid) as refused:
        start_send(email, segments=[ListFactory()], by=marketer, experiment=Plan(ways=ways, **asked))
    assert refused.value.field == field


def test_a_winner_by_hand_must_be_one_of_them(email, marketer):
    experiment = trial(email, audience(20), marketer, sample_percent=100)
    with pytest.raises(Invalid):
        choose_winner(experiment, "J", by=marketer)


def test_the_page_asks_for_variants_and_the_api_tells_their_numbers(client, email, marketer):
    segment = audience(40)
    client.force_login(marketer)
    address = reverse("admin:marketing_send_new", args=["email", email.pk])
    asked = {"segments": segment.pk, "timing": "at_once", "variants": "2", "metric": "opens", "sample_percent": 100}
    page = client.post(address, {**asked, "look": "1"})
    assert 'name="B-subject"' in page.content.decode()
    assert client.post(address, {**asked, "hours": 2, "confidence": 95}).status_code == 422
    sent = client.post(address, {**asked, "hours": 2, "confidence": 95, "B-subject": "Other"})
    assert sent.status_code == 302, sent.content
    start_due(timezone.now())
    experiment = Experiment.objects.get()
    told = client.get(f"/api/v1/sends/{experiment.send_id}/experiment/").json()
    assert ([row["letter"] for row in told["rows"]], told["status"]) == (["A", "B"], "running")
    body = {
        "segment": segment.pk,
        "experiment": {"variants": [{}, {"subject": "Hello"}, {"subject": "You there"}], "hours": 5},
    }
    made = client.post(f"/api/v1/emails/{email.pk}/send/", body, content_type="application/json")
    assert made.status_code == 202, made.content
    assert Experiment.objects.get(send=made.json()["id"]).variants.count() == 3


# The statistics, against known values


def test_two_proportions_agree_with_a_worked_example():
    """NIST/SEMATECH 7.3.3 writes the statistic; 45 of 100 against 30 of 100 is z = 2.19."""
    assert two_proportions(Sample("A", 100, 45), Sample("B", 100, 30)) == pytest.approx(0.0285, abs=0.0002)


def test_holm_multiplies_the_smallest_the_most_and_never_falls():
    corrected = holm({("A", "B"): 0.01, ("A", "C"): 0.04, ("B", "C"): 0.03})
    assert corrected == {
        ("A", "B"): pytest.approx(0.03),
        ("B", "C"): pytest.approx(0.06),
        ("A", "C"): pytest.approx(0.06),
    }


def test_to_tell_ten_from_twelve_percent_some_four_thousand_are_needed():
    """Fleiss, power 80 %, 95 %: 3,841 in each group."""
    assert people_needed(0.10, 0.12, 0.95) == pytest.approx(3841, abs=2)
    assert people_needed(0.1, 0.1, 0.95) is None


def test_too_few_are_too_few_and_nothing_earned_is_nothing():
    assert judge_shares([Sample("A", 20, 0), Sample("B", 20, 1)], 0.95).problem.startswith("Too few")
    assert judge_means([Sample("A", 50), Sample("B", 50)], 0.95).problem == "Nothing was earned yet."
