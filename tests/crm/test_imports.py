"""The importer: a file becomes contacts once, whatever its shape, and says what it could not use."""

import io
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.utils import timezone

from crm import carrying
from crm.actions.consent import withdraw_consent
from crm.actions.imports import cancel_import, check_import, map_import, revert_import, run_import, start_import
from crm.errors import CrmError, Forbidden, Invalid, NotAllowed
from crm.imports import work
from crm.imports.files import error_rows
from crm.imports.kinds import contacts
from crm.models import Account, Consent, Contact, Import, Interaction, Notification
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory

pytestmark = pytest.mark.django_db

NO_COUNTRY = "Country: “Atlantis” is not a country we know. Write it as two letters (IN) or by name (India)."
HEADER = "First name,Last name,Email,Company,Country,City\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def people(count, start=0):
    return "".join(
        f"Asha{n},Rao{n},asha{n}@customer.example,Company {n % 10},{'IN' if n % 2 else 'Germany'},Pune\n"
        for n in range(start, start + count)
    )


def begin(text, by, name="people.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return start_import(io.BytesIO(data), name, by)


def checked(text, by, run_jobs, name="people.csv", **options):
    of = begin(text, by, name)
    of = map_import(of, mapping=of.mapping, by=by, **options)
    check_import(of, by=by)
    run_jobs()
    return Import.objects.get(pk=of.pk)


def imported(text, by, run_jobs, name="people.csv", **options):
    of = checked(text, by, run_jobs, name, **options)
    run_import(of, by=by)
    run_jobs()
    return Import.objects.get(pk=of.pk)


def counts(of):
    return (of.created_count, of.updated_count, of.unchanged_count, of.error_count, of.skipped_count)


def test_a_file_becomes_contacts_with_their_accounts(administrator, run_jobs):
    AccountFactory(name="company 3")
    of = imported(HEADER + people(25), administrator, run_jobs)
    assert (of.status, counts(of), of.handled) == ("done", (25, 0, 0, 0, 0), 25)
    asha = Contact.objects.get(email="asha3@customer.example")
    assert (asha.first_name, asha.last_name, asha.country, asha.city) == ("Asha3", "Rao3", "IN", "Pune")
    assert (asha.account.name, asha.owner, asha.created_by) == ("company 3", administrator, administrator)
    assert Contact.objects.get(email="asha4@customer.example").country == "DE"
    assert Account.objects.count() == 10
    assert Notification.objects.get().text == "“people.csv” is imported: 25 new, 0 updated, 0 with errors."


@pytest.mark.parametrize(("encoding", "mark"), [("latin-1", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b"")])
def test_a_german_spreadsheet_with_semicolons_becomes_contacts_with_their_umlauts(
    administrator, run_jobs, encoding, mark
):
    text = "Vorname;Nachname;E-Mail;Firma;Ort\nJörg;Müßig;joerg@kunde.example;Gärtner & Söhne;Köln\n"
    of = begin(mark + text.encode(encoding), administrator, "kunden.csv")
    mapping = {"0": "first_name", "1": "last_name", "2": "email", "3": "account", "4": "city"}
    of = map_import(of, mapping=mapping, by=administrator)
    check_import(of, by=administrator)
    run_jobs()
    run_import(of, by=administrator)
    run_jobs()
    joerg = Contact.objects.get(email="joerg@kunde.example")
    assert (joerg.first_name, joerg.last_name, joerg.city) == ("Jörg", "Müßig", "Köln")
    assert joerg.account.name == "Gärtner & Söhne"


def test_a_check_touches_nobody(administrator, run_jobs):
    of = checked(HEADER + people(5), administrator, run_jobs)
    assert (of.status, counts(of)) == ("checked", (5, 0, 0, 0, 0))
    assert not Contact.objects.exists()
    assert not Account.objects.exists()


def test_a_second_run_of_the_same_file_changes_nothing(administrator, run_jobs):
    imported(HEADER + people(20), administrator, run_jobs)
    before = list(Contact.objects.order_by("pk").values_list("pk", "version"))
    of = imported(HEADER + people(20), administrator, run_jobs)
    assert counts(of) == (0, 0, 20, 0, 0)
    assert list(Contact.objects.order_by("pk").values_list("pk", "version")) == before


def test_a_known_person_is_updated_and_blanks_in_the_file_leave_what_is_known(administrator, run_jobs):
    known = ContactFactory(
        email="Asha1@Customer.example ", first_name="Asha", last_name="Old", city="Delhi", country="IN"
    )
    of = imported("Email,Last name,City\nasha1@customer.example,New,\n", administrator, run_jobs)
    assert counts(of) == (0, 1, 0, 0, 0)
    known.refresh_from_db()
    assert (known.last_name, known.city, known.first_name, known.version) == ("New", "Delhi", "Asha", 2)


def test_the_history_says_what_an_import_changed_from_what_to_what(administrator, run_jobs):
    known = ContactFactory(email="asha1@customer.example", last_name="Old", city="Delhi")
    LogEntry.objects.all().delete()
    of = imported(
        "Email,Last name,City\nasha1@customer.example,New,Delhi\nben@customer.example,Ben,\n", administrator, run_jobs
    )
    update = LogEntry.objects.get(object_pk=str(known.pk), action=LogEntry.Action.UPDATE)
    assert update.changes == {"last_name": ["Old", "New"]}
    assert update.actor == administrator
    assert update.additional_data == {"source": "import", "about": "people.csv", "of": f"crm.import:{of.pk}"}
    new = LogEntry.objects.get(action=LogEntry.Action.CREATE, content_type__model="contact")
    assert new.changes == {"last_name": ["None", "Ben"], "email": ["None", "ben@customer.example"]}
    assert new.object_repr == "Ben"


def test_the_log_hears_of_everybody_who_came_or_changed(administrator, run_jobs):
    of = imported(HEADER + people(3), administrator, run_jobs)
    rows = Interaction.objects.filter(kind="contact.imported", source_type="crm.import", source_id=of.pk)
    assert {row.contact.email for row in rows} == set(Contact.objects.values_list("email", flat=True))
    assert rows[0].data == {"file": "people.csv", "is_new": True, "quiet": "import"}


def test_a_person_who_stands_twice_in_a_file_is_made_once(administrator, run_jobs):
    of = imported(
        "Email,Last name\nasha@customer.example,Rao\nASHA@customer.example,Rao\n\nasha@customer.example,R.\n",
        administrator,
        run_jobs,
    )
    assert counts(of) == (1, 0, 0, 0, 2)
    assert [line.problem for line in of.lines.filter(verdict="skip")] == [
        "The same person stands in line 2.",
        "The same person stands in line 2.",
    ]
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("policy", "expected"), [("both", (1, 1, 0, 0, 0)), ("create", (1, 0, 0, 0, 1)), ("update", (0, 1, 0, 0, 1))]
)
def test_the_policy_says_whether_to_create_or_to_update(administrator, run_jobs, policy, expected):
    ContactFactory(email="asha@customer.example", last_name="Old")
    text = "Email,Last name\nasha@customer.example,New\nben@customer.example,Ben\n"
    assert counts(imported(text, administrator, run_jobs, policy=policy)) == expected


