"""From the queue of duplicates to one record and back, by keyboard where that is quicker."""

import pytest
from playwright.sync_api import expect

from crm.actions.duplicates import raise_duplicates
from crm.models import Contact
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def two(rep):
    asha = {"first_name": "Asha", "email": "asha@customer.example", "owner": rep}
    stays = ContactFactory(last_name="Rao", city="Pune", **asha)
    goes = ContactFactory(last_name="Rao-Iyer", city="Mumbai", **asha)
    raise_duplicates([goes], found_by="capture")
    return stays, goes


def test_two_become_one_and_two_again(two, rep, page_as):
    page = page_as(rep)
    page.goto("/duplicates/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge two contacts")
    page.get_by_role("radio", name="City of Asha Rao-Iyer, which goes").check()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("It can be undone.")).to_be_visible()
    assert Contact.objects.alive().get().city == "Mumbai"
    page.get_by_role("button", name="Undo the merge").click()
    page.locator("#confirm [data-confirm-yes]").click()
    expect(page.get_by_text("They are two again.")).to_be_visible()
    assert set(Contact.objects.alive().values_list("city", flat=True)) == {"Pune", "Mumbai"}
    assert page.problems == []


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_axe_finds_nothing_serious(two, rep, page_as, serious, viewport):
    page = page_as(rep, viewport=viewport, bypass_csp=True)
    stays, goes = two
    for address in (
        "/duplicates/",
        f"/records/crm.contact/{stays.pk}/merge/",
        f"/records/crm.contact/{stays.pk}/merge/{goes.pk}/",
        "/merges/",
    ):
        page.goto(address)
        assert serious(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
