"""A rep's day by keyboard in a real browser: my work, snooze, done, the next record, a call logged with its outcome."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm.models import Activity
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def day(rep):
    """Two tasks and a call, all overdue, each about somebody else."""
    ago = timezone.now() - timedelta(days=3)
    return [
        ActivityFactory(owner=rep, contact=ContactFactory(owner=rep, last_name=name), kind=kind, subject=f"About {name}",
                        due_at=ago + timedelta(hours=hour))
        for hour, (kind, name) in enumerate([("task", "Ada"), ("task", "Bo"), ("call", "Cleo")])
    ]  # fmt: skip


def test_a_day_by_keyboard(day, rep, page_as):
    page = page_as(rep)
    page.goto("/my-work/")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Later today")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("comes back")).to_be_visible()
    expect(page.locator("[aria-labelledby=work-overdue] .row-link").first).to_be_focused()
    expect(page.locator("[aria-labelledby=work-next]")).to_contain_text("About Ada")

    page.keyboard.press("Enter")
    expect(page.locator(".work-bar")).to_contain_text("About Bo")
    page.keyboard.press("e")
    expect(page.locator(".work-bar")).to_contain_text("About Cleo")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Reached")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator(".toasts")).to_contain_text("Logged: About Cleo · Left a message")
    assert list(Activity.objects.order_by("pk").values_list("status", "outcome")) == [
        ("open", ""),
        ("done", ""),
        ("done", "Left a message"),
    ]
    assert page.problems == []


def test_key_c_logs_a_call_on_every_record(rep, page_as):
    account = AccountFactory(owner=rep)
    records = [
        account, ContactFactory(owner=rep, account=account), LeadFactory(owner=rep), OpportunityFactory(owner=rep),
    ]  # fmt: skip
    page = page_as(rep)
    for record in records:
        page.goto(record.get_absolute_url())
        page.keyboard.press("c")
        expect(page.get_by_role("button", name="Reached")).to_be_focused()
        page.keyboard.press("1")
        expect(page.locator("#timeline-list")).to_contain_text("Call with")
        assert Activity.objects.latest("pk").regarding == record
    assert page.problems == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_a_call_from_my_work_takes_two_clicks_and_axe_finds_nothing(day, rep, page_as, serious, viewport, scheme):
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page.goto("/my-work/")
    page.locator("summary").filter(has=page.locator("svg")).first.wait_for()
    assert [found for found in serious(page) if ".btn-me" not in found] == []
    page.get_by_label("Log the call: About Cleo").click()
    page.get_by_role("button", name="Reached").wait_for()
    assert [found for found in serious(page) if ".btn-me" not in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_role("button", name="Reached").click()
    expect(page.locator(".toasts")).to_contain_text("Logged: About Cleo")
    page.goto(f"{day[1].contact.get_absolute_url()}?work=crm.activity:{day[1].pk}")
    page.locator(".work-bar").wait_for()
    assert [found for found in serious(page) if ".btn-me" not in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
