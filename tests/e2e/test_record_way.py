"""Records in a real browser: the bin, a nested filter kept as a view, a field of one's own, the tree of accounts and roles,
files and mentions."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import Account, Attachment, Contact, CustomField
from tests.factories.crm import AccountFactory, ContactFactory


@pytest.fixture
def asha(rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    account = AccountFactory(name="Northwind", city="Köln", employees=40, owner=rep)
    return ContactFactory(first_name="Asha", last_name="Rao", account=account, owner=rep)


def names(page):
    return page.locator("[data-row] .row-link")


def test_what_is_deleted_rests_in_the_bin_and_comes_back(asha, administrator, page_as):
    page = page_as(administrator)
    page.goto(asha.get_absolute_url())
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete").click()
    page.locator("#confirm [data-confirm-yes]").click()
    expect(page.locator(".toast-card")).to_be_visible()
    assert not Contact.objects.alive().exists()
    page.goto("/bin/")
    page.get_by_label("Asha Rao", exact=True).check()
    page.locator("[data-bulk-bar]").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="The bin is empty")).to_be_visible()
    page.goto(asha.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
    assert page.problems == []


def test_a_filter_with_groups_in_it_is_built_and_kept_as_a_view(asha, rep, page_as):
    AccountFactory(name="Alster", city="Hamburg", employees=3, owner=rep)
    AccountFactory(name="Isar", city="München", employees=900, owner=rep)
    page = page_as(rep)
    page.goto("/accounts/")
    page.get_by_role("button", name="Advanced").click()
    panel = page.locator("#advanced")
    panel.get_by_role("button", name="+ Group").first.click()
    group = panel.locator(".rule-group .rule-group")
    for city in ("Köln", "Hamburg"):
        group.get_by_role("button", name="+ Fact").click()
        row = group.locator(".rule-row").last
        row.get_by_label("What to test").select_option(label="City")
        row.get_by_label("Value of City").fill(city)
    panel.get_by_role("button", name="+ Fact").last.click()
    row = panel.locator(".rule-row").last
    row.get_by_label("What to test").select_option(label="Employees")
    row.get_by_label("How").select_option("at_least")
    row.get_by_label("Value of Employees").fill("10")
    panel.get_by_role("button", name="Show these").click()
    expect(names(page)).to_have_text(["Northwind"])
    page.get_by_label("Views of this list").click()
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_role("textbox", name="Name").fill("Big ones up north")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Big ones up north")
    expect(names(page)).to_have_text(["Northwind"])
    assert page.problems == []


def test_a_field_is_defined_filled_in_on_a_record_and_asked_in_the_list(asha, administrator, rep, page_as):
    page = page_as(administrator)
    page.goto("/admin/crm/customfield/add/?kind=crm.account")
    page.locator("#id_label").fill("Contract number")
    page.locator("#id_type").select_option("text")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda address: "/add/" not in address)
    assert CustomField.objects.get().type == "text"
    AccountFactory(name="Alster", owner=rep)

    page = page_as(rep)
    page.goto(asha.account.get_absolute_url())
    page.get_by_text("empty fields").click()
    page.get_by_role("button", name="Edit Contract number").click()
    page.get_by_role("textbox", name="Contract number").fill("C-2026-7")
    page.keyboard.press("Enter")
    expect(page.locator(".fact", has_text="Contract number")).to_contain_text("C-2026-7")

    page.goto("/accounts/")
    page.locator("[data-filters] summary").click()
    page.keyboard.type("contract")
    page.keyboard.press("Enter")
    page.locator("#filter-editor").get_by_role("textbox").first.fill("2026-7")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Northwind"])
    assert page.problems == []


def test_a_company_has_its_place_in_the_tree_and_people_their_roles_elsewhere(asha, rep, page_as):
    AccountFactory(name="Northwind Group", owner=rep)
    page = page_as(rep)
    page.goto(asha.account.get_absolute_url())
    page.get_by_text("empty fields").click()
    page.get_by_role("button", name="Edit Parent account").click()
    page.get_by_role("combobox", name="Parent account").press_sequentially("Northwind G")
    page.get_by_role("option", name="Northwind Group").click()
    page.locator(".fact.is-editing").get_by_role("button", name="Save").click()
    expect(page.locator(".fact", has_text="Parent account")).to_contain_text("Northwind Group")
    page.get_by_role("link", name="Hierarchy").click()
    expect(page.locator("main")).to_contain_text("Northwind Group")

    page.goto(Account.objects.get(name="Northwind Group").get_absolute_url())
    page.get_by_role("link", name="Role", exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("combobox").press_sequentially("Asha")
    dialog.get_by_role("option", name="Asha Rao").click()
    dialog.get_by_label("Role").fill("Board member")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Board member")
    page.goto(asha.get_absolute_url())
    expect(page.locator(".card", has_text="Roles elsewhere")).to_contain_text("Northwind Group")
    assert page.problems == []


def test_a_file_is_brought_and_a_colleague_mentioned_is_told(asha, rep, manager, page_as):
    page = page_as(rep)
    page.goto(asha.get_absolute_url())
    offer = {"name": "offer.txt", "mimeType": "text/plain", "buffer": b"forty bikes"}
    page.locator("[data-files-input]").set_input_files(offer)
    expect(page.locator("#files")).to_contain_text("offer.txt")
    expect(page.locator("#files")).not_to_have_class(re.compile("htmx-added"))  # its new form is alive
    lie = {"name": "photo.png", "mimeType": "image/png", "buffer": b"MZ\x90\x00 not a picture"}
    page.locator("[data-files-input]").set_input_files(lie)
    expect(page.locator(".files-problem")).to_be_visible()
    assert Attachment.objects.get().name == "offer.txt"

    page.get_by_role("link", name="Note", exact=True).click()
    note = page.get_by_role("textbox", name="Note")
    note.press_sequentially("Please look, @Max")
    expect(page.get_by_role("option", name="Max Manager")).to_be_visible()
    page.keyboard.press("Enter")
    expect(note).to_have_value("Please look, @Max Manager ")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#timeline")).to_contain_text("Please look")

    page = page_as(manager)
    page.goto("/notifications/")
    expect(page.locator("main")).to_contain_text("Asha Rao")
    page.locator("main").get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Please look")
    assert page.problems == []
