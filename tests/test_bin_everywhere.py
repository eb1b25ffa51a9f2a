"""What rests in the bin is nowhere to be found: not in lists, search, segments, sends, journeys, the API, or by matching."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.bin import delete_record, restore_record
from crm.actions.consent import give_consent_many
from crm.actions.contacts import capture_contact
from crm.delivery.queueing import send_one
from crm.errors import Invalid
from crm.hooks.handover import Request, hand_over
from crm.models import Activity, Contact, Deletion, Message
from journeys import engine
from journeys.actions.participants import add_contacts
from journeys.models import Participant
from marketing.actions.registrations import register_for_event
from marketing.actions.segments import create_segment
from marketing.models import Segment
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, SenderFactory
from tests.factories.deals import LeadFactory, OpportunityFactory
from tests.factories.journeys import NOON, live_journey, node
from tests.factories.marketing_events import EventFactory

pytestmark = pytest.mark.django_db
INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
HOUR = timedelta(hours=1)


@pytest.fixture
def gone(rep, administrator):
    """A rep's account, contact, lead, opportunity and task, all in the bin; each says “Zanzibar” somewhere."""
    account = AccountFactory(name="Zanzibar Ltd", owner=rep, city="Zanzibar")
    contact = ContactFactory(
        first_name="Zanzibar", last_name="Rao", owner=rep, account=account, email="zanzibar@customer.example"
    )
    deal = OpportunityFactory(topic="Zanzibar deal", account=account, contact=contact, owner=rep)
    lead = LeadFactory(topic="Zanzibar lead", contact=contact, owner=rep)
    task = ActivityFactory(
        subject="Zanzibar call", owner=rep, contact=contact, due_at=timezone.now(), ends_at=timezone.now() + HOUR
    )
    records = {"deal": deal, "lead": lead, "task": task, "contact": contact, "account": account}
    for record in records.values():
        delete_record(record, by=administrator)
    return records


PAGES = [
    "/accounts/", "/contacts/", "/contacts/?prospects=with", "/leads/", "/opportunities/", "/activities/",
    "/opportunities/board/", "/my-work/", "/calendar/", "/accounts/?q=zanzibar", "/contacts/?q=zanzibar",
    "/search/?q=zanzibar", "/search/found/?q=zanzibar", "/choose/crm.contact/?q=zanzibar",
    "/choose/crm.account/?q=zanzibar", "/leads/known/?email=zanzibar@customer.example",
]  # fmt: skip
RESOURCES = ["accounts", "contacts", "leads", "opportunities", "activities"]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", ["rep", "administrator"])
def test_no_page_shows_it(client, request, gone, address, role):
    client.force_login(request.getfixturevalue(role))
    page = client.get(address, follow=True).content.decode()
    assert [word for word in ("Zanzibar Ltd", "Zanzibar Rao", "Zanzibar deal", "Zanzibar lead") if word in page] == []
    assert "Zanzibar call" not in page


def test_no_record_page_opens_and_no_link_of_the_api_answers(client, administrator, gone):
    client.force_login(administrator)
    assert {client.get(record.get_absolute_url()).status_code for record in gone.values()} == {404}
    for name, record in zip(RESOURCES, ("account", "contact", "lead", "deal", "task"), strict=True):
        assert client.get(f"/api/v1/{name}/").json()["results"] == []
        assert client.get(f"/api/v1/{name}/{gone[record].pk}/").status_code == 404
    answer = client.post("/api/v1/interactions/", {"contact": gone["contact"].pk, "name": "x"}, "application/json")
    assert answer.status_code == 400


def test_it_cannot_be_deleted_twice_or_named_by_another_record(client, administrator, gone):
    client.force_login(administrator)
    task = {"kind": "task", "subject": "Call", "contact": gone["contact"].pk}
    assert client.post("/api/v1/activities/", task, "application/json").status_code == 400
    assert client.delete(f"/api/v1/contacts/{gone['contact'].pk}/").status_code == 404
    assert Deletion.objects.in_bin().count() == 5


def test_a_captured_person_is_a_new_one(gone):
    captured, is_new = capture_contact(email="Zanzibar@customer.example", last_name="Rao")
    assert (is_new, captured.pk == gone["contact"].pk) == (True, False)


def test_nobody_in_the_bin_is_handed_over(gone):
    with pytest.raises(Invalid, match="There is no contact"):
        hand_over([Request("k", gone["contact"].pk, "Follow up", source="Journey: x")])


def test_segments_let_them_go_and_take_them_back(marketer, administrator, run_jobs):
    contact, other = ContactFactory(country="IN"), ContactFactory(country="IN")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    deletion = delete_record(contact, by=administrator)
    run_jobs()
    assert list(segment.members.values_list("contact", flat=True)) == [other.pk]
    assert Segment.objects.get().member_count == 1
    restore_record(deletion, by=administrator)
    run_jobs()
    assert segment.members.count() == 2


def test_no_message_goes_to_somebody_in_the_bin(administrator, run_jobs):
    SenderFactory(is_default=True)
    contact = ContactFactory()
    give_consent_many(Contact.objects.all(), source="test")
    send_one(to=contact.email, contact=contact, subject="Hello", text="Hello")
    delete_record(contact, by=administrator)
    run_jobs()
    message = Message.objects.get()
    assert (message.status, "bin" in message.reason.lower()) == ("not_sent", True)


def test_in_a_journey_they_wait_and_go_on_where_they_were(administrator, marketer):
    journey = live_journey(
        {
            "w": node("wait_for", amount=1, unit="hours"),
            "c": node("create_activity", kind="call", subject="Ring them", days=1),
            "e": node("end"),
        }
    )
    contact = ContactFactory()
    add_contacts(journey, contacts=[contact.pk], by=marketer, now=NOON)
    assert engine.advance(NOON + HOUR / 2) == 0
    deletion = delete_record(contact, by=administrator)
    assert engine.advance(NOON + HOUR) == 0
    assert not Activity.objects.exists()
    restore_record(deletion, by=administrator)
    assert Participant.objects.get().due_at == NOON + HOUR
    assert engine.advance(NOON + HOUR / 2) == 0
    assert engine.advance(NOON + HOUR) == 3
    assert (Activity.objects.get().contact, Participant.objects.get().status) == (contact, "done")


def test_the_guests_of_an_event_are_those_who_are_there(client, administrator):
    event = EventFactory()
    contact = ContactFactory(first_name="Zanzibar", last_name="Rao")
    register_for_event(event, contact=contact)
    delete_record(contact, by=administrator)
    client.force_login(administrator)
    page = client.get(reverse("admin:marketing_registration_changelist")).content.decode()
    assert "Zanzibar" not in page
    assert client.get(f"/api/v1/registrations/?event={event.pk}").json()["results"] == []


def test_a_deleted_lead_has_no_link_on_the_timeline(client, administrator):
    contact = ContactFactory()
    client.force_login(administrator)
    lead = LeadFactory(contact=contact)
    delete_record(lead, by=administrator)
    page = client.get(contact.get_absolute_url()).content.decode()
    assert "Put into the bin" in page
    assert lead.get_absolute_url() not in page
