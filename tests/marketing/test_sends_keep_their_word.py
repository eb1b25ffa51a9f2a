"""A send goes out as it was asked for and agreed to, whatever is edited, grown, paused or stopped in the meantime."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.models import Company, Message, Notification, Topic
from marketing.actions.approvals import approve_send
from marketing.actions.emails import edit_email, make_ready
from marketing.actions.experiments import Plan, Way, choose_winner, decide_due
from marketing.actions.send_control import cancel_send, pause_send, resume_send
from marketing.actions.sends import start_due, start_send
from marketing.models import Experiment, SegmentMember, Send
from tests.factories.crm import ContactFactory, SenderFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory, TextMessageFactory

pytestmark = pytest.mark.django_db
TEST = Plan(ways=(Way(), Way(subject="Another subject")), sample_percent=50, hours=1)


@pytest.fixture
def email(marketer, administrator):
    Company.objects.create(pk=1, name="Northwind")
    return make_ready(MarketingEmailFactory(), by=marketer)


def person(segment, *, agrees=True, **fields):
    contact = ContactFactory(**fields)
    SegmentMember.objects.create(segment=segment, contact=contact)
    if agrees:
        give_consent(contact.email, source="test")
    return contact


def people(count):
    segment = ListFactory()
    for _ in range(count):
        person(segment)
    return segment


def begun(email, segment, by, **asked):
    send = start_send(email, segments=[segment], by=by, **asked)
    start_due(max(timezone.now(), send.due_at))
    return Send.objects.get(pk=send.pk)


def test_another_purpose_topic_or_sender_of_the_email_changes_no_send_that_was_asked_for(email, marketer, run_jobs):
    segment = ListFactory()
    person(segment, agrees=False)
    send = start_send(email, segments=[segment], by=marketer)
    was = email.sender
    edit_email(
        email, by=marketer, purpose="transactional", topic=Topic.objects.create(name="News"), sender=SenderFactory()
    )
    run_jobs()
    message = Message.objects.get(send_key=send.send_key)
    assert (message.purpose, message.topic, message.sender) == ("commercial", None, was)
    assert (message.status, message.reason) == ("not_sent", "There is no consent to commercial messages.")


def test_the_rest_of_a_test_gets_the_winner_by_the_purpose_that_was_asked_for(email, marketer):
    send = begun(email, people(20), marketer, experiment=TEST)
    edit_email(email, by=marketer, purpose="transactional")
    choose_winner(Experiment.objects.get(send=send), "A", by=marketer)
    assert set(Message.objects.values_list("purpose", flat=True)) == {"commercial"}


def test_a_text_keeps_its_purpose_too(marketer, administrator):
    text = TextMessageFactory(ready_version=1)
    text.versions.create(number=1, text=text.text)
    send = start_send(text, segments=[ListFactory()], by=marketer)
    assert (send.purpose, send.sender) == ("commercial", text.sender)


def test_a_send_that_has_outgrown_the_limit_waits_for_approval_when_its_time_comes(email, marketer, administrator):
    Company.objects.update(approve_sends_over=2)
    segment = people(2)
    send = start_send(email, segments=[segment], by=marketer, due_at=timezone.now() + timedelta(hours=1))
    assert send.status == "scheduled"
    person(segment)
    assert start_due(send.due_at) == 0
    send = Send.objects.get()
    assert (send.status, send.audience_count, Message.objects.count()) == ("waiting", 3, 0)
    assert "approve a send to 3 people" in Notification.objects.get(user=administrator).text
    approve_send(send, by=administrator)
    assert start_due(send.due_at) == 1
    assert Message.objects.count() == 3


def test_an_approval_holds_for_a_few_more_people_and_not_for_many(email, marketer, administrator):
    Company.objects.update(approve_sends_over=5)
    segment = people(20)
    send = start_send(email, segments=[segment], by=marketer, due_at=timezone.now() + timedelta(hours=1))
    approve_send(send, by=administrator)
    for _ in range(2):
        person(segment)
    other = start_send(email, segments=[segment], by=marketer, due_at=timezone.now() + timedelta(hours=1))
    approve_send(other, by=administrator)
    assert start_due(send.due_at) == 1  # 22 where 20 were agreed to
    for _ in range(5):
        person(segment)
    assert start_due(other.due_at) == 0  # 27 where 22 were
    other.refresh_from_db()
    assert (other.status, other.audience_count) == ("waiting", 27)
    assert Notification.objects.filter(user=administrator, text__contains="approve a send to 27 people").count() == 1


@pytest.mark.parametrize("stop", [pause_send, cancel_send])
def test_a_winner_found_while_somebody_stops_the_send_goes_to_nobody(email, marketer, stop, monkeypatch):
    from marketing.actions import experiments

    send = begun(email, people(40), marketer, experiment=TEST)
    found = list(experiments._due(timezone.now() + timedelta(hours=2)).values_list("pk", flat=True))
    stop(send, by=marketer)
    before = Message.objects.count()
    Experiment.objects.update(is_automatic=True)
    Message.objects.update(status="sent", sent_at=timezone.now())
    assert [experiments._decide(pk, timezone.now() + timedelta(hours=2)) for pk in found] == [0]
    assert (Message.objects.count(), Experiment.objects.get().status) == (before, "running")


def test_a_pause_makes_the_test_longer_by_as_much(email, marketer):
    send = begun(email, people(20), marketer, experiment=TEST)
    before = Experiment.objects.get().decides_at
    send = pause_send(send, by=marketer)
    Send.objects.update(paused_at=send.paused_at - timedelta(hours=5))
    resume_send(send, by=marketer)
    assert round((Experiment.objects.get().decides_at - before).total_seconds() / 3600) == 5


def test_a_test_is_decided_after_the_last_of_its_sample_is_due(email, marketer):
    begun(email, people(20), marketer, experiment=TEST, rate_per_hour=1)
    last = Message.objects.latest("due_at").due_at
    assert last > timezone.now() + timedelta(hours=4)
    assert Experiment.objects.get().decides_at == last + timedelta(hours=1)
    assert decide_due(last) == 0


def test_a_variant_about_another_topic_is_refused_at_its_field(client, email, marketer):
    other = make_ready(MarketingEmailFactory(topic=Topic.objects.create(name="Events")), by=marketer)
    segment = people(2)
    client.force_login(marketer)
    said = {"segments": segment.pk, "variants": "2", "A-share": "1", "B-share": "1", "B-email": other.pk}
    page = client.post(reverse("admin:marketing_send_new", args=["email", email.pk]), said)
    assert page.status_code == 422
    assert f"“{other}” has another topic than “{email}”." in page.content.decode()
    assert not Send.objects.exists()


def test_the_page_before_a_send_shows_as_examples_only_people_that_its_reader_may_see(client, email, request):
    rep_like = request.getfixturevalue("marketer")
    from crm.models import RoleGrant

    RoleGrant.objects.filter(role__users=rep_like, resource="crm.contact").update(depth=1)
    segment = ListFactory()
    hers = person(segment, first_name="Ownna", owner=rep_like)
    person(segment, first_name="Hiddena")
    client.force_login(rep_like)
    page = client.post(
        reverse("admin:marketing_send_new", args=["email", email.pk]), {"segments": segment.pk, "look": "1"}
    ).content.decode()
    assert hers.first_name in page
    assert "Hiddena" not in page
