"""The calendar in a real browser: drag an appointment, click an empty slot, the agenda on a phone."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from crm.actions.activities import book_appointment
from crm.actions.attendees import add_attendee
from crm.actions.meeting_mails import Guest
from crm.actions.series import repeat_activity
from crm.models import Activity
from crm.recurrence import Repeat
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.browser
TEN = datetime(2027, 3, 3, 10, 0, tzinfo=UTC)
WEEK = "/calendar/?view=week&day=2027-03-03"


@pytest.fixture
def meeting(rep):
    return book_appointment(subject="Demo", starts_at=TEN, ends_at=TEN + timedelta(hours=1), by=rep)


def test_an_appointment_is_dragged_to_another_day_and_a_slot_adds_one(rep, meeting, page_as):
    page = page_as(rep, timezone_id="America/New_York")
    page.goto(WEEK)
    event = page.locator(".ec-event", has_text="Demo")
    expect(event).to_contain_text("10:00")
    box = event.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 30, steps=4)
    page.mouse.move(box["x"] + 40 + box["width"], box["y"] + 12, steps=8)
    page.mouse.up()
    expect(page.locator(".toasts")).to_contain_text("Demo")
    assert Activity.objects.get().due_at == TEN + timedelta(days=1)
    page.mouse.click(box["x"] + 40, box["y"] + 12)
    expect(page.get_by_label("Starts")).to_have_value("2027-03-03T10:00")
    page.get_by_label("What it is about").fill("Second")
    page.get_by_role("button", name="Book meeting").click()
    expect(page.locator(".ec-event", has_text="Second")).to_be_visible()
    assert page.problems == []


def test_by_keyboard_an_appointment_is_moved_by_a_form(rep, meeting, page_as):
    page = page_as(rep)
    page.goto(WEEK)
    page.locator(".ec-event a").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Move to another time").click()
    page.locator("#sheet").get_by_label("Starts").fill("2027-03-05T09:00")
    page.locator("#sheet").get_by_label("Ends").fill("2027-03-05T09:30")
    page.locator("#sheet").get_by_role("button", name="Move").click()
    expect(page.locator(".toasts")).to_contain_text("Moved: Demo")
    assert Activity.objects.get().due_at == datetime(2027, 3, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_axe_finds_nothing_on_an_appointment_and_its_dialogs(rep, meeting, page_as, serious, viewport, scheme):
    add_attendee(meeting, Guest(contact=ContactFactory(owner=rep)), by=rep)
    repeat_activity(meeting, Repeat("WEEKLY", count=3), by=rep, now=TEN)
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page.goto(meeting.get_absolute_url())
    expect(page.locator("#people-title")).to_be_visible()
    assert [found for found in serious(page) if ".btn-me" not in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_role("link", name="Add somebody").click()
    expect(page.locator("#sheet").get_by_label("Or a colleague")).to_be_visible()
    assert [found for found in serious(page) if ".btn-me" not in found] == []


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "dark")])
def test_axe_finds_nothing_in_any_view(rep, meeting, page_as, serious, viewport, scheme):
    page = page_as(rep, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for view in ("day", "week", "month", "agenda"):
        page.goto(f"/calendar/?view={view}&day=2027-03-03")
        expect(page.get_by_role("link", name="Demo").locator("visible=true")).to_be_visible()
        assert [found for found in serious(page) if ".btn-me" not in found] == [], view
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], view
