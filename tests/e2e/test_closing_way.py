"""A rep loses a deal to a competitor in a real browser, and the quotes that were open go with it."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from sales.actions.lines import LineInput
from sales.actions.quotes import activate_quote, create_quote
from sales.models import Opportunity, Quote
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.deals import CompetitorFactory, OpportunityFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def deal(rep):
    deal = OpportunityFactory(owner=rep, topic="Fleet of 40")
    lines = [LineInput(name="Bike", quantity=Decimal(2), unit_price=Decimal(900))]
    activate_quote(create_quote(opportunity=deal, lines=lines, by=rep), by=rep)
    return deal


def test_a_deal_is_lost_to_a_competitor_with_its_open_quote(deal, rep, page_as):
    CompetitorFactory(name="Volta Mobility", weaknesses="Slow repairs")
    page = page_as(rep)
    page.goto(f"{deal.get_absolute_url()}?tab=competitors")
    page.get_by_role("link", name="Competitor", exact=True).click()
    sheet = page.locator("dialog[open]")
    sheet.get_by_role("combobox").fill("volt")
    page.get_by_role("option", name="Volta Mobility").click()
    sheet.get_by_label("How do they stand here?").fill("Knows the buyer")
    sheet.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Slow repairs")).to_be_visible()

    page.get_by_role("button", name="More").first.click()
    page.get_by_role("link", name="Lost").click()
    expect(page.get_by_label("Lost to", exact=True)).to_have_value("Volta Mobility")
    page.get_by_role("radio", name="Lost to a competitor").check()
    page.get_by_label("What happened?").fill("They leased cheaper.")
    expect(page.get_by_label("Close its open quote, too")).to_be_checked()
    page.get_by_role("button", name="Close as lost").click()
    expect(page.get_by_text("Lost by Rita Rep")).to_be_visible()
    page.get_by_role("link", name="Volta Mobility").first.click()
    expect(page.get_by_role("heading", name="Lost to it 1")).to_be_visible()
    expect(page.get_by_role("link", name="Fleet of 40")).to_be_visible()
    assert (Opportunity.objects.get().status, Quote.objects.get().status) == ("lost", "closed")
    assert page.problems == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_where_a_deal_ends(deal, rep, page_as, serious, viewport, scheme):
    volta = CompetitorFactory(name="Volta Mobility", strengths="Large fleet", weaknesses="Slow repairs")
    deal.rivalries.create(competitor=volta, note="Knows the buyer")
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    here = deal.get_absolute_url()
    for address in (
        f"{here}?tab=competitors",
        f"{here}lose/",
        f"{here}win/",
        volta.get_absolute_url(),
        "/competitors/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert [found for found in serious(page) if ".btn-me" not in found] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], address
