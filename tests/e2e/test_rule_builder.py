"""The rule builder in a real browser: by keyboard, with the exact count as one types, errors at their place."""

import json

import pytest
from django.urls import reverse

from marketing.models import Segment
from tests.e2e.conftest import NARROW
from tests.factories.crm import ContactFactory


@pytest.fixture
def builder(page_as, marketer):
    def open_(**options):
        page = page_as(marketer, **options)
        page.goto(reverse("admin:marketing_segment_add"))
        page.wait_for_selector(".rule-add")
        return page

    return open_


def test_a_segment_is_built_by_keyboard_alone(builder, live_server):
    ContactFactory.create_batch(3, country="IN")
    ContactFactory(country="FR")
    page = builder()
    page.get_by_label("Name").fill("India or Germany")
    page.get_by_role("button", name="+ Fact").focus()
    page.keyboard.press("Enter")
    page.get_by_text("One thing is missing").wait_for()
    assert page.locator(".rule-problem").count() == 0
    page.keyboard.type("Country")
    page.keyboard.press("Tab")
    page.keyboard.type("is any")
    page.keyboard.press("Tab")
    for country in ("India", "germany"):
        page.keyboard.type(country)
        page.keyboard.press("Enter")
    page.get_by_text("Country is India or Germany.").wait_for()
    assert page.locator(".rule-count").inner_text() == "3 people"
    page.get_by_role("button", name="Save segment").press("Enter")
    page.wait_for_url("**/members/")
    assert Segment.objects.get().rule == {"all": [{"test": "country", "op": "is_any_of", "value": ["IN", "DE"]}]}
    assert page.problems == []


def test_a_stored_rule_comes_back_as_it_was(page_as, marketer, live_server):
    rule = {
        "all": [
            {"test": "city", "op": "contains", "value": "Pu"},
            {"not": {"any": [{"did": "email.opened", "at_least": 2, "within_days": 30}]}},
            {"any": [{"test": "created", "op": "in_last", "value": 9}, {"did": "email.clicked", "at_most": 0}]},
            {"test": "employees", "op": "between", "value": [1, 9]},
        ]
    }
    segment = Segment.objects.create(name="Kept", rule=rule, owner=marketer)
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_segment_change", args=[segment.pk]))
    page.wait_for_selector(".rule-words")
    city = page.locator("input[aria-label='Value of City']")
    city.fill("Pun")
    city.fill("Pu")
    assert json.loads(page.locator("textarea[name=rule]").input_value()) == rule
    assert page.problems == []


def test_the_builder_fits_a_phone_and_pleases_axe(builder, serious, live_server):
    page = builder(viewport=NARROW, bypass_csp=True)
    for name in ("+ Fact", "+ Behaviour", "+ Group"):
        page.get_by_role("button", name=name).first.click()
    page.wait_for_selector(".rule-problem")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    serious(page)  # loads axe; the shell around the form has a test of its own
    found = page.evaluate("axe.run('.segment-form', {resultTypes: ['violations']})")["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
