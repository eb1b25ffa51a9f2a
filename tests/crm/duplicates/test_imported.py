"""An import judges by the rules of the company, as pages, forms, API and search do; what it makes all the same can be reviewed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.access.depths import Depth
from crm.actions import imports as actions
from crm.actions.duplicate_search import begin_search
from crm.actions.duplicates import dismiss_duplicate
from crm.models import Account, Contact, Duplicate, DuplicateRule, Import, Role
from crm.queries.duplicates import hits_of
from tests.crm import test_imports
from tests.crm.test_imports import _files, checked, counts, imported  # noqa: F401
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

HEADER = "First name,Last name,Email,Mobile,Phone,Company,Country\n"
PEOPLE = {
    "number": "Jo,Other,jo@else.example,,+49 30 555111,,\n",
    "number+name": "ASHA,Rao,asha@else.example,+49 30 555111,,,\n",
    "name+company": "Asha,Rao,,,,Acme Inc.,\n",
    "name+domain": "Asha,Rao,a.rao@acme.example,,,,\n",
}


@pytest.fixture
def asha(db):
    return ContactFactory(
        first_name="Asha", last_name="Rao", email="asha@acme.example", company_name="ACME GmbH", phone="+49 30 555111"
    )


def pairs():
    return set(Duplicate.objects.values_list("first_id", "second_id", "reasons", "found_by", "status"))


@pytest.mark.parametrize("key", PEOPLE)
def test_a_line_is_like_somebody_known_by_every_rule_in_use(key, asha, administrator, run_jobs):
    of = checked(HEADER + PEOPLE[key], administrator, run_jobs)
    assert (counts(of), of.lines.get().like_id) == ((0, 0, 0, 0, 1), asha.pk)
    assert of.lines.get().problem.startswith(f"Possibly the same as “Asha Rao” (id {asha.pk}): same ")
    DuplicateRule.objects.filter(key__in=[key, "number"]).update(is_active=False)
    assert counts(checked(HEADER + PEOPLE[key], administrator, run_jobs, name="again.csv")) == (1, 0, 0, 0, 0)


def test_a_line_says_every_reason_but_names_nobody_whom_the_importer_may_not_see(asha, administrator, run_jobs):
    text = HEADER + "Asha,Rao,rao@acme.example,+49 30 555111,,Acme,\n"
    said = "same mobile +49 30 555111, same mail domain acme.example and same name and company"
    assert checked(text, administrator, run_jobs).lines.get().problem == (
        f"Possibly the same as “Asha Rao” (id {asha.pk}): {said}."
    )
    asha.owner = UserFactory(team=TeamFactory(), roles=["rep"])
    asha.save()
    Role.objects.get(key="manager").grants.filter(resource="crm.contact", verb="view").update(depth=Depth.TEAM)
    of = checked(text, UserFactory(team=TeamFactory(), roles=["manager"]), run_jobs)
    assert of.lines.get().problem == f"Possibly the same as a record that you may not see: {said}."


def test_what_too_many_share_says_nothing_to_an_import_either(administrator, run_jobs):
    for _ in range(4):
        ContactFactory(phone="+49 30 123456")
    line = HEADER + "Jo,Other,jo@else.example,,+49 30 123456,,\n"
    assert counts(checked(line, administrator, run_jobs))[4] == 1
    DuplicateRule.objects.filter(key="number").update(largest_group=4)
    assert counts(checked(line, administrator, run_jobs, name="again.csv")) == (1, 0, 0, 0, 0)
    assert hits_of("crm.contact", [{"last_name": "Other", "phone": "+49 30 123456"}]) == [[]]


def test_sent_to_the_queue_new_people_wait_there_with_their_reasons(asha, administrator, run_jobs):
    of = imported(HEADER + "".join(PEOPLE.values()), administrator, run_jobs, doubtful="queue")
    assert counts(of) == (4, 0, 0, 0, 0)
    emails = dict(Contact.objects.values_list("pk", "email"))
    assert {(emails[second], reasons) for first, second, reasons, *_ in pairs() if first == asha.pk} == {
        ("jo@else.example", "number"),
        ("asha@else.example", "number+name,number"),
        ("", "name+company"),
        ("a.rao@acme.example", "name+domain"),
    }
    assert {pair[3:] for pair in pairs()} == {("import", "open")}


def test_two_new_people_of_one_file_are_raised_as_well_and_as_the_search_would(administrator, run_jobs):
    lines = "".join(f"Asha,Rao,asha{n}@firm{n}.example,,+49 30 555111,,\n" for n in range(3))
    imported(HEADER + lines, administrator, run_jobs, doubtful="queue")
    raised = {pair[:3] for pair in pairs()}
    first, second, third = Contact.objects.order_by("pk").values_list("pk", flat=True)
    keys = "number+name,number"
    assert raised == {(first, second, keys), (first, third, keys), (second, third, keys)}
    Duplicate.objects.all().delete()
    begin_search(by=administrator)
    run_jobs()
    assert {pair[:3] for pair in pairs()} == {(first, second, keys), (first, third, keys)}


def test_created_all_the_same_nobody_is_asked_to_look(asha, administrator, run_jobs):
    of = imported(HEADER + PEOPLE["number"], administrator, run_jobs, doubtful="create")
    assert (counts(of), pairs()) == ((1, 0, 0, 0, 0), set())


def test_a_number_that_a_whole_file_shares_raises_nobody(administrator, run_jobs):
    lines = "".join(f"P{n},Rao{n},p{n}@c{n}.example,,+49 30 555111,,\n" for n in range(30))
    imported(HEADER + lines, administrator, run_jobs, doubtful="queue")
    assert pairs() == set()


def test_accounts_and_the_accounts_that_contacts_bring_along_wait_in_the_queue(administrator, run_jobs, monkeypatch):
    acme = AccountFactory(name="ACME GmbH", vat_id="DE 123456789")
    imported(HEADER + "Jo,Other,jo@else.example,,,Acme Inc.,\n", administrator, run_jobs, doubtful="queue")
    made = Account.objects.get(name="Acme Inc.")
    assert pairs() == {(acme.pk, made.pk, "name", "import", "open")}
    start = actions.start_import
    monkeypatch.setattr(test_imports, "start_import", lambda file, name, by: start(file, name, by, kind="crm.account"))
    text = "Name,VAT ID\nOther,de123456789\n"
    of = imported(text, administrator, run_jobs, doubtful="queue")
    assert counts(of) == (1, 0, 0, 0, 0)
    other = Account.objects.get(name="Other")
    assert (acme.pk, other.pk, "vat", "import", "open") in pairs()


def test_leads_of_people_who_are_like_somebody_wait_in_the_queue(asha, administrator, run_jobs, monkeypatch):
    start = actions.start_import
    monkeypatch.setattr(test_imports, "start_import", lambda file, name, by: start(file, name, by, kind="sales.lead"))
    text = "Topic,First name,Last name,Phone\nDemo,Asha,Rao,+49 30 555111\n"
    assert counts(imported(text, administrator, run_jobs))[0] == 1
    made = Contact.objects.exclude(pk=asha.pk).get()
    assert {pair[:3] for pair in pairs()} == {(asha.pk, made.pk, "number+name,number")}


def test_a_pair_that_was_judged_before_a_worker_died_stays_judged(asha, administrator, run_jobs):
    of = imported(HEADER + PEOPLE["number"], administrator, run_jobs, doubtful="queue")
    dismiss_duplicate(Duplicate.objects.get(), by=administrator)
    again = imported(HEADER + PEOPLE["number"].replace("Other", "Changed"), administrator, run_jobs, doubtful="queue")
    assert counts(again) == (0, 1, 0, 0, 0)
    assert Duplicate.objects.get().status == "dismissed"
    assert Import.objects.filter(pk=of.pk, status="done").exists()


def test_likeness_costs_the_same_queries_for_one_line_and_for_many(administrator, run_jobs):
    def queries(count):
        lines = "".join(f"P{n},Rao{n},p{count}-{n}@c{n}.example,,+49 30 {count}{n:04},,\n" for n in range(count))
        with CaptureQueriesContext(connection) as caught:
            imported(HEADER + lines, administrator, run_jobs, doubtful="queue", name=f"{count}.csv")
        return len([one for one in caught.captured_queries if "duplicate" in one["sql"]])

    queries(2)  # the search of this night runs with it
    assert queries(1) == queries(40) > 0
