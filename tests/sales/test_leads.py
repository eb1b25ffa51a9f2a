"""A lead is captured, assigned, qualified, disqualified, reactivated; what may not be is said in a sentence."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.errors import Invalid, NotAllowed
from crm.models import Account, Contact, Interaction, Notification
from sales.actions.leads import (
    assign_lead,
    capture_lead,
    disqualify_lead,
    open_lead,
    qualify_lead,
    reactivate_lead,
)
from sales.models import Lead
from tests.factories.crm import AccountFactory, CampaignFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def kinds():
    return list(Interaction.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def lead(rep):
    return LeadFactory(owner=rep, campaign=CampaignFactory(), budget_amount=Decimal("12000"), rating="hot")


def test_a_captured_stranger_becomes_a_prospect_with_an_open_lead(rep):
    lead, is_new = capture_lead(topic="Needs ten bikes", email=" Asha@Customer.example ", last_name="Rao", by=rep)
    assert is_new
    assert (lead.contact.is_prospect, lead.owner, lead.status) == (True, rep, "open")
    assert kinds() == ["lead.created", "lead.assigned"]


def test_new_interest_of_a_person_goes_on_to_the_open_lead_and_its_owner_is_told(rep, manager):
    first, _ = capture_lead(topic="First", email="asha@customer.example", by=rep)
    second, is_new = capture_lead(topic="Second", email="ASHA@customer.example", by=manager)
    assert (second.pk, is_new) == (first.pk, False)
    assert Notification.objects.get(user=rep).url == first.get_absolute_url()
    assert kinds()[-1] == "lead.interest"


def test_a_lead_needs_a_name_or_an_email(rep):
    with pytest.raises(Invalid, match="at least a name or an email"):
        capture_lead(topic="Nobody", by=rep)
    assert not Contact.objects.exists()


def test_the_database_forbids_a_second_open_lead_of_a_person(lead):
    with pytest.raises(IntegrityError), transaction.atomic():
        LeadFactory(contact=lead.contact)


def test_qualifying_creates_the_account_confirms_the_contact_and_opens_the_opportunity(lead, rep):
    qualified = qualify_lead(lead, by=rep)
    contact = Contact.objects.get(pk=lead.contact_id)
    deal = qualified.opportunities.get()
    assert qualified.status == "qualified"
    assert (contact.is_prospect, contact.account.name, contact.owner) == (False, "Northwind", rep)
    assert (deal.account, deal.contact, deal.campaign) == (contact.account, contact, lead.campaign)
    assert (deal.estimated_revenue, deal.stage, deal.rating) == (Decimal(12000), "qualify", "hot")
    assert kinds() == ["lead.qualified", "opportunity.opened"]


def test_qualifying_matches_the_account_of_the_same_name_whatever_the_case(lead, rep):
    northwind = AccountFactory(name=" NORTHWIND ")
    assert qualify_lead(lead, by=rep).account == northwind
    assert Account.objects.count() == 1


def test_qualifying_without_account_and_opportunity_only_confirms_the_contact(lead, rep):
    qualified = qualify_lead(lead, create_account=False, create_opportunity=False, by=rep)
    assert (qualified.account, qualified.opportunities.count()) == (None, 0)
    assert not Contact.objects.get(pk=lead.contact_id).is_prospect


def test_a_lead_is_qualified_once(lead, rep):
    qualify_lead(lead, by=rep)
    with pytest.raises(NotAllowed, match="already qualified"):
        qualify_lead(lead, by=rep)


def test_a_currency_without_a_rate_undoes_the_whole_qualification(lead, rep):
    from crm.models import Currency

    with pytest.raises(Invalid, match="no exchange rate between EUR and USD"):
        qualify_lead(lead, currency=Currency.objects.get(pk="USD"), by=rep)
    assert Lead.objects.get(pk=lead.pk).status == "open"
    assert not Account.objects.exists()


def test_a_disqualified_lead_keeps_its_reason_until_it_is_reactivated(lead, rep):
    closed = disqualify_lead(lead, reason="cannot_contact", by=rep)
    assert (closed.status, closed.get_disqualify_reason_display()) == ("disqualified", "Cannot be reached")
    opened = reactivate_lead(closed, by=rep)
    assert (opened.status, opened.disqualify_reason, opened.closed_at) == ("open", "", None)


def test_reactivating_beside_another_open_lead_is_refused(lead, rep):
    disqualify_lead(lead, reason="lost", by=rep)
    open_lead(lead.contact, topic="Again", by=rep)
    with pytest.raises(NotAllowed, match="has another open lead, “Again”"):
        reactivate_lead(lead, by=rep)


def test_a_lead_that_became_an_opportunity_is_not_reactivated(lead, rep):
    with pytest.raises(NotAllowed, match="became the opportunity"):
        reactivate_lead(qualify_lead(lead, by=rep), by=rep)


def test_assigning_tells_the_new_owner(lead, rep, manager):
    assert assign_lead(lead, owner=manager, by=rep).owner == manager
    assert Notification.objects.get(user=manager).text.startswith("Rita Rep gave you a lead")


# Pages


@pytest.fixture
def of_another_team(db):
    return LeadFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]))


@pytest.mark.parametrize("name", ["lead", "lead-qualify", "lead-disqualify"])
def test_the_lead_of_another_team_does_not_exist_for_a_rep(client, rep, of_another_team, name):
    client.force_login(rep)
    assert client.get(reverse(f"sales:{name}", args=[of_another_team.pk])).status_code == 404


def test_a_rep_sees_the_lead_of_a_colleague_but_may_not_change_it(client, rep, team):
    lead = LeadFactory(owner=UserFactory(team=team, roles=["rep"], name="Carl Colleague"))
    client.force_login(rep)
    assert client.get(lead.get_absolute_url()).status_code == 200
    answer = client.post(reverse("sales:lead-qualify", args=[lead.pk]))
    assert answer.status_code == 403
    assert "It belongs to Carl Colleague" in answer.text


def test_the_contact_of_a_visible_lead_is_visible(rep, team):
    colleague = UserFactory(team=team, roles=["rep"])
    lead = LeadFactory(owner=colleague, contact=ContactFactory(owner=UserFactory(team=TeamFactory())))
    assert Contact.objects.visible_to(rep).filter(pk=lead.contact_id).exists()


def test_the_lead_page_shows_score_and_reasons(client, rep):
    lead = LeadFactory(owner=rep, details={"score": 85, "reasons": ["Registered for the webinar"]})
    client.force_login(rep)
    page = client.get(lead.get_absolute_url()).text
    assert "85" in page
    assert "Registered for the webinar" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_leads_costs_the_same_with_one_row_and_with_three(
    client, rep, number, django_assert_max_num_queries
):
    for _ in range(number):
        LeadFactory(owner=rep)
    client.force_login(rep)
    with django_assert_max_num_queries(20) as asked:
        assert client.get(reverse("sales:leads")).status_code == 200
    assert len(asked) <= 20


def test_the_lead_page_takes_at_most_twenty_queries(client, rep, lead, django_assert_max_num_queries):
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        assert client.get(lead.get_absolute_url()).status_code == 200


def test_a_new_lead_of_somebody_known_leads_to_the_open_one(client, rep):
    known = LeadFactory(owner=rep, contact__email="asha@customer.example")
    client.force_login(rep)
    answer = client.post(
        reverse("sales:lead-new"), {"email": "asha@customer.example", "topic": "Again", "rating": "warm"}
    )
    assert answer.url == known.get_absolute_url()


def test_a_new_lead_without_topic_and_person_says_so_at_the_fields(client, rep):
    client.force_login(rep)
    answer = client.post(reverse("sales:lead-new"), {"rating": "warm"})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"topic", "email"}


def test_while_the_email_is_typed_the_open_lead_is_shown(client, rep):
    known = LeadFactory(owner=rep, contact__email="asha@customer.example")
    client.force_login(rep)
    assert known.topic in client.get(reverse("sales:lead-known"), {"email": "Asha@customer.example"}).text


def test_the_qualify_page_says_why_an_account_matches(client, rep, lead):
    AccountFactory(name="northwind")
    client.force_login(rep)
    assert "the same name as the company of the lead" in client.get(reverse("sales:lead-qualify", args=[lead.pk])).text


def test_qualifying_on_the_page_leads_to_the_opportunity(client, rep, lead):
    client.force_login(rep)
    url = reverse("sales:lead-qualify", args=[lead.pk])
    data = {
        "account": "new",
        "confirm_contact": "on",
        "create_opportunity": "on",
        "currency": "EUR",
        "estimated_revenue": "9",
    }
    answer = client.post(url, data)
    deal = Lead.objects.get(pk=lead.pk).opportunities.get()
    assert answer.url == deal.get_absolute_url()
    assert deal.estimated_revenue == Decimal("9.00")


def test_two_people_editing_one_lead_see_both_versions(client, rep, lead):
    client.force_login(rep)
    Lead.objects.filter(pk=lead.pk).update(version=7, topic="Theirs")
    answer = client.post(
        reverse("crm:record-edit", args=["sales.lead", lead.pk]), {"version": 1, "topic": "Mine", "rating": "hot"}
    )
    assert answer.status_code == 412
    assert "Theirs" in answer.text
    assert "Mine" in answer.text


def test_what_is_known_of_the_person_is_drawn_beside_the_lead(client, rep, lead):
    client.force_login(rep)
    box = client.get(reverse("crm:record-side", args=["sales.lead", lead.pk]))
    assert lead.topic in box.text


# API


def test_the_api_refuses_what_the_state_forbids_with_409(client, rep, lead):
    client.force_login(rep)
    url = f"/api/v1/leads/{lead.pk}/disqualify/"
    assert client.post(url, {"reason": "lost"}, content_type="application/json").json()["status"] == "disqualified"
    answer = client.post(url, {"reason": "lost"}, content_type="application/json")
    assert (answer.status_code, answer.json()["title"]) == (409, f"“{lead}” is already disqualified.")


def test_the_api_creates_qualifies_and_reactivates(client, rep):
    client.force_login(rep)
    body = {"topic": "Bikes", "email": "asha@customer.example", "company_name": "Northwind"}
    made = client.post("/api/v1/leads/", body, content_type="application/json").json()
    answer = client.post(f"/api/v1/leads/{made['id']}/qualify/", {}, content_type="application/json")
    assert answer.status_code == 200
    assert (answer.json()["status"], len(answer.json()["opportunities"])) == ("qualified", 1)
    assert client.post(f"/api/v1/leads/{made['id']}/reactivate/").status_code == 409


def test_the_api_gives_404_for_the_lead_of_another_team(client, rep, of_another_team):
    client.force_login(rep)
    assert client.get(f"/api/v1/leads/{of_another_team.pk}/").status_code == 404


def test_a_lead_says_how_urgent_it_is_how_to_reach_the_person_and_by_when(client, rep):
    client.force_login(rep)
    known = {
        "priority": "high",
        "preferred_contact": "phone",
        "follow_up_on": "2031-01-02",
        "qualify_by": "2031-01-09",
    }
    data = {"last_name": "Ito", "topic": "Demo", **known}
    made = client.post("/api/v1/leads/", data, content_type="application/json").json()
    assert {name: made[name] for name in known} == known
    LeadFactory(owner=rep, topic="Later")
    for narrowed in ("priority=high", "follow_up_on__to=2031-01-03", "preferred_contact=phone"):
        page = client.get(reverse("sales:leads") + f"?view=all&{narrowed}").content.decode()
        assert ("Demo" in page, "Later" in page) == (True, False), narrowed
    page = client.get(reverse("sales:lead", args=[made["id"]])).content.decode()
    assert "Prefers to be reached by" in page
    assert "Qualify by" in page


def test_a_score_in_the_list_and_in_my_work_says_why_and_asks_nothing_more_for_it(
    client, rep, django_assert_max_num_queries
):
    client.force_login(rep)
    LeadFactory(owner=rep, topic="Plain")
    pages = [reverse("sales:leads"), reverse("sales:my-work")]
    for address in pages:
        client.get(address)
    with CaptureQueriesContext(connection) as plain:
        assert [b"score-why" in client.get(address).content for address in pages] == [False, False]
    known = {"score": 85, "reasons": ["Asked for a price list", "Opened <3> emails"]}
    Lead.objects.update(details=known)
    with django_assert_max_num_queries(len(plain)):
        for address in pages:
            page = client.get(address).content.decode()
            assert '>Asked for a price list</div><div role="listitem">Opened &lt;3&gt; emails</div>' in page
