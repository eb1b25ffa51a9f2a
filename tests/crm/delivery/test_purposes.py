"""Own purposes, topics that need a yes of their own, and flags on the person: decided by one SQL, before and at the claim."""

import pytest
from django.utils import timezone

from crm.actions.consent import give_consent, withdraw_consent
from crm.delivery.eligibility import preview, reason_for_contact, why_not
from crm.delivery.queueing import queue_for, send_one
from crm.delivery.sending import deliver
from crm.models import ConsentPurpose, Contact, Message, Topic
from tests.crm.delivery.conftest import REF
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def research(db):
    return ConsentPurpose.objects.create(key="research", name="Research")


def sent(**asked):
    """What became of a message to everybody, by the first name."""
    queue_for(Contact.objects.all(), content=REF, **{"send_key": f"send:{Message.objects.count()}", **asked})
    deliver("email", timezone.now())
    rows = Message.objects.filter(status__in=["sent", "not_sent"]).order_by("pk")
    told = {row.contact.first_name: row.reason or row.status for row in rows.select_related("contact")}
    Message.objects.all().delete()
    return told


def foretold(purpose, topic=None):
    reason = reason_for_contact("email", purpose, topic, timezone.now())
    rows = Contact.objects.annotate(why=reason).values_list("first_name", "why")
    return {name: why or "sent" for name, why in rows}


def test_a_purpose_of_their_own_needs_its_own_yes(asha, research):
    ContactFactory(first_name="Ben")
    give_consent(Contact.objects.get(first_name="Ben").email, purpose="research", source="Call")
    assert foretold("research") == {"Asha": "There is no consent to this purpose.", "Ben": "sent"}
    assert sent(purpose="research") == foretold("research")
    assert foretold("commercial") == {"Asha": "sent", "Ben": "There is no consent to commercial messages."}


def test_a_purpose_may_need_only_that_nobody_said_no(asha, research):
    ConsentPurpose.objects.update(rule="opt_out")
    ben = ContactFactory(first_name="Ben")
    withdraw_consent(ben.email, purpose="research", source="Call")
    assert foretold("research") == {"Asha": "sent", "Ben": "Consent was withdrawn."}
    assert sent(purpose="research") == foretold("research")


def test_a_purpose_that_nobody_has_declared_needs_a_yes(asha):
    assert sent(purpose="reserch") == {"Asha": "There is no consent to this purpose."}


def test_transactional_mail_can_be_made_to_heed_a_no(asha):
    withdraw_consent(asha.email, purpose="transactional", source="Call")
    assert sent(purpose="transactional") == {"Asha": "sent"}
    ConsentPurpose.objects.filter(key="transactional").update(rule="opt_out")
    assert sent(purpose="transactional") == {"Asha": "Consent was withdrawn."}


def test_a_topic_may_need_a_yes_of_its_own(asha):
    events = Topic.objects.create(name="Events", needs_yes=True)
    news = Topic.objects.create(name="News")
    assert (sent(topic=events), sent(topic=news)) == (
        {"Asha": "The person has not chosen this topic."},
        {"Asha": "sent"},
    )
    assert why_not(asha, topic=events) == "The person has not chosen this topic."
    give_consent(asha.email, topic=events, source="Call")
    assert (sent(topic=events), why_not(asha, topic=events)) == ({"Asha": "sent"}, "")


@pytest.mark.parametrize("purpose", ["commercial", "transactional"])
def test_who_is_marked_do_not_email_gets_none_and_nobody_else_at_the_address(asha, purpose):
    ContactFactory(first_name="Ben", email=asha.email.upper(), do_not_email=True)
    assert set(foretold(purpose).values()) == {"The contact is marked “do not email”."}
    assert set(sent(purpose=purpose).values()) == {"The contact is marked “do not email”."}


def test_a_mail_that_belongs_to_no_contact_is_not_stopped_by_a_flag(asha):
    Contact.objects.update(do_not_email=True)
    letter = send_one(to=asha.email, subject="Set your password", text="Here")
    deliver("email", timezone.now())
    letter.refresh_from_db()
    assert letter.status == "sent"


def test_a_flag_set_between_queue_and_send_holds(asha):
    queue_for(Contact.objects.all(), content=REF, send_key="send:1")
    Contact.objects.update(do_not_email=True)
    deliver("email", timezone.now())
    assert Message.objects.values_list("status", "reason").get() == (
        "not_sent",
        "The contact is marked “do not email”.",
    )
    assert preview(Contact.objects.all()).left_out == [("The contact is marked “do not email”.", 1)]


def test_the_claim_asks_for_the_rules_once_whatever_the_purposes(asha, research, django_assert_max_num_queries):
    ContactFactory.create_batch(30)
    for purpose in ("commercial", "research", "transactional"):
        queue_for(Contact.objects.all(), content=REF, send_key=purpose, purpose=purpose)
    with django_assert_max_num_queries(60):
        deliver("email", timezone.now())
