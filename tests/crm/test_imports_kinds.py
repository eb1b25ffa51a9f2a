"""Every other kind that files bring in, and the way back: what an import made goes, what it changed is as it was."""

import pytest
from auditlog.models import LogEntry

from crm.actions.imports import revert_import
from crm.models import Account, Activity, Consent, Contact, Import, Suppression
from tests.crm.test_imports import _files, counts, imported  # noqa: F401
from tests.factories.crm import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db


def reverted(of, by, run_jobs):
    revert_import(of, by=by)
    run_jobs()
    return Import.objects.get(pk=of.pk)


@pytest.fixture
def bring(administrator, run_jobs, monkeypatch):
    """Import a file of a kind, as the administrator."""
    from crm.actions import imports as actions
    from tests.crm import test_imports

    def run(kind, text, **options):
        start = actions.start_import
        monkeypatch.setattr(test_imports, "start_import", lambda file, name, by: start(file, name, by, kind=kind))
        return imported(text, administrator, run_jobs, **options)

    return run


def test_accounts_come_in_with_their_parents_and_go_again(bring, administrator, run_jobs):
    known = AccountFactory(name="Northwind", city="Kiel")
    text = "Name,Number,City,Employees,Parent account\nNorthwind GmbH & Co,N-2,Bremen,12,Holding\nHolding,N-1,Bonn,,\nnorthwind,,Lübeck,250,\n"
    of = bring("crm.account", text, doubtful="create")
    assert (of.status, counts(of)) == ("done", (2, 1, 0, 0, 0)), of.problem
    child = Account.objects.get(number="N-2")
    assert (child.parent.name, child.employees, child.city) == ("Holding", 12, "Bremen")
    known.refresh_from_db()
    assert (known.city, known.employees) == ("Lübeck", 250)
    entry = LogEntry.objects.get_for_object(known).first()
    assert entry.additional_data["of"] == f"crm.import:{of.pk}"
    of = reverted(of, administrator, run_jobs)
    known.refresh_from_db()
    assert (of.status, of.reverted_count, of.kept_count) == ("reverted", 3, 0), list(of.lines.values("problem"))
    assert (known.city, known.employees) == ("Kiel", None)
    assert list(Account.objects.alive()) == [known]


def test_a_revert_keeps_what_somebody_touched_since_and_says_so(bring, administrator, run_jobs):
    known = ContactFactory(email="cleo@customer.example", city="Ankara", job_title="Buyer")
    text = "Email,Last name,Company,City,Job title,Tags\nasha@c.example,Rao,Northwind,Pune,,fair\nben@c.example,Ito,Northwind,Goa,,\ncleo@customer.example,Kaya,,Izmir,Head,vip\n"
    of = bring("crm.contact", text)
    assert counts(of) == (2, 1, 0, 0, 0)
    ben = Contact.objects.get(email="ben@c.example")
    ben.phone, ben.version = "123", ben.version + 1
    ben.save()
    Contact.objects.filter(pk=known.pk).update(city="Bursa")
    of = reverted(of, administrator, run_jobs)
    known.refresh_from_db()
    assert (of.reverted_count, of.kept_count) == (1, 2)
    assert (known.city, known.job_title) == ("Bursa", "Buyer")
    assert set(Contact.objects.alive()) == {ben, known}
    kept = dict(of.lines.filter(undone="kept").values_list("number", "problem"))
    assert kept[3] == "Kept: it was changed after the import."
    assert kept[4].startswith("Kept “City”")
    assert Account.objects.alive().filter(name="Northwind").exists()


def test_activities_and_notes_come_in_once(bring, administrator, run_jobs):
    asha = ContactFactory(email="asha@c.example")
    text = "Kind,Subject,Due,Status,Contact\nPhone call,Renewal,31.10.2025 14:00,Done,asha@c.example\nTask,Send offer,,Open,nobody@c.example\nTask,Send offer,2027-01-01,,asha@c.example\n"
    of = bring("crm.activity", text)
    assert counts(of) == (2, 0, 0, 1, 0), list(of.lines.values("problem"))
    call = Activity.objects.get(subject="Renewal")
    assert (call.kind, call.status, call.contact, call.done_at.year) == ("call", "done", asha, 2025)
    assert counts(bring("crm.activity", text)) == (0, 0, 2, 1, 0)
    of = bring("crm.note", "Text,Contact\nLikes tea,asha@c.example\n")
    assert (counts(of), Activity.objects.get(kind="note").subject) == ((1, 0, 0, 0, 0), "Likes tea")
    of = reverted(of, administrator, run_jobs)
    assert not Activity.objects.alive().filter(kind="note").exists()


def test_tags_consent_and_suppressions_come_in_and_go_again(bring, administrator, run_jobs):
    ContactFactory(email="asha@c.example")
    of = bring("crm.tag", 'Contact,Tags\nasha@c.example,"fair, vip"\nnobody@c.example,vip\n')
    assert counts(of) == (0, 1, 0, 1, 0), list(of.lines.values("problem"))
    assert reverted(of, administrator, run_jobs).reverted_count == 1
    text = "Address,Given,When,Where\nasha@c.example,given,2026-01-02 10:00,Fair\nben@c.example,withdrawn,2026-01-03,Phone\nnot one,given,2026-01-03,Fair\nd@c.example,given,2999-01-01,Fair\n"
    of = bring("crm.consent", text)
    assert counts(of) == (2, 0, 0, 2, 0), list(of.lines.values("problem"))
    assert sorted(Consent.objects.values_list("point__value", "granted")) == [
        ("asha@c.example", True),
        ("ben@c.example", False),
    ]
    assert counts(bring("crm.consent", text)) == (0, 0, 2, 2, 0)
    reverted(of, administrator, run_jobs)
    assert not Consent.objects.exists()
    of = bring("crm.suppression", "Address,Cause,Reason\nold@c.example,Bounced,gone\n")
    assert (counts(of), Suppression.objects.get().cause) == ((1, 0, 0, 0, 0), "bounce")
    reverted(of, administrator, run_jobs)
    assert Suppression.objects.get().lifted_at is not None
