"""The board in a real browser: a drag over two stages with its dialog, keys, the menu on a phone, a colleague's moves."""

import pytest
from playwright.sync_api import expect

from crm.actions.bin import delete_record
from sales.actions.closing import lose_opportunity
from sales.actions.stages import set_stage
from sales.models import Competitor, Opportunity, ProcessStep
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.deals import QUALIFIED, OpportunityFactory

pytestmark = pytest.mark.browser


def lane(page, stage):
    return page.locator(f"[data-lane={stage}]")


def serious_lines(page, serious):
    return [found for found in serious(page) if ".btn-me" not in found]


def test_a_drag_over_two_stages_asks_for_all_in_one_dialog_and_back_asks_for_nothing(rep, page_as):
    OpportunityFactory(owner=rep, topic="Fleet")
    page = page_as(rep)
    page.goto("/opportunities/board/")
    card = page.locator(".deal", has_text="Fleet")
    card.drag_to(lane(page, "propose"))
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("Qualify and Develop still need")
    sheet.get_by_role("button", name="Put it back").click()
    expect(lane(page, "qualify")).to_contain_text("Fleet")

    card.drag_to(lane(page, "propose"))
    for field, value in (("budget_amount", "5000"), ("customer_need", "Speed"), ("proposed_solution", "A tandem")):
        sheet.locator(f"#id_{field}").fill(value)
    sheet.get_by_role("button", name="Save and go to Propose").click()
    expect(sheet.locator(".field.has-error")).to_contain_text("Purchase timeframe")
    sheet.locator("#id_purchase_timeframe").select_option("immediate")
    sheet.get_by_role("button", name="Save and go to Propose").click()
    expect(sheet).not_to_be_visible()
    expect(lane(page, "propose")).to_contain_text("Fleet")
    expect(page.locator("[data-head=propose] .count")).to_have_text("1")

    card.drag_to(lane(page, "qualify"))
    expect(page.locator("[data-head=qualify] .count")).to_have_text("1")
    assert Opportunity.objects.get().stage == "qualify"
    assert [problem for problem in page.problems if "422" not in problem] == []


def test_a_card_is_moved_by_keys_and_what_happens_is_said(rep, page_as):
    OpportunityFactory(owner=rep, topic="Fleet", **QUALIFIED)
    page = page_as(rep)
    page.goto("/opportunities/board/")
    said = page.locator("[data-announce]")
    page.locator(".deal .row-link").focus()
    page.keyboard.press("Space")
    expect(said).to_have_text("Fleet: picked up")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("Develop, 1")
    page.keyboard.press("Escape")
    expect(said).to_have_text("Fleet: put back")
    expect(lane(page, "qualify")).to_contain_text("Fleet")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(said).to_have_text("Fleet: Develop")
    expect(page.locator("[data-head=develop] .count")).to_have_text("1")
    expect(lane(page, "develop").locator(".row-link")).to_be_focused()
    assert Opportunity.objects.get().stage == "develop"
    assert page.problems == []


def test_a_colleagues_move_slides_in_and_a_card_that_was_closed_goes_back(rep, page_as):
    ProcessStep.objects.all().delete()
    theirs, closed = OpportunityFactory(owner=rep, topic="Theirs"), OpportunityFactory(owner=rep, topic="Closed")
    page = page_as(rep)
    page.goto("/opportunities/board/")
    set_stage(theirs, stage="close", by=rep)
    expect(lane(page, "close")).to_contain_text("Theirs")
    page.evaluate("document.querySelector('[data-board]').dataset.changesSrc = '/healthz?'")
    lose_opportunity(closed, reason="price", by=rep)
    page.locator(".deal", has_text="Closed").drag_to(lane(page, "develop"))
    expect(page.locator("#toasts")).to_contain_text("is already lost: Rita Rep closed it on")
    expect(lane(page, "qualify")).to_contain_text("Closed")


