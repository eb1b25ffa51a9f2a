"""A mailbox from its adding to a reply on the deal: an administrator adds it, a rep copies the filing address and reads a reply."""

import pytest
from django.utils import timezone

from crm.actions.filing import file_mail
from crm.delivery.queueing import send_one
from crm.models import Activity, Letter, Mailbox
from tests.crm.mail.conftest import account, authority, dovecot, mailbox_for, written  # noqa: F401
from tests.dovecot import PASSWORD
from tests.e2e.conftest import NARROW
from tests.factories.crm import ContactFactory
from tests.factories.deals import OpportunityFactory


def wide_and_narrow(page, serious, name, shots):
    """What is wrong with the page, on a desk and on a phone."""
    found = serious(page)
    if shots:
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)
    page.set_viewport_size(NARROW)
    found += [f"narrow: {line}" for line in serious(page)]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], name
    if shots:
        page.screenshot(path=f"{shots}/{name}-narrow.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


@pytest.fixture
def shots():
    import os

    return os.environ.get("SHOTS", "")


def test_an_administrator_adds_a_mailbox_and_tries_it(page_as, administrator, account, serious, shots):  # noqa: F811
    page = page_as(administrator, bypass_csp=True)
    page.goto("/")
    page.get_by_role("link", name="Mailboxes").first.click()
    assert wide_and_narrow(page, serious, "empty", shots) == []
    page.get_by_role("link", name="Add a mailbox").first.click()
    for field, text in {
        "name": "Company", "address": "crm@tandem.example", "host": "127.0.0.1", "port": str(account.server.port),
        "user_name": account.name, "password": "wrong",
    }.items():  # fmt: skip
        page.locator(f"#id_{field}").fill(text)
    page.locator("#id_security").select_option("none")
    assert wide_and_narrow(page, serious, "add", shots) == []
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("127.0.0.1 does not accept the user name or the password.").wait_for()
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("button", name="Check the connection").click()
    page.get_by_text(f"It works: {account.name} is signed in at 127.0.0.1").wait_for()
    assert wide_and_narrow(page, serious, "works", shots) == []
    Mailbox.objects.update(problem="127.0.0.1 refuses connections at port 993.", failures=2, read_at=timezone.now())
    page.goto("/admin/crm/mailbox/")
    assert wide_and_narrow(page, serious, "list", shots) == []
    page.get_by_role("link", name="What became of the mails").click()
    assert wide_and_narrow(page, serious, "kept-empty", shots) == []
    assert page.problems == []


def test_a_rep_copies_the_filing_address_and_reads_a_reply(page_as, rep, account, serious, shots):  # noqa: F811
    mailbox_for(account, name="Company")
    mailbox_for(account, name="My own", owner=rep, address="rita@private.example")
    asha = ContactFactory(first_name="Asha", last_name="Rao", email="asha@customer.example", owner=rep, team=rep.team)
    deal = OpportunityFactory(contact=asha, owner=rep, topic="Renewal")
    sent = send_one(to=asha.email, subject="Offer", text="Here it is.", contact=asha, by=rep)
    offer = Activity.objects.create(kind="email", status="done", subject="Offer", contact=asha, owner=rep, regarding=deal, done_at=timezone.now())  # fmt: skip
    Letter.objects.filter(pk=sent.content_id).update(activity=offer)
    text = "Hello Rita,\n\nyes, please. See https://customer.example/order for the number.\n\nAsha\n\nOn Mon, 2 Nov 2026 at 10:00, Rita <rita@tandem.example> wrote:\n> Here it is.\n> Rita\n"
    file_mail(written(answers=sent.message_id, text=text).as_bytes())
    page = page_as(rep, bypass_csp=True)
    page.goto("/settings/filing/")
    assert wide_and_narrow(page, serious, "filing", shots) == []
    before = page.locator("#filing-address").input_value()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    page.get_by_role("button", name="Make a new one").first.click()
    page.locator("dialog[open]").get_by_role("button", name="Make a new one").click()
    page.get_by_text("mails to the old one are ignored from now on").first.wait_for()
    assert page.locator("#filing-address").input_value() != before
    page.get_by_role("link", name="Add your mailbox").click()
    page.locator("#id_host").wait_for()
    assert wide_and_narrow(page, serious, "own", shots) == []
    page.goto("/notifications/")
    page.get_by_role("link", name="Asha Rao replied: Re: Offer").click()
    page.locator("#timeline-list").get_by_text("yes, please.").wait_for()
    assert page.locator("#timeline-list").get_by_text("Here it is.").count() == 0
    if shots:
        page.screenshot(path=f"{shots}/deal.png", full_page=True)
    page.locator("#timeline-list").get_by_role("link", name="Re: Offer").click()
    page.get_by_text("What was written before").click()
    page.get_by_text("> Here it is.").wait_for()
    assert wide_and_narrow(page, serious, "mail", shots) == []
    assert page.problems == []