def test_lines_with_errors_say_why_and_can_be_downloaded_and_mended(administrator, run_jobs):
    text = (
        "Email;Last name;Country;Note\n"
        "asha@customer.example;Rao;IN;fine\n"
        "not an address;Rao;IN;=1+1\n"
        "ben@customer.example;;IN;\n"
        "cleo@customer.example;Cleo;Atlantis;\n"
        ";Dora;IN;\n"
        f"eve@customer.example;{'x' * 101};IN;\n"
    )
    of = imported(text, administrator, run_jobs)
    assert counts(of) == (2, 0, 0, 4, 0)
    assert list(error_rows(of))[:5] == [
        ["Email", "Last name", "Country", "Note", "Line", "Problem"],
        ["not an address", "Rao", "IN", "=1+1", 3, "Email: “not an address” is not an email address."],
        ["ben@customer.example", "", "IN", "", 4, "Last name is missing."],
        ["cleo@customer.example", "Cleo", "Atlantis", "", 5, NO_COUNTRY],
        ["eve@customer.example", "x" * 101, "IN", "", 7, "Last name has 101 characters; 100 is the most."],
    ]


def test_one_bad_address_in_ten_costs_only_those(administrator, run_jobs):
    lines = [f"asha{n}@customer.example,Rao\n" if n % 10 else "broken@,Rao\n" for n in range(100)]
    of = imported("Email,Last name\n" + "".join(lines), administrator, run_jobs)
    assert counts(of) == (90, 0, 0, 10, 0)


