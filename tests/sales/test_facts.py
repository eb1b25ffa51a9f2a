"""What sales tells the others: attributes for rules, results of a campaign, hits of the search, what changed."""

from decimal import Decimal

import pytest
from django.urls import reverse

from crm.hooks import attributes, campaign_results
from crm.models import Contact
from crm.search.finding import find
from sales.actions.closing import lose_opportunity, win_opportunity
from sales.actions.leads import qualify_lead
from sales.models import AssignmentRule, Process, ProcessStep, Stage
from tests.factories.crm import CampaignFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def matching(name, op, value):
    return set(Contact.objects.filter(attributes.get(name).to_q(op, value)))


def test_an_open_opportunity_is_an_attribute_of_its_contact(rep):
    other, deal = ContactFactory(), OpportunityFactory(owner=rep)
    assert matching("sales.has_open_opportunity", "is", True) == {deal.contact}
    assert matching("sales.has_open_opportunity", "is", False) == {other}
    lose_opportunity(deal, reason="price", by=rep)
    assert matching("sales.has_open_opportunity", "is", True) == set()


@pytest.mark.parametrize(
    ("op", "value", "who"),
    [
        ("is", "hot", "hot"),
        ("is_not", "hot", "cold none"),
        ("is_any_of", ["hot", "cold"], "hot cold"),
        ("is_none_of", ["hot"], "cold none"),
        ("is_filled", None, "hot cold"),
        ("is_empty", None, "none"),
    ],
)
def test_the_rating_of_the_open_lead_answers_every_operator_of_a_choice(op, value, who):
    people = {rating: LeadFactory(rating=rating).contact for rating in ("hot", "cold")} | {"none": ContactFactory()}
    assert matching("sales.lead_rating", op, value) == {people[name] for name in who.split()}


def test_a_campaign_counts_leads_opportunities_and_revenue_with_their_people(rep):
    campaign = CampaignFactory()
    qualified = qualify_lead(LeadFactory(owner=rep, campaign=campaign), by=rep)
    LeadFactory(owner=rep, campaign=campaign)
    win_opportunity(qualified.opportunities.get(), revenue=Decimal("900"), by=rep)
    results = {r.name: r for r in campaign_results.all_results() if r.name in ("leads", "opportunities", "revenue")}
    assert {name: result.count(campaign) for name, result in results.items()} == {
        "leads": 2,
        "opportunities": 1,
        "revenue": 1,
    }
    assert results["revenue"].money(campaign) == (Decimal("900.00"), "EUR")
    assert set(Contact.objects.filter(pk__in=results["revenue"].people(campaign))) == {qualified.contact}


def test_the_search_finds_own_leads_and_not_those_of_another_team(rep):
    LeadFactory(owner=rep, topic="Tandem for two")
    LeadFactory(owner=UserFactory(team=TeamFactory()), topic="Tandem for three")
    assert [lead.topic for lead in find(rep, "tandem for", {"sales.lead": ()}, 9)["sales.lead"]] == ["Tandem for two"]


# Set-up pages


def test_a_manager_sees_who_takes_part_in_a_rule(client, manager, rep):
    client.force_login(manager)
    page = client.get(reverse("admin:sales_assignmentrule_changelist"))
    assert "All reps in turn" in page.text
    assert "Rita Rep" in page.text
    assert client.get(reverse("admin:sales_assignmentrule_add")).status_code == 200


def test_a_manager_adds_a_required_step_and_the_next_deal_asks_for_it(client, manager, rep):
    from sales.actions.stages import advance_opportunity
    from sales.actions.steps import StepsMissing

    process = Process.objects.get(is_default=True)
    client.force_login(manager)
    url = reverse("admin:sales_process_change", args=[process.pk])
    assert client.get(url).status_code == 200
    ProcessStep.objects.all().delete()
    days = {f"{stage}_days": 14 for stage in Stage}
    data = {"name": process.name, "description": "", **days, "steps-TOTAL_FORMS": 1, "steps-INITIAL_FORMS": 0}
    step = {"stage": "qualify", "field": "need", "is_required": "on", "order": 1, "label": "What they need"}
    answer = client.post(url, {**data, **{f"steps-0-{name}": value for name, value in step.items()}})
    assert answer.status_code == 302
    with pytest.raises(StepsMissing, match="“What they need”"):
        advance_opportunity(OpportunityFactory(owner=rep), by=rep)


def test_a_rep_does_not_open_the_set_up_pages(client, rep):
    client.force_login(rep)
    assert client.get(reverse("admin:sales_assignmentrule_changelist"), follow=True).status_code == 403


def test_the_api_of_assignment_rules_is_for_those_who_may(client, rep, manager):
    client.force_login(rep)
    assert client.get("/api/v1/assignment-rules/").json()["results"] == []
    client.force_login(manager)
    made = client.post("/api/v1/assignment-rules/", {"name": "First", "order": 1}, content_type="application/json")
    assert made.status_code == 201
    assert AssignmentRule.objects.filter(name="First").exists()
