"""The shell in a real browser: keys, themes, a strict policy, and nothing serious for axe."""

import pytest
from playwright.sync_api import expect

from crm.actions.activities import log_activity
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import AccountFactory, ContactFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def asha(rep):
    account = AccountFactory(name="Northwind", owner=rep)
    contact = ContactFactory(first_name="Asha", last_name="Rao", account=account, owner=rep, job_title="Head of IT")
    log_activity(kind="call", subject="Asked about the webinar", regarding=contact, by=rep)
    log_activity(kind="task", subject="Send the offer", regarding=contact, by=rep)
    return contact


def test_the_palette_finds_a_contact_by_keyboard_alone(asha, rep, page_as):
    page = page_as(rep)
    page.goto("/accounts/")
    page.keyboard.press("Control+k")
    page.keyboard.type("asha rao")
    expect(page.locator("#palette-found a", has_text="Asha Rao").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
    assert page.problems == []


def test_the_palette_opens_a_page(administrator, page_as):
    page = page_as(administrator)
    page.goto("/contacts/")
    page.keyboard.press("Control+k")
    page.keyboard.type("calendar")
    expect(page.locator("#palette-found a").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calendar/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.problems == []


def test_the_chosen_theme_stays_with_the_browser(rep, page_as):
    page = page_as(rep, color_scheme="light")
    page.goto("/contacts/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Menu of Rita Rep").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto("/accounts/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.problems == []


def test_a_note_is_logged_on_the_timeline(asha, rep, page_as):
    page = page_as(rep)
    page.goto(asha.get_absolute_url())
    page.get_by_role("link", name="Note", exact=True).click()
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#timeline-form .field-error")).to_be_visible()
    page.get_by_role("textbox", name="Note").fill("Likes the annual plan")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".toast-card")).to_contain_text("Logged: Likes the annual plan")
    expect(page.locator("#timeline")).to_contain_text("Likes the annual plan")
    assert [p for p in page.problems if "422" not in p] == []


def test_a_dangerous_button_asks_first(asha, rep, page_as):
    from crm.models import Activity

    task = Activity.objects.get(subject="Send the offer")
    page = page_as(rep)
    page.goto(task.get_absolute_url())
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_role("button", name="Keep as it is").click()
    task.refresh_from_db()
    assert task.status == "open"
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Cancel it").click()
    page.locator("#confirm").get_by_role("button", name="Cancel it").click()
    expect(page.locator(".toast-card")).to_contain_text("Cancelled: Send the offer")
    assert page.problems == []


def test_the_menu_is_a_drawer_on_a_phone(rep, page_as):
    page = page_as(rep, viewport=NARROW)
    page.goto("/contacts/")
    page.get_by_role("navigation", name="Quick menu").get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Accounts").click()
    page.wait_for_url("**/accounts/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious(asha, rep, page_as, open_page, serious, viewport, scheme):
    """Beside the pages of the menus, which tests/e2e/test_every_page.py walks."""
    look = {"viewport": viewport, "color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    stranger = open_page(**look)
    stranger.goto("/auth/login/")
    found = {"sign in": serious(stranger)}
    page = page_as(rep, **look)
    for path in (asha.get_absolute_url(), "/search/?q=asha", "/accounts/?employees=many"):
        page.goto(path)
        found[path] = serious(page)
    assert {where: lines for where, lines in found.items() if lines} == {}


def test_no_page_breaks_the_policy(asha, rep, administrator, page_as):
    page = page_as(administrator)
    for path in ("/contacts/", asha.get_absolute_url(), "/accounts/new/", "/calendar/", "/admin/", "/admin/crm/user/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert page.problems == []


def test_script_and_style_stay_under_300_kb(rep, page_as):
    """What a first visit loads, gzip -6 of each file, fonts included."""
    import gzip

    page = page_as(rep)
    sizes = {}
    page.on(
        "response",
        lambda answer: (
            sizes.__setitem__(answer.url, len(gzip.compress(answer.body(), 6)))
            if answer.request.resource_type in ("script", "stylesheet", "font")
            else None
        ),
    )
    page.goto("/contacts/")
    page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) <= 300_000, sizes
