"""The marketer's way through the designer: drag, keyboard, undo, autosave, two at once, preview, test."""

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm.models import OutboxItem
from marketing.models import ContentBlock, EmailRevision, MarketingEmail
from tests.factories.crm import ContactFactory, SenderFactory, UserFactory
from tests.factories.emails import MarketingEmailFactory

BLOCKS = [
    {"id": "b1", "kind": "heading", "text": "Our webinar"},
    {"id": "b2", "kind": "text", "html": '<p>Hello {{ contact.first_name | default: "there" }},</p>'},
    {"id": "s1", "kind": "section", "layout": "1-1", "columns": [[{"id": "b3", "kind": "spacer"}], []]},
    {"id": "b4", "kind": "footer"},
]


@pytest.fixture
def email(live_server, marketer):
    sender = SenderFactory(is_default=True)
    return MarketingEmailFactory(name="Invitation", subject="Come", blocks=BLOCKS, sender=sender)


@pytest.fixture
def designer(page_as, marketer, email):
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_marketingemail_design", args=[email.pk]))
    page.locator("form[data-ready]").wait_for()
    return page


def saved(page, email):
    """The email once the page says that it is saved."""
    page.locator("[data-saved]", has_text=re.compile("^Saved at")).wait_for()
    return MarketingEmail.objects.get(pk=email.pk)


def kinds(blocks):
    return [block["kind"] for block in blocks]


def drag(page, start, end, *, low=0.5):
    """By the mouse, as SortableJS wants it: several moves."""
    for place in (start, end):
        page.locator(place).first.wait_for()
    a, b = page.locator(start).first.bounding_box(), page.locator(end).first.bounding_box()
    page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    x, y = b["x"] + b["width"] / 2, b["y"] + b["height"] * low
    page.mouse.move(x, y + 12, steps=12)
    page.mouse.move(x, y, steps=6)
    page.mouse.up()


def test_blocks_are_dragged_from_the_palette_into_a_column_and_among_each_other(designer, email):
    page = designer
    into_column = ["heading", "text", ["button"], "footer"]
    dragged_until(page, email, "[data-add=button]", '[data-list="s1:1"]', 0.5, into_column)
    above = ["text", "heading", ["button"], "footer"]
    dragged_until(page, email, '[data-id="b2"] .ed-body', '[data-id="b1"] .ed-body', 0.1, above)
    assert page.problems == []


def dragged_until(page, email, start, end, low, wanted):
    """A busy machine swallows moves of the mouse: what fell elsewhere is undone, and dragged again."""

    def arranged():
        blocks = MarketingEmail.objects.get(pk=email.pk).blocks
        return [kinds(one["columns"][1]) if one["kind"] == "section" else one["kind"] for one in blocks]

    before = arranged()
    for _ in range(5):
        drag(page, start, end, low=low)
        page.wait_for_timeout(2500)  # it saves by itself a second after the last change
        if (found := arranged()) == wanted:
            return
        if found != before:
            page.locator("[data-undo]").click()
            page.wait_for_timeout(2500)
    assert arranged() == wanted


def test_everything_goes_by_keyboard_and_is_undone(designer, email):
    page = designer
    page.locator('[data-pick="b1"]').focus()
    page.keyboard.press("Alt+ArrowDown")
    assert kinds(saved(page, email).blocks) == ["text", "heading", "section", "footer"]
    page.keyboard.press("Alt+ArrowDown")
    assert kinds(saved(page, email).blocks[1]["columns"][0]) == ["heading", "spacer"]
    page.keyboard.press("Control+d")
    assert kinds(saved(page, email).blocks[1]["columns"][0]) == ["heading", "heading", "spacer"]
    page.keyboard.press("Delete")
    assert kinds(saved(page, email).blocks[1]["columns"][0]) == ["heading", "spacer"]
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert kinds(saved(page, email).blocks) == ["heading", "text", "section", "footer"]
    page.locator("[data-redo]").click()
    assert kinds(saved(page, email).blocks) == ["text", "heading", "section", "footer"]
    assert page.problems == []


