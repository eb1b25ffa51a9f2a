"""A marketer's way through a send in a real browser: who, how many, a test of variants, the press, the live page."""

import pytest
from django.urls import reverse

from crm.actions.consent import give_consent
from marketing.actions.emails import make_ready
from marketing.models import Experiment, SegmentMember, Send
from tests.e2e.conftest import NARROW, WIDE
from tests.factories.crm import ContactFactory, SenderFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory


@pytest.fixture
def email(live_server, marketer):
    SenderFactory(is_default=True)
    return make_ready(MarketingEmailFactory(), by=marketer)


@pytest.fixture
def friends(live_server):
    segment = ListFactory(name="Friends of the house")
    for n in range(3):
        contact = ContactFactory(email=f"p{n}@customer.example")
        SegmentMember.objects.create(segment=segment, contact=contact)
        give_consent(contact.email, source="test")
    return segment


def test_the_segments_are_named_counted_and_sent_to(page_as, marketer, email, friends):
    page = page_as(marketer)
    page.goto(reverse("admin:marketing_send_new", args=["email", email.pk]))
    page.get_by_role("group", name="To everybody in one of").get_by_text("Friends of the house").click()
    page.get_by_role("button", name="Count the people").click()
    page.get_by_text("of 3 people get it as things are now.").wait_for()
    assert "csrf" not in page.url
    assert page.get_by_role("group", name="To everybody in one of").get_by_role("checkbox").is_checked()
    page.get_by_role("button", name="Send to 3 people").click()
    page.wait_for_url("**/live/**")
    assert [segment.name for segment in Send.objects.get().segments.all()] == ["Friends of the house"]
    assert page.problems == []


def test_a_test_of_two_subjects_is_filled_in_on_the_way(page_as, marketer, email, friends):
    page = page_as(marketer)
    page.goto(f"{reverse('admin:marketing_send_new', args=['email', email.pk])}?segment={friends.pk}")
    page.get_by_text("Test variants").click()
    page.get_by_label("How many variants").select_option("2")
    page.get_by_role("button", name="Show the variants").click()
    page.get_by_label("Subject: B").fill("Another subject")
    page.get_by_label("Tested with, in percent of the people").fill("100")
    page.get_by_role("button", name="Send to 3 people").click()
    page.wait_for_url("**/live/**")
    experiment = Experiment.objects.get()
    assert [(v.letter, v.subject) for v in experiment.variants.order_by("letter")] == [
        ("A", ""),
        ("B", "Another subject"),
    ]
    assert (experiment.sample_percent, experiment.confidence, experiment.is_automatic) == (100, 95, True)
    assert page.problems == []


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_each_name_of_a_box_has_room_to_be_read(page_as, marketer, email, friends, viewport):
    """They once stood inside a square of sixteen pixels that cut them off."""
    page = page_as(marketer, viewport=viewport)
    page.goto(reverse("admin:marketing_send_new", args=["email", email.pk]))
    for name in page.locator(".choice .form-check-label").all():
        box = name.bounding_box()
        assert box is not None
        assert box["width"] > 60
        assert box["height"] < 60
    group = page.locator(".send-choices .choices").first
    assert group.bounding_box()["width"] > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
