"""A marketer builds an event in the browser; a guest registers on a phone, comes back, and is seen."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from crm.models import Company, Consent, Contact, Interaction
from marketing.models import Event, Form, Registration, Submission
from tests.e2e.conftest import NARROW
from tests.factories.marketing_events import EventFactory, FormFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def marketer(transactional_db, marketer):
    Company.objects.update_or_create(pk=1, defaults={"name": "Northwind Pumps", "time_zone": "Europe/Berlin"})
    return marketer


def fill(page, **values):
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def test_a_marketer_builds_an_event_and_a_guest_registers_on_a_phone(page_as, open_page, marketer):
    desk = page_as(marketer)
    desk.goto(reverse("admin:marketing_event_add"))
    fill(desk, title="Pumps that think", starts_at="2099-11-19T15:00", ends_at="2099-11-19T16:00")
    desk.click("[name=_save]")
    expect(desk.get_by_role("heading", name=re.compile("Pumps that think"))).to_be_visible()
    desk.get_by_role("button", name="Publish").click()
    desk.locator("dialog[open], .modal.show").get_by_role("button").last.click()
    expect(desk.get_by_text("Live", exact=True).first).to_be_visible()

    guest = open_page(viewport=NARROW, user_agent=PHONE, java_script_enabled=False)
    guest.goto("/e/pumps-that-think/")
    guest.wait_for_timeout(1600)
    fill(guest, first_name="Asha", last_name="Rao", email="asha@")
    guest.get_by_role("button", name="Register").click()
    expect(guest.get_by_text("This is not an email address")).to_be_visible()
    expect(guest.locator("[name=email]")).to_be_focused()
    expect(guest.locator("[name=first_name]")).to_have_value("Asha")
    fill(guest, email="asha@example.com")
    guest.check("[name=news]")
    guest.get_by_role("button", name="Register").click()
    expect(guest.get_by_role("heading", name="You are registered")).to_be_visible()
    guest.goto("/e/pumps-that-think/materials/")
    guest.goto("/e/pumps-that-think/")
    expect(guest.get_by_text("See you there, Asha.")).to_be_visible()

    asha = Contact.objects.get(email="asha@example.com")
    assert Registration.objects.get().contact == asha
    assert Consent.objects.get(point__value="asha@example.com").granted
    assert set(Interaction.objects.filter(kind="page.visited").values_list("contact", "verdict")) == {
        (asha.pk, "human")
    }
    desk.reload()
    expect(desk.get_by_role("link", name="Asha Rao")).to_be_visible()
    assert desk.problems == []


def test_pressing_the_button_twice_registers_once(open_page, marketer):
    event = EventFactory(slug="pumps")
    guest = open_page(user_agent=PHONE)
    guest.goto(event.get_absolute_url())
    guest.wait_for_timeout(1600)
    fill(guest, first_name="Asha", last_name="Rao", email="asha@example.com")
    guest.get_by_role("button", name="Send").dblclick()
    expect(guest.get_by_role("heading", name="You are registered")).to_be_visible()
    guest.go_back()
    expect(guest.get_by_text("See you there, Asha.")).to_be_visible()
    assert Registration.objects.count() == 1
    assert Submission.objects.count() == 1


def test_a_marketer_edits_the_fields_of_a_form_and_sees_what_guests_see(page_as, marketer):
    form = FormFactory(name="Newsletter")
    desk = page_as(marketer)
    desk.goto(reverse("admin:marketing_form_change", args=[form.pk]))
    stage = desk.get_by_role("region", name="Preview")
    expect(stage.get_by_text("First name")).to_be_visible()
    desk.get_by_label("Kind of field").select_option("choice")
    desk.get_by_role("button", name="Add field").click()
    desk.keyboard.type("How many pumps?")
    expect(stage.get_by_text("How many pumps?")).to_be_visible()
    desk.locator(".form-card").last.get_by_role("button").first.click()
    desk.get_by_role("button", name="Remove “Company”").click()
    expect(stage.get_by_text("Company")).to_have_count(0)
    desk.get_by_role("button", name="Remove “Email”").click()
    expect(desk.get_by_text("exactly one email field")).to_be_visible()
    desk.get_by_label("Kind of field").select_option("email")
    desk.get_by_role("button", name="Add field").click()
    expect(desk.get_by_text("exactly one email field")).to_be_hidden()
    desk.click("[name=_save]")
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    labels = [field["label"] for field in Form.objects.get(pk=form.pk).fields]
    assert labels == [
        "First name",
        "Last name",
        "Country",
        "Mobile number",
        "Reminder",
        "How many pumps?",
        "News",
        "Email",
    ]
    assert [problem for problem in desk.problems if "422" not in problem] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_pages_have_nothing_serious_for_axe(open_page, marketer, serious, scheme):
    event = EventFactory(slug="pumps", summary="An hour on pumps.")
    page = open_page(viewport=NARROW, user_agent=PHONE, bypass_csp=True, color_scheme=scheme)
    for address in ("/e/pumps/", "/e/pumps/materials/", "/e/pumps/thanks/", event.form.get_absolute_url()):
        page.goto(address)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto("/e/pumps/")
    page.get_by_role("button", name="Send").click()
    assert serious(page) == []
    assert Event.objects.count() == 1
