"""The importer in a real browser: upload, map, check, run, look at the errors by line; a second time doubles nobody."""

import pytest
from playwright.sync_api import expect

from crm.models import Contact
from tests.factories.crm import ContactFactory

FILE = (
    "First name,Last name,Email,Where\n"
    "Asha,Rao,asha@customer.example,Pune\n"
    "Ben,Ito,ben-at-customer,Kyoto\n"
    "Cleo,Kaya,cleo@customer.example,Izmir\n"
    "Asha,Rao,ASHA@customer.example,Mumbai\n"
    "Dana,,dana@customer.example,Oslo\n"
)


@pytest.fixture
def upload(page_as, marketer, run_jobs, settings, tmp_path):
    """Bring the file in and have it checked; the worker runs when the page waits for it."""
    settings.MEDIA_ROOT = tmp_path
    page = page_as(marketer)

    def bring_in():
        page.goto("/imports/")
        page.get_by_role("link", name="Import a file").first.click()
        file = {"name": "guests.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_label("Email", exact=True)).to_have_value("email")
        page.get_by_label("Where", exact=True).select_option("city")
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_text("It goes on when you close this page.")).to_be_visible()
        run_jobs()
        expect(page.get_by_text("5 lines are checked. Nothing has been changed yet.")).to_be_visible()
        return page

    return bring_in


def test_a_file_comes_in_page_by_page_and_a_second_time_doubles_nobody(upload, run_jobs):
    ContactFactory(email="cleo@customer.example", first_name="Cleo", last_name="Kaya", city="Ankara")
    page = upload()
    assert Contact.objects.count() == 1
    expect(page.get_by_role("row", name="Cleo Kaya")).to_contain_text("Ankara → Izmir")

    page.get_by_role("button", name="Create 1 and update 1").click()
    expect(page.locator("#confirm-text")).to_have_text(
        "Of the lines in this file 1 will be created and 1 updated. You can revert it afterwards."
    )
    page.locator("#confirm [data-confirm-yes]").click()
    expect(page.get_by_text("Importing", exact=True)).to_be_visible()
    run_jobs()
    expect(page.get_by_text("Done: 5 lines.")).to_be_visible()
    assert dict(Contact.objects.values_list("email", "city")) == {
        "asha@customer.example": "Pune",
        "cleo@customer.example": "Izmir",
    }

    page.locator(".import-counts .is-bad a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("guests.csv: Error")
    expect(page.locator("tbody tr")).to_contain_text(["ben-at-customer", "Last name is missing."])
    expect(page.locator("tbody td.num")).to_have_text(["3", "6"])

    page = upload()
    expect(page.get_by_text("There is nothing to import: nothing is new, and nothing would change.")).to_be_visible()
    assert Contact.objects.count() == 2
    assert page.problems == []