def test_consent_that_is_claimed_goes_to_the_ledger_and_overrules_nobody(administrator, run_jobs):
    withdraw_consent("asha1@customer.example", source="by phone")
    day = timezone.localdate() - timedelta(days=3)
    imported(HEADER + people(3), administrator, run_jobs, consent={"source": "Trade fair", "given_on": day})
    given = Consent.objects.filter(granted=True, is_current=True)
    assert sorted(c.point.value for c in given) == ["asha0@customer.example", "asha2@customer.example"]
    assert (given[0].source, given[0].given_at.date(), given[0].recorded_by) == ("Trade fair", day, administrator)


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        ({"source": "", "given_on": "2026-01-01"}, "consent.source"),
        ({"source": "Fair", "given_on": "yesterday"}, "consent.given_on"),
        ({"source": "Fair", "given_on": "2999-01-01"}, "consent.given_on"),
    ],
)
def test_a_claim_of_consent_needs_a_source_and_a_day(administrator, claim, field):
    of = begin(HEADER + people(1), administrator)
    with pytest.raises(Invalid) as problem:
        map_import(of, mapping=of.mapping, consent=claim, by=administrator)
    assert problem.value.field == field


def test_a_formula_stays_text(administrator, run_jobs):
    imported('Email,Last name\nasha@customer.example,"=HYPERLINK(""http://evil"")"\n', administrator, run_jobs)
    assert Contact.objects.get().last_name == '=HYPERLINK("http://evil")'


def test_the_mapping_is_remembered_for_the_next_file_with_the_same_header(administrator, run_jobs):
    header = "Mail,Wer,Wo\n"
    of = begin(header + "asha@customer.example,Rao,Pune\n", administrator)
    assert of.mapping == {"0": "email"}
    map_import(of, mapping={"0": "email", "1": "last_name", "2": "city"}, by=administrator)
    check_import(of, by=administrator)
    run_jobs()
    assert begin(header + "ben@customer.example,Ben,Goa\n", administrator).mapping == {
        "0": "email",
        "1": "last_name",
        "2": "city",
    }


def test_cancelling_keeps_what_is_done_and_the_rest_can_be_run_later(administrator, run_jobs, monkeypatch):
    monkeypatch.setattr(contacts.IMPORTER.work, "run_batch", 10)
    monkeypatch.setattr(carrying, "LONGEST", timedelta(0))
    of = checked(HEADER + people(35), administrator, run_jobs)
    of = run_import(of, by=administrator)
    work.work_on(of.pk)
    cancel_import(of, by=administrator)
    run_jobs()
    of.refresh_from_db()
    assert (of.status, Contact.objects.count()) == ("cancelled", 10)
    run_import(of, by=administrator)
    run_jobs()
    of.refresh_from_db()
    assert (of.status, counts(of), Contact.objects.count()) == ("done", (35, 0, 0, 0, 0), 35)


def test_a_worker_that_dies_between_two_batches_loses_and_doubles_nothing(administrator, run_jobs, monkeypatch):
    monkeypatch.setattr(contacts.IMPORTER.work, "run_batch", 10)
    of = checked(HEADER + people(30), administrator, run_jobs)
    run_import(of, by=administrator)
    real = work._count

    def dies(of_, span):
        if span.low > 11:
            raise KeyboardInterrupt
        real(of_, span)

    monkeypatch.setattr(work, "_count", dies)
    with pytest.raises(KeyboardInterrupt):
        work.work_on(of.pk)
    assert Contact.objects.count() == 10
    monkeypatch.setattr(work, "_count", real)
    run_jobs(later=timedelta(minutes=1))
    of.refresh_from_db()
    assert (of.status, counts(of), Contact.objects.count()) == ("done", (30, 0, 0, 0, 0), 30)
    assert Interaction.objects.filter(kind="contact.imported").count() == 30


def test_somebody_who_came_between_check_and_run_is_not_doubled(administrator, run_jobs):
    of = checked(HEADER + people(3), administrator, run_jobs)
    ContactFactory(email="asha1@customer.example", last_name="Rao1")
    run_import(of, by=administrator)
    run_jobs()
    of.refresh_from_db()
    assert (counts(of), Contact.objects.count()) == ((2, 1, 0, 0, 0), 3)