def test_on_a_phone_the_menu_of_a_card_moves_it(rep, page_as):
    OpportunityFactory(owner=rep, topic="Fleet", **QUALIFIED)
    page = page_as(rep, viewport=NARROW)
    page.goto("/opportunities/board/")
    page.get_by_label("Move Fleet").click()
    page.locator("#move-menu").get_by_role("button", name="Develop").click()
    expect(page.locator("[data-head=develop] .count")).to_have_text("1")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.problems == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_on_the_board_and_its_dialog(rep, page_as, serious, viewport, scheme):
    OpportunityFactory.create_batch(25, owner=rep)
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for address in ("/opportunities/board/", "/opportunities/board/?by=month&owner=me"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert serious_lines(page, serious) == [], address
    page.goto("/opportunities/board/")
    page.locator(".deal-menu").first.click()
    page.locator("#move-menu").get_by_role("button", name="Propose").click()
    expect(page.locator("#sheet")).to_be_visible()
    assert serious_lines(page, serious) == []


def test_the_board_is_filtered_in_place_and_its_sums_follow(rep, page_as):
    OpportunityFactory(owner=rep, topic="Fleet", rating="hot")
    OpportunityFactory(owner=rep, topic="Bikes", rating="cold")
    page = page_as(rep)
    page.goto("/opportunities/board/?by=category")
    expect(page.locator(".board-total .count")).to_have_text("2")
    page.locator("[data-filters] summary").click()
    page.keyboard.type("rating")
    page.keyboard.press("Enter")
    page.locator("[data-filter-editor]").get_by_role("checkbox", name="Hot").check()
    page.locator("[data-filter-editor]").get_by_role("button", name="Show").click()
    expect(page.locator(".chips")).to_contain_text("Rating: Hot")
    expect(page.locator("[data-head=pipeline] .count")).to_have_text("1")
    assert "/opportunities/board/?by=category" in page.url
    page.get_by_role("link", name="Mine").click()
    expect(page.locator(".board-total .count")).to_have_text("1")
    page.get_by_role("link", name="Take away the filter Rating").click()
    expect(page.locator(".board-total .count")).to_have_text("2")
    page.locator("[data-list-search]").fill("bik")
    page.keyboard.press("Enter")
    expect(page.locator(".deal")).to_have_count(1)
    assert page.url.endswith("/opportunities/board/?by=category&owner=me&q=bik")
    assert page.problems == []


def test_what_a_colleague_deletes_slides_out_and_the_counts_follow(rep, page_as):
    OpportunityFactory(owner=rep, topic="Kept")
    deleted = OpportunityFactory(owner=rep, topic="Deleted")
    page = page_as(rep)
    page.goto("/opportunities/board/")
    expect(page.locator("[data-head=qualify] .count")).to_have_text("2")
    delete_record(deleted, by=rep)
    expect(page.locator(".deal")).to_have_count(1)
    expect(page.locator("[data-head=qualify] .count")).to_have_text("1")
    expect(page.locator(".board-total .count")).to_have_text("1")
    assert page.problems == []


def test_a_drag_of_a_card_that_was_deleted_says_so_and_shows_the_truth(rep, page_as):
    ProcessStep.objects.all().delete()
    deal = OpportunityFactory(owner=rep, topic="Fleet")
    page = page_as(rep)
    page.goto("/opportunities/board/")
    page.route("**/board/changes/**", lambda route: route.abort())
    delete_record(deal, by=rep)
    page.locator(".deal").drag_to(lane(page, "develop"))
    expect(page.locator("#toasts")).to_contain_text("This deal is not here any more")
    page.unroute("**/board/changes/**")
    expect(page.locator(".deal")).to_have_count(0)


def test_ticked_cards_are_closed_as_lost_to_a_competitor_at_once(rep, page_as):
    rival = Competitor.objects.create(name="Rivalry Ltd", owner=rep)
    OpportunityFactory(owner=rep, topic="Fleet")
    OpportunityFactory(owner=rep, topic="Bikes")
    page = page_as(rep)
    page.goto("/opportunities/board/")
    for topic in ("Fleet", "Bikes"):
        page.locator(".deal", has_text=topic).hover()
        page.get_by_label(f"Select {topic}").check()
    page.locator("[data-bulk-bar]").get_by_role("button", name="Close as lost").click()
    ask = page.locator("[data-bulk-sheet]")
    ask.get_by_label("Why").select_option("out_sold")
    ask.get_by_label("Lost to").fill("Rival")
    page.get_by_role("option", name="Rivalry Ltd").click()
    ask.get_by_role("button", name="Close 2 opportunities as lost").click()
    expect(page.locator(".deal")).to_have_count(0)
    assert set(Opportunity.objects.values_list("status", "lost_reason", "lost_to")) == {("lost", "out_sold", rival.pk)}
