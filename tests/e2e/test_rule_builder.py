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


def rule_of(page):
    return json.loads(page.locator("textarea[name=rule]").input_value())


def choose(page, *first_letters):
    """By keyboard: type into the select that has the focus, go on to the next control."""
    for letters in first_letters:
        page.keyboard.type(letters)
        page.keyboard.press("Tab")


def press(page, name):
    page.get_by_role("button", name=name).last.press("Enter")


def test_people_who_opened_the_last_email_but_have_no_open_opportunity_are_asked_for_by_keyboard(builder, live_server):
    page = builder()
    page.get_by_label("Name").fill("Warm and free")
    press(page, "+ Fact")
    choose(page, "Country", "")
    page.keyboard.type("India")
    press(page, "+ Behaviour")
    choose(page, "Email opened", "the last email")
    press(page, "+ Something they have")
    choose(page, "no", "opportunities")
    page.get_by_text("of which").wait_for()
    page.locator(".rule-nested").get_by_role("button", name="+ Fact").press("Enter")
    choose(page, "Status", "")
    page.keyboard.type("open")
    page.get_by_text("has no opportunity with").wait_for()
    assert rule_of(page) == {
        "all": [
            {"test": "country", "op": "is", "value": "IN"},
            {"did": "email.opened", "source": "last"},
            {
                "has": "sales.opportunity",
                "at_most": 0,
                "where": {"all": [{"test": "status", "op": "is", "value": "open"}]},
            },
        ]
    }
    page.get_by_role("button", name="Save segment").press("Enter")
    page.wait_for_url("**/members/")
    assert Segment.objects.get().rule["all"][1] == {"did": "email.opened", "source": "last"}
    assert page.problems == []


EVERYTHING = {
    "all": [
        {"did": "email.clicked", "source": "marketing.email:7", "at_least": 3, "at_most": 9, "before_days": 7, "within_days": 30},
        {"did": "page.visited", "page": "pricing", "since": "2026-01-01", "until": "2026-03-31"},
        {"did": "email.clicked", "source": "last", "link": 12, "page": "offer", "before_days": 5, "verdicts": "all"},
        {"did": "email.opened", "since": "2026-01-01", "within_days": 900},
        {"has": "sales.lead", "at_least": 2, "at_most": 5, "where": {"all": [{"test": "status", "op": "is", "value": "open"}]}},
        {"has": "sales.opportunity", "at_most": 0},
        {"not": {"any": [{"test": "city", "op": "contains", "value": "Pu"}]}},
    ]
}  # fmt: skip


def test_every_word_of_the_language_comes_back_as_it_was(page_as, marketer, live_server):
    segment = Segment.objects.create(name="Kept", rule=EVERYTHING, owner=marketer)
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_segment_change", args=[segment.pk]))
    page.wait_for_selector(".rule-words")
    page.get_by_text("which this email does not have").first.wait_for(state="attached")
    city = page.locator("input[aria-label='Value of City']")
    city.fill("Pun")
    city.fill("Pu")
    assert rule_of(page) == EVERYTHING


CITIES = {
    "all": [{"test": "city", "op": "is", "value": "Pune"}, {"any": [{"test": "city", "op": "is", "value": "Agra"}]}]
}


@pytest.fixture
def cities(page_as, marketer):
    ContactFactory.create_batch(2, city="Pune")
    ContactFactory(city="Agra")
    segment = Segment.objects.create(name="Cities", rule=CITIES, owner=marketer)
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_segment_change", args=[segment.pk]))
    page.wait_for_selector(".rule-words")
    return page


PUNE, AGRA = CITIES["all"][0], CITIES["all"][1]["any"][0]


def test_a_condition_is_doubled_moved_and_brought_back_by_keyboard(cities, live_server):
    value = cities.get_by_label("Value of City").first
    cities.get_by_role("button", name="Duplicate this condition").first.press("Enter")
    assert rule_of(cities) == {"all": [PUNE, PUNE, {"any": [AGRA]}]}
    cities.keyboard.press("Alt+ArrowDown")
    assert rule_of(cities) == {"all": [PUNE, {"any": [PUNE, AGRA]}]}
    cities.get_by_text("Moved: place 1 of 2 of the group.").wait_for(state="attached")
    assert cities.evaluate("document.activeElement.getAttribute('aria-label')") == "What to test"
    cities.keyboard.press("Alt+ArrowUp")
    assert rule_of(cities) == {"all": [PUNE, PUNE, {"any": [AGRA]}]}
    for _ in range(3):
        cities.keyboard.press("Control+z")
    assert rule_of(cities) == CITIES
    cities.keyboard.press("Control+Shift+z")
    assert rule_of(cities) == {"all": [PUNE, PUNE, {"any": [AGRA]}]}
    value.fill("Delhi")
    cities.get_by_role("button", name="Remove this condition").first.press("Enter")
    assert rule_of(cities) == {"all": [PUNE, {"any": [AGRA]}]}
    cities.get_by_role("button", name="Undo").press("Enter")
    assert rule_of(cities)["all"][0]["value"] == "Delhi"
    assert cities.problems == []


def test_a_condition_is_dragged_into_a_group(cities, live_server):
    grip, to = cities.locator(".rule-grip").first, cities.locator(".rule-group .rule-group .rule-row")
    grip.hover()
    cities.mouse.down()
    box = to.bounding_box()
    for away in (40, 10, 0, 1):
        cities.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2 - away, steps=4)
    cities.mouse.up()
    cities.locator(".rule-group .rule-group .rule-item").nth(1).wait_for()
    assert sorted(one["value"] for one in rule_of(cities)["all"][0]["any"]) == ["Agra", "Pune"]
    cities.keyboard.press("Tab")
    cities.get_by_role("button", name="Undo").press("Enter")
    assert rule_of(cities) == CITIES
    assert cities.problems == []


def test_each_condition_says_how_many_and_whom(cities, live_server):
    first = cities.get_by_role("button", name="2 contacts: show ten of them")
    first.click()
    cities.locator(".rule-part a").first.wait_for()
    assert (first.get_attribute("aria-expanded"), cities.locator(".rule-part a").count()) == ("true", 2)
    assert cities.locator(".rule-hit").all_inner_texts() == ["2", "1", "1"]
    assert cities.problems == []


def test_whoever_edits_a_segment_in_use_sees_whom_it_moves_and_confirms(cities, marketer, live_server):
    segment = Segment.objects.get(name="Cities")
    segment.rule = {"all": [PUNE]}
    segment.save()
    Segment.objects.create(name="Near", rule={"test": "segment", "op": "is", "value": segment.pk}, owner=marketer)
    cities.reload()
    cities.wait_for_selector(".rule-words")
    cities.get_by_label("Value of City").fill("Agra")
    cities.get_by_text("1 would enter, 0 would leave.").wait_for()
    cities.get_by_role("button", name="Save segment").click()
    cities.get_by_text("Confirm it, then save again.").wait_for()
    cities.get_by_label("Yes, change who is in it").check()
    cities.get_by_role("button", name="Save segment").click()
    cities.wait_for_url("**/members/")
    assert Segment.objects.get(pk=segment.pk).rule == {"all": [PUNE | {"value": "Agra"}]}
