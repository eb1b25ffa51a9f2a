"""A rep reads the timeline of a person: narrows it, searches it, reads what she received."""

from playwright.sync_api import expect

from crm.actions.activities import log_activity
from crm.actions.records import change_record
from crm.delivery.queueing import send_one
from crm.log.recording import record
from tests.factories.crm import AccountFactory, ContactFactory


def test_a_rep_narrows_and_searches_what_happened_and_reads_a_mail(rep, page_as):
    asha = ContactFactory(first_name="Asha", last_name="Rao", owner=rep, account=AccountFactory(owner=rep))
    log_activity(kind="call", subject="Called about turbines", by=rep, regarding=asha)
    message = send_one(to=asha.email, contact=asha, subject="Your offer", text="Dear Asha, see you soon")
    record("email.sent", contact=asha, message=message)
    record("form.submitted", contact=asha, data={"title": "Webinar"})
    change_record(asha, {"city": "Pune"}, by=rep)

    page = page_as(rep)
    page.goto(asha.get_absolute_url())
    lines = page.locator("#timeline-list")
    expect(lines).to_contain_text("Called about turbines")
    expect(lines).not_to_contain_text("Changed: City")

    page.get_by_label("What is told").select_option("changes")
    expect(lines).to_contain_text("City: – → Pune")
    expect(lines).not_to_contain_text("Called about turbines")
    page.get_by_label("What is told").select_option("all")
    page.get_by_label("Search the timeline").fill("turbine")
    expect(lines.locator(".happening")).to_have_count(1)
    page.get_by_label("Search the timeline").fill("zebra")
    expect(lines).to_contain_text("Nothing that happened holds “zebra”.")

    page.get_by_label("Search the timeline").fill("")
    lines.get_by_role("link", name="Read it").first.click()
    expect(page.get_by_text("Dear Asha, see you soon")).to_be_visible()
