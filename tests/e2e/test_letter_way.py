"""A rep makes a template, writes to a lead with it, and sees what became of the email."""

from playwright.sync_api import expect

from crm.models import Activity, OutboxItem
from tests.e2e.conftest import NARROW
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.deals import LeadFactory
from tests.factories.letters import EmailTemplateFactory


def written_lead(rep, **more):
    asha = ContactFactory(
        first_name="Asha", last_name="Rao", email="asha@northwind.example", country="IN", owner=rep,
        account=AccountFactory(owner=rep), job_title="",
    )  # fmt: skip
    return LeadFactory(owner=rep, contact=asha, topic="Turbines", **more)


def test_a_rep_makes_a_template_and_looks_at_it(rep, page_as):
    written_lead(rep)
    page = page_as(rep)
    page.goto("/mail/templates/")
    page.get_by_role("link", name="New template").first.click()
    page.get_by_label("Name").fill("First contact")
    page.get_by_label("For emails about").select_option("sales.lead")
    page.get_by_label("Subject").fill("{{ lead.topic }}")
    page.get_by_role("textbox", name="Text").click()
    page.keyboard.type("Dear ")
    page.get_by_label("Insert something about the reader").select_option(label="Contact: first name")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".letter-preview")).to_contain_text("Dear Asha")
    expect(page.locator(".letter-preview h3")).to_have_text("Turbines")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="First contact")).to_be_visible()
    page.get_by_label("Subject").fill("{{ lead.topik }}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing is known as “lead.topik”. Did you mean “lead.topic”?")).to_be_visible()
    expect(page.get_by_role("textbox", name="Text")).to_have_text("Dear {{ contact.first_name }}")
    assert page.problems == [p for p in page.problems if "422" in p]


def test_a_rep_writes_with_a_template_by_key_and_sees_it_on_the_timeline(rep, page_as, run_jobs):
    lead = written_lead(rep)
    EmailTemplateFactory(owner=rep, name="First contact", about="sales.lead", subject="About {{ lead.topic }}",
                         html="<p>Dear {{ contact.first_name }}, as {{ contact.job_title }} …</p>")  # fmt: skip
    page = page_as(rep)
    page.goto(lead.get_absolute_url())
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Write to Asha Rao")).to_be_visible()
    page.get_by_label("Template").select_option(label="First contact")
    expect(page.get_by_label("Subject")).to_have_value("About Turbines")
    expect(page.get_by_role("textbox", name="Text")).to_contain_text("Dear Asha")
    expect(page.get_by_text("Nothing is known for: contact.job_title.")).to_be_visible()
    page.get_by_label("Attach files").set_input_files(
        {"name": "offer.txt", "mimeType": "text/plain", "buffer": b"Offer"}
    )
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("“About Turbines” is on its way.")).to_be_visible()
    run_jobs()
    assert OutboxItem.objects.get().to == "asha@northwind.example"
    page.reload()
    line = page.locator("#timeline-list .happening", has_text="About Turbines")
    expect(line).to_contain_text("Delivered")
    line.get_by_role("link", name="Read it").click()
    expect(page.frame_locator("iframe").get_by_text("Dear Asha")).to_be_visible()
    assert page.problems == []


def test_one_that_waits_for_the_readers_morning_is_taken_back_on_a_phone(rep, page_as, serious):
    lead = written_lead(rep)
    page = page_as(rep, viewport=NARROW, bypass_csp=True)
    page.goto(f"/mail/write/?on=sales.lead:{lead.pk}")
    page.get_by_label("Subject").fill("Good morning")
    page.get_by_role("textbox", name="Text").fill("Hello")
    expect(page.get_by_text("in Asia/Kolkata (by their country, India)")).to_be_visible()
    page.get_by_text("In the reader's morning").click()
    assert serious(page) == []
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("“Good morning” goes out")).to_be_visible()
    page.get_by_role("button", name="Take back: Good morning").click()
    expect(page.get_by_text("“Good morning” will not be sent.")).to_be_visible()
    assert Activity.objects.get(kind="email").status == Activity.Status.CANCELLED