def test_a_marketer_who_may_not_create_accounts_keeps_the_company_as_text(marketer, run_jobs):
    AccountFactory(name="Company 1")
    imported(HEADER + people(3), marketer, run_jobs)
    assert Account.objects.count() == 1
    assert Contact.objects.get(email="asha1@customer.example").account.name == "Company 1"
    other = Contact.objects.get(email="asha2@customer.example")
    assert (other.account, other.company_name) == (None, "Company 2")
    assert counts(imported(HEADER + people(3), marketer, run_jobs)) == (0, 0, 3, 0, 0)


def test_a_manager_cannot_change_people_of_another_team_by_import(manager, run_jobs):
    theirs = ContactFactory(email="asha@customer.example", last_name="Old", owner=UserFactory(roles=["rep"]))
    of = imported("Email,Last name\nasha@customer.example,New\n", manager, run_jobs)
    assert counts(of) == (0, 0, 0, 1, 0)
    theirs.refresh_from_db()
    assert theirs.last_name == "Old"


def test_a_rep_may_not_import(rep):
    with pytest.raises(Forbidden):
        begin(HEADER + people(1), rep)


def test_only_a_checked_import_can_be_run(administrator):
    of = begin(HEADER + people(1), administrator)
    with pytest.raises(NotAllowed):
        run_import(of, by=administrator)


def test_a_mobile_number_gets_its_normal_form(administrator, run_jobs):
    imported("Email,Name,Mobile,Country\nasha@customer.example,Asha Rao,0151 23456789,DE\n", administrator, run_jobs)
    asha = Contact.objects.get()
    assert (asha.first_name, asha.last_name, asha.mobile_normal) == ("Asha", "Rao", "+4915123456789")


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"2": "email"}, "No column is mapped to “Last name” or “Full name”"),
        ({"2": "email", "1": "last_name", "0": "last_name"}, "Two columns are mapped to “Last name”."),
        ({"2": "email", "1": "last_name", "99": "city"}, "The file has no column number 99"),
        ({"2": "email", "1": "shoe_size"}, "“shoe_size” is nothing that a column can become."),
    ],
)
def test_a_mapping_that_cannot_work_says_why(administrator, mapping, sentence):
    of = begin(HEADER + people(1), administrator)
    with pytest.raises(CrmError) as problem:
        map_import(of, mapping=mapping, by=administrator)
    assert problem.value.message.startswith(sentence)


def test_a_file_that_breaks_off_in_the_middle_fails_with_a_sentence_and_imports_nobody(administrator, run_jobs):
    of = checked(HEADER + people(3) + 'Zoe,"Zed,' + "x" * 200_000, administrator, run_jobs)
    assert of.status == "failed"
    assert of.problem.startswith("The file cannot be read from line 5 on")
    assert not Contact.objects.exists()
    told = Notification.objects.get()
    assert (told.user, told.kind, told.text) == (
        administrator,
        "work",
        f"“people.csv” could not go on: {of.problem}"[:300],
    )


def test_the_flags_of_another_system_come_in_and_go_back_with_a_revert(administrator, run_jobs):
    ben = ContactFactory(first_name="Ben", email="ben@customer.example", do_not_email=True)
    cai = ContactFactory(first_name="Cai", last_name="Ito", email="cai@customer.example")
    lines = "Asha,Rao,asha@customer.example,yes,\nBen,Lee,ben@customer.example,no,yes\nCai,Ito,cai@customer.example,,\n"
    of = imported("First name,Last name,Email,Do not allow Emails,Do not call\n" + lines, administrator, run_jobs)
    assert of.mapping == {"0": "first_name", "1": "last_name", "2": "email", "3": "do_not_email", "4": "do_not_phone"}

    def flags():
        rows = Contact.objects.alive().order_by("pk").values_list("first_name", "do_not_email", "do_not_phone")
        return {name: (email, phone) for name, email, phone in rows}

    assert flags() == {"Ben": (False, True), "Cai": (False, False), "Asha": (True, False)}
    told = LogEntry.objects.filter(object_id=ben.pk, action=LogEntry.Action.UPDATE).get().changes
    assert {name: change for name, change in told.items() if name.startswith("do_")} == {
        "do_not_email": ["True", "False"],
        "do_not_phone": ["False", "True"],
    }
    again = imported("Last name,Email,Do not email\nIto,cai@customer.example,no\n", administrator, run_jobs)
    assert again.unchanged_count == 1
    revert_import(of, by=administrator)
    run_jobs()
    assert flags() == {"Ben": (True, False), "Cai": (cai.do_not_email, False)}
