"""A cell edited in its place: the row comes back as it is now; what is wrong, locked or stale is said where it stands."""

import json

import pytest

from tests.factories.crm import AccountFactory, ContactFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cell(client, rep):
    """cell(record, name, …): the answer to a value that is posted there, as the list does it."""
    client.force_login(rep)

    def post(record, name, value, *, version=None, seen="", columns="name,city"):
        kind = record._meta.label_lower
        data = {"value": value, "version": version or record.version, "seen": seen, "columns": columns}
        return client.post(f"/lists/{kind}/{record.pk}/cells/{name}/", data, headers={"HX-Request": "true"})

    return post


def test_a_value_is_saved_and_its_row_comes_back_with_the_columns_that_are_shown(cell, rep):
    account = AccountFactory(name="Northwind", city="Bonn", owner=rep)
    answer = cell(account, "city", "Köln", seen="Bonn", columns="city,name")
    account.refresh_from_db()
    assert (answer.status_code, account.city, answer["HX-Retarget"]) == (200, "Köln", f"#row-{account.pk}")
    assert [cell.split('data-cell="')[1].split('"')[0] for cell in answer.context["row"].cells] == ["city", "name"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("employees", "many", "Enter a whole number."),
        ("name", "  ", "This field is required."),
        ("website", "javascript:alert(1)", "Enter a valid URL."),
        ("country", "XX", "Select a valid choice. XX is not one of the available choices."),
    ],
)
def test_a_value_that_cannot_be_is_told_at_the_cell_and_stays_typed(cell, rep, name, value, said):
    account = AccountFactory(name="Northwind", owner=rep)
    answer = cell(account, name, value)
    assert answer.status_code == 422
    assert answer.context["form"].errors["value"] == [said]
    assert answer.context["form"]["value"].value() == value
    account.refresh_from_db()
    assert (account.name, account.version) == ("Northwind", 1)


def test_two_people_in_one_cell_see_both_values_and_the_second_decides(cell, client, rep, manager):
    account = AccountFactory(name="Northwind", city="Bonn", owner=rep)
    client.force_login(manager)
    cell(account, "city", "Hamburg", seen="Bonn")
    client.force_login(rep)
    answer = cell(account, "city", "Köln", seen="Bonn", version=1)
    conflict = answer.context["conflict"]
    assert (answer.status_code, conflict.who, conflict.theirs, conflict.yours) == (
        412,
        "Max Manager",
        "Hamburg",
        "Köln",
    )
    account.refresh_from_db()
    assert account.city == "Hamburg"
    again = answer.context["form"]
    cell(account, "city", "Köln", seen=again["seen"].value(), version=again["version"].value())
    account.refresh_from_db()
    assert account.city == "Köln"


def test_two_people_in_two_cells_of_a_row_lose_nothing(cell, client, rep, manager):
    account = AccountFactory(name="Northwind", city="Bonn", industry="Retail", owner=rep)
    client.force_login(manager)
    cell(account, "industry", "Health", seen="Retail")
    client.force_login(rep)
    assert cell(account, "city", "Köln", seen="Bonn", version=1).status_code == 200
    account.refresh_from_db()
    assert (account.industry, account.city) == ("Health", "Köln")


def test_the_record_of_another_team_is_read_and_not_written(cell, client):
    account = AccountFactory(name="Northwind", city="Bonn", owner=UserFactory(roles=["rep"]))
    assert cell(account, "city", "Köln", seen="Bonn").status_code == 403
    answer = client.get(f"/lists/crm.account/{account.pk}/cells/city/", headers={"HX-Request": "true"})
    assert "form" not in (answer.context or {})
    account.refresh_from_db()
    assert account.city == "Bonn"


def test_what_one_may_not_see_has_no_cells(cell, client, rep):
    contact = ContactFactory()
    assert cell(contact, "city", "Köln").status_code == 404
    assert client.get(f"/lists/crm.contact/{contact.pk}/?columns=name").status_code == 404
    assert cell(AccountFactory(owner=rep), "no_such", "x").status_code == 404


def test_a_cell_that_is_set_by_a_command_says_so_and_is_no_door(cell, client, rep):
    deal = OpportunityFactory(owner=rep)
    answer = client.get(f"/lists/sales.opportunity/{deal.pk}/cells/status/", headers={"HX-Request": "true"})
    toast = json.loads(answer["HX-Trigger"])["tandem:toast"]
    assert toast["text"] == "“Status” is set by a command or by Tandem itself, not by typing."
    assert cell(deal, "status", "won").status_code in (403, 422)
    deal.refresh_from_db()
    assert deal.status == "open"


def test_an_inactive_record_is_read_only_in_the_list_too(cell, rep):
    account = AccountFactory(name="Northwind", city="Bonn", owner=rep, is_active=False)
    assert cell(account, "city", "Köln", seen="Bonn").status_code in (403, 422)
    account.refresh_from_db()
    assert account.city == "Bonn"