def test_what_is_typed_is_saved_by_itself_and_wrong_fields_say_so(designer, email):
    page = designer
    page.locator('[data-id="b2"]').click()
    area = page.locator(".ed-rich-area [contenteditable]")
    area.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" welcome")
    page.locator('[data-add="button"]').click()
    page.locator('[data-name="url"]').fill("www.example.com")
    error = page.locator('[data-field="url"] > .field-error')
    error.wait_for()
    assert error.inner_text() == "“www.example.com” is not a link. It begins with https://"
    page.locator('[data-pick="b1"]').click()
    page.locator(".email-problems .btn-plain", has_text="is not a link").click()
    assert page.evaluate("document.activeElement.dataset.name") == "url"
    page.locator('[data-name="url"]').fill("https://example.com/")
    error.wait_for(state="hidden")
    stored = saved(page, email)
    assert stored.blocks[1]["html"] == '<p>Hello {{ contact.first_name | default: "there" }}, welcome</p>'
    assert stored.blocks[2]["url"] == "https://example.com/"
    page.reload()
    assert page.locator(".ed-canvas .ed-push").inner_text() == "Find out more"
    assert page.problems == []


def test_two_at_once_are_told_and_nothing_is_lost(designer, email, page_as):
    other = page_as(UserFactory(name="Asha Rao", roles=["marketer"]))
    other.goto(reverse("admin:marketing_marketingemail_design", args=[email.pk]))
    other.locator("form[data-ready]").wait_for()
    other.locator("[data-others]", has_text="has this open as well").wait_for()
    other.locator("#subject").fill("Theirs")
    assert saved(other, email).subject == "Theirs"
    page = designer
    page.locator("#subject").fill("Mine")
    page.locator("[data-clash]").wait_for()
    assert "Saved now: “Theirs”" in page.locator("[data-clash-says]").inner_text()
    page.locator("[data-clash-theirs]").click()
    expect(page.locator("#subject")).to_have_value("Theirs")
    assert EmailRevision.objects.get(is_aside=True).subject == "Mine"
    page.goto(reverse("admin:marketing_marketingemail_versions", args=[email.pk]))
    page.locator("li", has_text="kept aside").get_by_role("button", name="Restore").click()
    page.locator("form[data-ready]").wait_for()
    assert MarketingEmail.objects.get(pk=email.pk).subject == "Mine"


def test_the_preview_is_somebodys_mail_on_a_phone_in_the_dark_or_as_text(designer, email):
    ContactFactory(email="asha@customer.example", first_name="Asha")
    page = designer
    page.locator("[data-mode=mobile]").click()
    page.locator("input[name=as]").fill("asha@customer.example")
    page.locator("input[name=as]").press("Tab")
    frame = page.frame_locator("iframe[name=email-preview]")
    frame.get_by_text("Hello Asha,").wait_for()
    assert page.locator("[data-frame]").bounding_box()["width"] <= 392
    page.locator("[data-mode=dark]").click()
    frame.locator(".d-paper").first.wait_for()
    page.locator("[data-mode=text]").click()
    frame.locator("pre", has_text="Hello Asha,").wait_for()
    assert page.problems == []


def test_a_test_goes_out_and_the_email_is_made_ready(designer, email, marketer, run_jobs):
    page = designer
    page.locator("#subject").fill("Come on Thursday")
    page.locator("[data-test]").click()
    page.locator("[data-test-go]").click()
    page.locator("[data-test-says]", has_text="is on its way").wait_for()
    page.locator("[data-test-dialog]").get_by_role("button", name="Close").click()
    run_jobs()
    assert OutboxItem.objects.get().subject == "Come on Thursday"
    page.locator("button[name=then][value=ready]").click()
    page.locator("button[name=then][value=send]").wait_for()
    assert MarketingEmail.objects.get(pk=email.pk).ready_version == 1
    assert page.problems == []


def test_a_block_is_kept_for_other_emails_and_seen_by_some(designer, email):
    page = designer
    page.locator('[data-id="b1"]').click()
    page.locator('[data-id="b1"] [data-tool=keep]').click()
    page.locator("#name-of").fill("Our heading")
    page.locator("[data-name-go]").click()
    page.locator(".ed-reused-name", has_text="Our heading").wait_for()
    page.locator(".ed-audience summary").click()
    page.locator('[data-name="when"]').select_option("token")
    stored = saved(page, email)
    assert stored.blocks[0]["content"] == ContentBlock.objects.get().pk
    assert stored.blocks[0]["when"] == {"token": "contact.city", "op": "filled", "value": ""}
    assert [*ContentBlock.objects.get().emails.all()] == [email]
    assert json.dumps(stored.blocks).count("Our webinar") == 0
    assert page.problems == []
