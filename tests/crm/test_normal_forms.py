"""Names, numbers and companies in one normal form; every writer keeps the forms, or marks the row so that a job makes them."""

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from crm.models import Account, Contact
from crm.normal import folded_company, folded_person, mail_domain, web_domain
from tests.factories.crm import AccountFactory, ContactFactory

SAME_COMPANY = [
    ["ACME GmbH & Co. KG", "Acme", "acme, Inc.", "The Acme Company Ltd."],
    ["Novo Nordisk A/S", "NOVO NORDISK AS", "Nordisk Novo"],
    ["Żubr Sp. z o.o.", "zubr"],
    ["ООО «Ромашка»", "Ромашка"],
    ["Müller & Söhne OHG", "Soehne und Mueller", "MULLER, SOHNE"],
    ["I.B.M. Corp.", "IBM", "I B M"],
    ["株式会社トヨタ", "ﾄﾖﾀ"],
    ["Crédit Agricole S.A.", "credit agricole"],
]
SAME_PERSON = [
    [("Hans", "Müller"), ("Dr. Hans", "Mueller"), ("", "MÜLLER, Hans"), ("Hans Muller", "")],
    [("Bjørn", "Ødegård"), ("bjorn", "odegard")],
    [("José", "O’Neill"), ("Jose", "ONeill")],
    [("محمد", "علي"), ("مُحَمَّد", "علي")],
]


@pytest.mark.parametrize("names", SAME_COMPANY)
def test_a_company_is_the_same_without_case_accents_legal_form_and_order_of_words(names):
    assert len({folded_company(name) for name in names}) == 1


@pytest.mark.parametrize("names", SAME_PERSON)
def test_a_person_is_the_same_without_case_accents_title_and_order_of_names(names):
    assert len({folded_person(*name) for name in names}) == 1


def test_names_that_are_nothing_but_a_legal_form_or_a_title_stay_what_they_are():
    assert (folded_company("AG"), folded_person("", "Dr.")) == ("ag", "dr")


def test_vowel_signs_of_indian_scripts_are_letters():
    assert folded_person("", "कि") != folded_person("", "का")


def test_a_domain_is_the_same_without_www_port_and_path_and_free_mail_says_nothing():
    assert web_domain("https://www.Acme.example:8080/de/?x=1") == web_domain("acme.example") == "acme.example"
    assert (web_domain("http://[::1"), mail_domain("Asha@GMAIL.com"), mail_domain("a@Acme.Example")) == (
        "", "", "acme.example",
    )  # fmt: skip


@given(st.text(max_size=400))
def test_whatever_is_typed_has_a_form_that_fits_its_column(text):
    assert len(folded_company(text)) <= 200
    assert folded_person(text, text) == folded_person(f"{text} {text}")


def forms_of(pk):
    return Contact.objects.values_list("mobile_normal", "phone_normal", "name_key", "company_key", "mail_domain").get(
        pk=pk
    )


ASHA = {
    "first_name": "Asha", "last_name": "Rao", "email": "asha@rao.example", "company_name": "Rao Ltd.",
    "mobile": "098765 43210", "phone": "022 2345 6789", "country": "IN",
}  # fmt: skip
FORMS_OF_ASHA = ("+919876543210", "+912223456789", "asha rao", "rao", "rao.example")


@pytest.mark.parametrize("write", ["save", "create many", "update by set", "save some fields"])
def test_every_way_to_write_a_contact_ends_in_the_same_forms(write, db, run_jobs):
    match write:
        case "save":
            pk = Contact.objects.create(**ASHA).pk
        case "create many":
            pk = Contact.objects.bulk_create([Contact(**ASHA)])[0].pk
        case "update by set":
            pk = ContactFactory().pk
            Contact.objects.filter(pk=pk).update(**ASHA)
            run_jobs()
        case "save some fields":
            contact = ContactFactory()
            for name, value in ASHA.items():
                setattr(contact, name, value)
            contact.save(update_fields=list(ASHA))
            pk = contact.pk
    assert forms_of(pk) == FORMS_OF_ASHA


def test_bulk_update_marks_what_it_changed_and_a_job_makes_the_forms(db, run_jobs):
    contacts = [ContactFactory(), ContactFactory()]
    for contact in contacts:
        contact.phone = "022 2345 6789"
    Contact.objects.bulk_update(contacts, ["phone"])
    run_jobs()
    assert set(Contact.objects.values_list("phone_normal", flat=True)) == {"+912223456789"}


def test_an_update_of_something_else_leaves_the_forms_alone(db):
    contact = ContactFactory()
    Contact.objects.filter(pk=contact.pk).update(description="x")
    assert not Contact.objects.without_forms().exists()


def test_the_company_of_a_contact_is_its_accounts_name_and_follows_it(db, run_jobs):
    account = AccountFactory(name="Nordwind GmbH")
    contact = ContactFactory(account=account, company_name="As she wrote it")
    assert forms_of(contact.pk)[3] == "nordwind"
    account.name = "Südwind AG"
    account.save()
    run_jobs()
    assert forms_of(contact.pk)[3] == "sudwind"
    Account.objects.filter(pk=account.pk).update(name="Westwind")
    run_jobs()
    assert forms_of(contact.pk)[3] == "westwind"


def test_an_account_keeps_name_domain_phone_and_vat_id_in_normal_form(db):
    account = AccountFactory(
        name="Nordwind GmbH", website="https://www.nordwind.example/", phone="030 123456", country="DE", vat_id="de 123.456-789"
    )  # fmt: skip
    account.refresh_from_db()
    assert (account.name_key, account.domain, account.phone_normal, account.vat_normal) == (
        "nordwind", "nordwind.example", "+4930123456", "DE123456789",
    )  # fmt: skip


def test_the_command_names_a_stale_row_and_mends_it(db, capsys):
    contact = ContactFactory(**ASHA)
    Contact.objects.filter(pk=contact.pk).update(phone_normal="+1", normal_version=1)
    with pytest.raises(CommandError):
        call_command("normal_forms")
    assert capsys.readouterr().out == f"contact {contact.pk}: phone_normal is “+1”, not “+912223456789”\n"
    call_command("normal_forms", mend=True)
    assert forms_of(contact.pk) == FORMS_OF_ASHA
    call_command("normal_forms")


def test_whether_rows_wait_for_their_forms_is_asked_of_an_index(db):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a small table without its index")
    with connection.cursor() as sql:
        sql.execute(f"EXPLAIN QUERY PLAN {Contact.objects.without_forms().order_by('pk').values('pk').query}")
        assert "contact_without_forms" in str(sql.fetchall())
