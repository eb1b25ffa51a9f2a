"""A lead is qualified once, knowing whom it may be; what hung on it is found on the deal."""

from datetime import date
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.actions.activities import log_activity
from crm.actions.attachments import attach_file
from crm.errors import NotAllowed
from crm.models import Account
from crm.queries.timeline import timeline_of
from sales.actions.deal_people import put_on_team
from sales.actions.leads import change_lead, qualify_lead
from sales.models import Lead, Opportunity
from tests.factories.crm import AccountFactory, CampaignFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(rep):
    return LeadFactory(owner=rep, campaign=CampaignFactory(), budget_amount=Decimal("12000"), topic="Wants bikes")


def test_qualifying_takes_at_most_fifteen_queries(lead, rep):
    qualify_lead(LeadFactory(owner=rep, company_name="Warm up"), by=rep)
    with CaptureQueriesContext(connection) as asked:
        qualify_lead(lead, by=rep)
    said = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(said) <= 15, "\n".join(said)


def test_the_history_of_each_record_tells_what_qualifying_did(lead, rep):
    lead = qualify_lead(lead, by=rep)
    for record, action, field in (
        (lead, 1, "status"), (lead.contact, 1, "is_prospect"), (lead.account, 0, "name"),
        (lead.opportunities.get(), 0, "topic"),
    ):  # fmt: skip
        entry = LogEntry.objects.get_for_object(record).get(action=action)
        assert (entry.actor, field in entry.changes) == (rep, True)
    assert LogEntry.objects.get_for_object(lead).get(action=1).changes["status"] == ["open", "qualified"]


def test_the_second_of_two_tabs_is_led_to_the_one_opportunity(client, lead, rep):
    client.force_login(rep)
    url = reverse("sales:lead-qualify", args=[lead.pk])
    data = {"account": "new", "confirm_contact": "on", "create_opportunity": "on", "currency": "EUR", "topic": "Bikes"}
    first, second = (client.post(url, data, follow=True) for _ in range(2))
    deal = Opportunity.objects.get()
    assert first.redirect_chain[-1][0] == second.redirect_chain[-1][0] == deal.get_absolute_url()
    assert "is already qualified: it became the opportunity “Bikes”" in second.content.decode()
    with pytest.raises(NotAllowed, match="it became the opportunity “Bikes”"):
        qualify_lead(lead, by=rep)


def test_another_account_of_the_same_name_is_made_only_if_one_says_so(client, lead, rep):
    there = AccountFactory(name="northwind")
    client.force_login(rep)
    url = reverse("sales:lead-qualify", args=[lead.pk])
    page = client.get(url).content.decode()
    assert "It has the same name as the company of the lead" in page
    assert "Create another account “Northwind” anyway" in page
    client.post(url, {"account": "anyway", "confirm_contact": "on", "currency": "EUR"})
    lead.refresh_from_db()
    assert (Account.objects.count(), lead.account != there, lead.account.name) == (2, True, "Northwind")


def test_a_person_who_may_be_known_is_shown_with_the_reason_and_the_way_to_make_them_one(client, lead, rep):
    twin = ContactFactory(owner=rep, first_name="Asha", last_name="Rao", email="", mobile="+49 151 234567")
    lead.contact.mobile = "+49 151 234567"
    lead.contact.save()
    client.force_login(rep)
    page = client.get(reverse("sales:lead-qualify", args=[lead.pk])).content.decode()
    assert reverse("crm:merge", args=["crm.contact", twin.pk, lead.contact_id]) in page


def test_what_hung_on_the_lead_is_found_on_the_deal(client, lead, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    attach_file(lead, SimpleUploadedFile("wishes.txt", b"Forty bikes"), by=rep)
    log_activity(kind="note", subject="Met at the fair", regarding=lead, by=rep)
    log_activity(kind="task", subject="Call back", regarding=lead, due_at=timezone.now(), by=rep)
    deal = qualify_lead(lead, by=rep).opportunities.get()
    Opportunity.objects.filter(pk=deal.pk).update(contact=ContactFactory(owner=rep), account=lead.account)
    deal = Opportunity.objects.get()
    told = timeline_of(deal, rep)
    assert "Met at the fair" in [row.title for row in told.happenings]
    assert [row.title for row in told.open] == ["Call back"]
    client.force_login(rep)
    side = client.get(f"/records/sales.opportunity/{deal.pk}/side/").content.decode()
    assert "wishes.txt" in side


def test_whoever_sees_the_deal_sees_the_lead_it_came_from(client, lead, rep):
    deal = qualify_lead(lead, by=rep).opportunities.get()
    engineer = UserFactory(team=TeamFactory(), roles=["rep"])
    client.force_login(engineer)
    assert client.get(lead.get_absolute_url()).status_code == 404
    put_on_team(deal, engineer, role="expert", by=rep)
    assert client.get(lead.get_absolute_url()).status_code == 200
    assert not Lead.objects.editable_by(type(rep).objects.get(pk=engineer.pk)).exists()


def test_a_client_makes_another_account_on_purpose(client, lead, rep):
    AccountFactory(name="Northwind")
    client.force_login(rep)
    url = f"/api/v1/leads/{lead.pk}/qualify/"
    assert client.post(url, {"despite_match": True}, content_type="application/json").status_code == 200
    again = client.post(url, content_type="application/json")
    assert (again.status_code, Account.objects.count(), Opportunity.objects.count()) == (409, 2, 1)


def test_what_is_known_of_the_company_and_the_wish_goes_on(lead, rep):
    known = {
        "industry": "Couriers",
        "website": "https://northwind.example",
        "employees": 40,
        "annual_revenue": Decimal(9),
    }
    wish = {
        "priority": "high",
        "purchase_process": "committee",
        "estimated_revenue": Decimal(500),
        "estimated_close": date(2031, 1, 2),
    }
    lead = change_lead(lead, **known, **wish, by=rep)
    lead = qualify_lead(lead, by=rep)
    assert {name: getattr(lead.account, name) for name in known} == known
    assert {name: getattr(lead.opportunities.get(), name) for name in wish} == wish


def test_a_lead_says_how_it_came_and_how_far_it_is(client, rep):
    client.force_login(rep)
    data = {
        "email": "ito@customer.example",
        "topic": "Demo",
        "rating": "warm",
        "source_kind": "event",
        "source": "Fair",
    }
    client.post(reverse("sales:lead-new"), data)
    lead = Lead.objects.get()
    assert (lead.source_kind, lead.source, lead.progress) == ("event", "Fair", "new")
    assert "Demo" in client.get("/leads/?view=untouched&source_kind=event").content.decode()
    told = client.patch(
        f"/api/v1/leads/{lead.pk}/", {"progress": "contacted", "is_fit": True}, "application/json"
    ).json()
    assert (told["progress"], told["is_fit"], told["is_interested"]) == ("contacted", True, False)
