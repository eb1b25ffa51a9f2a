"""A rep says who decides, and puts a colleague on the deal, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.browser


def test_stakeholders_and_the_sales_team_are_edited_where_they_stand(rep, page_as):
    deal = OpportunityFactory(owner=rep)
    ContactFactory(owner=rep, first_name="Bea", last_name="Boss")
    UserFactory(name="Eva Expert", team=TeamFactory(), roles=["rep"])
    page = page_as(rep)
    page.goto(deal.get_absolute_url())
    people, team = page.locator("#panel-salesstakeholders"), page.locator("#panel-salesteam")
    sheet = page.locator("dialog[open]")

    people.get_by_role("link", name="Stakeholder").click()
    sheet.get_by_role("combobox", name="Person").fill("boss")
    page.get_by_role("option", name="Bea Boss").click()
    sheet.get_by_label("What are they here?").select_option("decision_maker")
    sheet.get_by_role("button", name="Add").click()
    expect(people.get_by_text("Decision maker")).to_be_visible()

    team.get_by_role("link", name="Colleague").click()
    sheet.get_by_role("combobox", name="Colleague").fill("eva")
    page.get_by_role("option", name="Eva Expert").click()
    sheet.get_by_label("What do they do here?").select_option("expert")
    sheet.get_by_role("button", name="Add").click()
    expect(team.get_by_text("Eva Expert")).to_be_visible()
    assert deal.stakeholders.get().role == "decision_maker"
    assert deal.members.get().role == "expert"
    assert page.problems == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_among_the_people_of_a_deal(rep, page_as, serious, viewport, scheme):
    deal = OpportunityFactory(owner=rep)
    deal.stakeholders.create(contact=ContactFactory(owner=rep), role="champion", note="Wants it before summer")
    deal.members.create(user=UserFactory(), role="expert")
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page.goto(deal.get_absolute_url())
    expect(page.locator("#panel-salesteam")).to_be_visible()
    page.screenshot(path=f"/tmp/people_{viewport['width']}.png", full_page=True)
    assert [found for found in serious(page) if ".btn-me" not in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
