"""From rule to owner in a real browser: a manager writes a rule, tries it, a lead lands; another waits with its reason and is claimed."""

import pytest
from playwright.sync_api import expect

from crm.hooks.handover import Request, hand_over
from sales.models import AssignmentRule, Lead, Seller
from tests.e2e.conftest import NARROW
from tests.factories.crm import ContactFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.browser


def arrive(topic, country):
    contact = ContactFactory(country=country)
    hand_over([Request(f"e2e:{contact.pk}", contact.pk, topic)])
    return Lead.objects.get(contact=contact)


def test_a_rule_is_written_tried_and_used_and_what_nobody_gets_is_claimed(page_as, manager, rep, live_server):
    AssignmentRule.objects.all().delete()
    LeadFactory(owner=rep, topic="Older lead", contact=ContactFactory(country="IN"))
    page = page_as(manager)
    page.goto("/admin/sales/assignmentrule/add/")
    page.get_by_label("Name:").fill("India to Rita")
    page.get_by_role("button", name="+ Fact").click()
    page.get_by_label("What to test").select_option(label="Person: Country")
    page.get_by_label("Value of Person: Country").select_option(label="India")
    expect(page.locator(".rule-words")).to_contain_text("Person: Country is India")
    page.get_by_label("Rita Rep").check()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="What would it have done?").click()
    tried = opened.value
    expect(tried.locator("tbody tr", has_text="Older lead")).to_contain_text(
        "by the rule “India to Rita”: next in turn"
    )
    tried.close()
    page.locator("input[name=_save]").click()
    expect(page.get_by_role("row", name="India to Rita")).to_contain_text("Person: Country is India")

    assert arrive("Wants a demo", "IN").owner == rep
    arrive("Nobody’s wish", "FR")
    Seller.objects.create(user=rep, capacity=1)
    arrive("One too many", "IN")
    page.goto("/leads/unassigned/")
    expect(page.locator("tbody tr", has_text="Nobody’s wish")).to_contain_text("No rule fits")
    expect(page.locator("tbody tr", has_text="One too many")).to_contain_text("Rita Rep is full (2 of 1 open leads)")
    page.get_by_role("link", name="One too many").first.click()
    expect(page.locator(".nobodys")).to_contain_text("Rita Rep is full")
    page.get_by_role("button", name="Claim it").click()
    expect(page.get_by_text("It is yours now.")).to_be_visible()
    assert Lead.objects.get(topic="One too many").owner == manager
    page.goto("/leads/unassigned/")
    page.locator("tbody tr", has_text="Nobody’s wish").get_by_role("button", name="Claim it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody’s wish")
    assert Lead.objects.get(topic="Nobody’s wish").owner == manager
    assert page.problems == []


def test_the_pages_of_assignment_fit_a_phone(page_as, manager, rep, serious, live_server):
    AssignmentRule.objects.all().delete()
    arrive("Nobody’s wish", "FR")
    lead = Lead.objects.get()
    page = page_as(manager, viewport=NARROW, color_scheme="dark", bypass_csp=True)
    for address in (
        "/leads/unassigned/?view=unassigned",
        lead.get_absolute_url(),
        "/sellers/",
        f"/sellers/{rep.pk}/",
        "/settings/availability/",
        "/admin/sales/assignmentrule/dry-run/?days=1",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert [found for found in serious(page) if ".btn-me" not in found] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
