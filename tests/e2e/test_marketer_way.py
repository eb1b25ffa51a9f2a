"""The marketer's way in a real browser: design an email, publish a journey, read the campaign."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.story.marketing import Plan, build
from journeys.models import Journey
from marketing.models import MarketingEmail
from tests.factories.crm import SenderFactory


@pytest.fixture
def built(live_server, marketer):
    SenderFactory(is_default=True)
    now = timezone.now()
    plan = Plan(
        "Webinar", "webinar", now + timedelta(days=7), wait=timedelta(days=3), judged_at=now + timedelta(days=6)
    )
    return build(plan, marketer)


def test_an_email_gets_a_block_and_is_made_ready(page_as, marketer, built):
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_marketingemail_design", args=[built.second.pk]))
    page.locator("form[data-ready]").wait_for()
    page.locator("[data-add=divider]").click()
    ready = page.locator("button[name=then][value=ready]")
    ready.wait_for()
    ready.click()
    page.locator("button[name=then][value=send]").wait_for()
    email = MarketingEmail.objects.get(pk=built.second.pk)
    assert (email.status, email.ready_version, "divider" in [b["kind"] for b in email.blocks]) == ("ready", 2, True)
    assert page.problems == []


def test_a_journey_is_published_from_its_canvas_and_runs(page_as, marketer, built):
    page = page_as(marketer)
    page.goto(reverse("admin:journeys_journey_canvas", args=[built.journey.pk]))
    page.get_by_role("link", name="Check and publish").click()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/live/**")
    assert Journey.objects.get().status == "live"
    assert page.goto(f"/campaigns/{built.campaign.pk}/").status == 200
    assert page.problems == []
