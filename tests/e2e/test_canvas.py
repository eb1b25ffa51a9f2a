"""A journey edited on its canvas in a real browser: a step put in, filled, a problem seen and mended, published."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from journeys.models import Journey
from marketing.actions.emails import make_ready
from tests.factories.emails import MarketingEmailFactory
from tests.factories.journeys import JourneyFactory, definition, node


@pytest.fixture
def canvas(live_server, page_as, marketer):
    make_ready(MarketingEmailFactory(name="Invitation"), by=marketer)
    draft = definition({"w": node("wait_for", amount=1, unit="days"), "e": node("end")})
    journey = JourneyFactory(name="Webinar", owner=marketer, draft=draft)
    page = page_as(marketer)
    page.goto(reverse("admin:journeys_journey_canvas", args=[journey.pk]))
    return page


def test_a_step_is_put_in_filled_mended_and_the_journey_published(canvas):
    page = canvas
    panel, problems = page.locator("[data-panel]"), page.locator(".jc-problems")
    expect(problems).to_contain_text("Nothing is missing.")

    page.get_by_role("button", name="Add a step after Wait").click()
    page.locator("[data-step-palette]").get_by_role("button", name="Send email").click()
    expect(panel.get_by_role("heading")).to_have_text("Send email")
    expect(panel.locator(".form-problem, .field.has-error")).to_have_count(0)
    expect(problems).to_contain_text("1 thing to settle before publishing")
    expect(problems).to_contain_text("“Send email” waits to be filled in.")
    expect(page.locator("[data-node=send-email-1] .jc-dot")).to_be_visible()

    panel.get_by_role("button", name="Keep").click()
    expect(panel.locator(".field.has-error")).to_contain_text("This field is required.")
    panel.get_by_label("Email").select_option(label="Invitation")
    panel.get_by_role("button", name="Keep").click()
    expect(panel.get_by_text("Kept")).to_be_visible()
    expect(problems).to_contain_text("Nothing is missing.")
    expect(page.locator("[data-node=send-email-1]")).to_contain_text("“Invitation”")

    page.locator("[data-node=w] > .jc-box").get_by_role("button", name="Take out").click()
    expect(page.locator("[data-node=w]")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-node=w]")).to_be_visible()

    page.get_by_role("link", name="Check and publish").click()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/live/**")
    journey = Journey.objects.get()
    assert (journey.status, [edge[::2] for edge in journey.live_version.graph["edges"]]) == (
        "live",
        [["entry", "w"], ["w", "send-email-1"], ["send-email-1", "e"]],
    )
    assert [problem for problem in page.problems if "422" not in problem] == []
