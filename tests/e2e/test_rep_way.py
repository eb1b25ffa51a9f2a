"""A rep's way in a real browser: my work, lead, call, qualify, stages with what they lack, won."""

import pytest
from playwright.sync_api import expect

from crm.hooks.handover import Request, hand_over
from sales.models import Lead, Opportunity
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def asha(rep):
    contact = ContactFactory(first_name="Asha", last_name="Rao", company_name="Northwind", is_prospect=True)
    details = {"score": 85, "reasons": ["Registered for the webinar", "Came back 4 times"]}
    hand_over([Request("story:1", contact.pk, "Webinar follow-up", source="Journey: Webinar", details=details)])
    return contact


def test_a_rep_turns_a_lead_into_a_won_deal(asha, rep, page_as):
    AccountFactory(name="northwind")
    page = page_as(rep)
    page.goto("/")
    page.wait_for_url("**/my-work/")
    expect(page.get_by_text("Registered for the webinar · Came back 4 times")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Webinar follow-up")

    page.locator("#timeline").get_by_role("link", name="Call").click()
    page.locator("#timeline-form").get_by_label("About").fill("Talked about a demo")
    page.locator("#timeline-form button[type=submit]").click()
    expect(page.locator("#timeline-list")).to_contain_text("Talked about a demo")

    page.get_by_role("link", name="Qualify").click()
    expect(page.get_by_text("It has the same name as the company of the lead")).to_be_visible()
    page.get_by_label("Estimated revenue").fill("48000")
    page.get_by_role("button", name="Qualify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("northwind · Webinar follow-up")

    page.get_by_role("button", name="Next stage").click()
    expect(page.get_by_text("Qualify still needs “Purchase timeframe”, “Budget amount”.")).to_be_visible()
    page.locator("#id_budget_amount").fill("50000")
    page.get_by_role("button", name="Save and go to Develop").click()
    expect(page.locator(".field.has-error")).to_contain_text("Purchase timeframe")
    page.locator("#id_purchase_timeframe").select_option("this_quarter")
    page.get_by_role("button", name="Save and go to Develop").click()
    expect(page.locator(".process li.is-current")).to_contain_text("Develop")

    page.locator(".process li.is-current a").click()
    page.locator("#id_customer_need").fill("Get there together")
    page.locator("#id_proposed_solution").fill("A tandem")
    page.get_by_role("button", name="Save and go to Propose").click()
    expect(page.locator(".process li.is-current")).to_contain_text("Propose")

    page.get_by_role("link", name="Won").click()
    page.get_by_label("Actual revenue").fill("45000")
    page.get_by_role("button", name="Close as won").click()
    expect(page.get_by_text("Won by Rita Rep")).to_be_visible()
    assert Opportunity.objects.get().status == "won"
    assert Lead.objects.get().contact.is_prospect is False
    assert [problem for problem in page.problems if "422" not in problem] == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_where_a_rep_acts(asha, rep, page_as, serious, viewport, scheme):
    """Beside the pages of the menus, which tests/e2e/test_every_page.py walks."""
    deal, lead = OpportunityFactory(owner=rep), Lead.objects.get()
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for address in (
        "/my-work/",
        f"{lead.get_absolute_url()}qualify/",
        f"{deal.get_absolute_url()}stages/qualify/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert [found for found in serious(page) if ".btn-me" not in found] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], address
