"""The list of records in a real browser: narrowed, arranged, kept as a view; a cell edited in its place; many rows at once."""

import pytest
from playwright.sync_api import expect

from crm.models import Account, BulkRun
from tests.factories.crm import AccountFactory


@pytest.fixture
def accounts(rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    AccountFactory(name="Dom Hotels", city="Köln", employees=40, owner=rep)
    AccountFactory(name="Rhein Reisen", city="Köln", employees=9, owner=rep)
    return AccountFactory(name="Alster Optik", city="Hamburg", employees=5, owner=rep)


def names(page):
    return page.locator("[data-row] .row-link")


def test_a_rep_narrows_a_list_arranges_it_and_opens_with_it_from_then_on(accounts, rep, page_as):
    page = page_as(rep)
    page.goto("/accounts/")
    expect(names(page)).to_have_text(["Alster Optik", "Dom Hotels", "Rhein Reisen"])

    page.locator("[data-filters] summary").click()
    page.keyboard.type("city")
    page.keyboard.press("Enter")
    page.locator("#filter-editor").get_by_role("textbox").first.fill("Köln")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Dom Hotels", "Rhein Reisen"])
    expect(page.locator(".chips")).to_contain_text("City: contains “Köln”")

    page.locator(".list-columns summary").click()
    page.get_by_label("Sorted by").select_option("-name")
    page.get_by_role("button", name="Hide Industry").click()
    page.get_by_label("Add a column").select_option("employees")
    page.locator(".columns-form").get_by_role("button", name="Show").click()
    expect(names(page)).to_have_text(["Rhein Reisen", "Dom Hotels"])
    heads = page.locator("thead th").all_inner_texts()
    assert ("Industry" in heads, "Employees" in heads) == (False, True)

    page.get_by_label("Views of this list").click()
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("dialog .field-error")).to_contain_text("This field is required.")
    page.get_by_role("textbox", name="Name").fill("In Köln")
    page.get_by_label("Open this list with it, for me").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("In Köln")

    page.goto("/accounts/")
    expect(page.get_by_role("heading", level=1)).to_have_text("In Köln")
    expect(names(page)).to_have_text(["Rhein Reisen", "Dom Hotels"])
    assert [problem for problem in page.problems if "422" not in problem] == []


def test_a_cell_is_edited_by_keyboard_and_says_at_its_place_what_is_wrong(accounts, rep, manager, page_as):
    page = page_as(rep)
    page.goto("/accounts/?columns=name,city,employees")
    page.keyboard.press("/")
    page.keyboard.type("dom")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Dom Hotels"])
    page.keyboard.press("j")
    expect(names(page).first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    control = page.locator("[data-cell-form]").get_by_label("Employees")
    control.fill("-3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell-form] .field-error")).to_contain_text("greater than or equal to 0")
    expect(control).to_have_value("-3")

    control.fill("41")
    Account.objects.filter(name="Dom Hotels").update(employees=50, version=2)
    page.keyboard.press("Enter")
    expect(page.locator(".fact-conflict")).to_contain_text("while you were editing")
    expect(page.locator(".fact-conflict dd")).to_have_text(["50", "41"])
    page.get_by_role("button", name="Keep mine").click()
    cell = page.locator("td[data-cell=employees]")
    expect(cell).to_have_text("41")
    expect(cell).to_be_focused()
    assert Account.objects.get(name="Dom Hotels").employees == 41

    page.keyboard.press("Space")
    expect(page.locator("#peek")).to_contain_text("Dom Hotels")
    page.keyboard.press("k")
    page.locator("td[data-cell=name] .row-link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dom Hotels")
    assert [problem for problem in page.problems if "422" not in problem and "412" not in problem] == []


def test_all_that_match_are_changed_at_once_shown_row_by_row_and_changed_back(accounts, rep, page_as, run_jobs):
    AccountFactory.create_batch(60, city="Bonn", owner=rep)
    AccountFactory(name="Not mine", city="Bonn")
    page = page_as(rep)
    page.goto("/accounts/?city=Bonn")
    page.get_by_label("Select this page").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("50")
    page.get_by_role("button", name="Select all that match").click()
    page.locator("[data-bulk-bar]").get_by_role("button", name="Edit").click()
    sheet = page.locator("[data-bulk-sheet]")
    sheet.get_by_label("Field").select_option(label="City")
    sheet.get_by_label("New value").fill("Berlin")
    sheet.get_by_role("button", name="Change 61 accounts").click()
    run_jobs()
    page.goto(f"/bulk/{BulkRun.objects.get().pk}/")
    expect(page.locator(".import-counts dd")).to_have_text(["60", "1", "0"])
    assert Account.objects.filter(city="Berlin").count() == 60
    page.locator(".import-counts").get_by_role("link", name="1", exact=True).click()
    expect(page.locator("tbody tr")).to_contain_text(["Not mine"])

    page.goto(f"/bulk/{BulkRun.objects.get().pk}/")
    page.get_by_role("button", name="Revert").click()
    page.locator("#confirm [data-confirm-yes]").click()
    page.wait_for_load_state("networkidle")
    run_jobs()
    assert Account.objects.filter(city="Bonn").count() == 61

    page.goto("/accounts/?city=Bonn")
    page.get_by_label("Select this page").check()
    page.locator("[data-bulk-bar]").get_by_role("button", name="More").click()
    page.locator("[data-bulk-bar]").get_by_role("button", name="Export").click()
    with page.expect_download() as file:
        page.locator("[data-bulk-sheet] button[type=submit]").click()
    assert len(file.value.path().read_text(encoding="utf-8-sig").splitlines()) == 51
    assert page.problems == []
