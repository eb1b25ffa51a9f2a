"""A person may have roles at several companies: shown on both pages, edited there and by the API, told by both histories."""

from datetime import date

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from crm.actions.account_roles import add_account_role, change_account_role, remove_account_role
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.models import AccountRole
from crm.queries.history import history_of
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(owner=rep, first_name="Asha", last_name="Rao", account=AccountFactory(name="Northwind"))


@pytest.fixture
def bank():
    return AccountFactory(name="City Bank")


def side(client, record):
    return client.get(reverse("crm:record-side", args=[record._meta.label_lower, record.pk])).text


def test_a_role_is_added_from_the_person_and_shown_on_both_pages(client, rep, asha, bank):
    client.force_login(rep)
    answer = client.post(
        reverse("crm:account-role-add", args=["crm.contact", asha.pk]),
        {"other": bank.pk, "role": " Board  member ", "starts_on": "2026-01-01"},
    )
    assert answer.status_code == 302
    held = AccountRole.objects.get()
    assert (held.contact, held.account, held.role, held.created_by) == (asha, bank, "Board member", rep)
    assert "City Bank" in side(client, asha)
    assert "Asha Rao" in side(client, bank)
    assert asha.account.name == "Northwind"


def test_it_is_changed_and_taken_off_from_the_account(client, manager, asha, bank):
    bank.owner = manager
    bank.save()
    held = add_account_role(asha, bank, role="Adviser", by=manager)
    client.force_login(manager)
    address = f"{reverse('crm:account-role', args=[held.pk])}?on=crm.account"
    answer = client.post(address, {"role": "Adviser", "ends_on": "2026-06-30"})
    assert answer.url == bank.get_absolute_url()
    assert AccountRole.objects.get().ends_on == date(2026, 6, 30)
    client.post(reverse("crm:account-role-remove", args=[held.pk]))
    assert not AccountRole.objects.exists()


def test_the_histories_of_both_tell_of_it(rep, asha, bank):
    held = add_account_role(asha, bank, role="Adviser", by=rep)
    change_account_role(held, role="Chair", by=rep)
    remove_account_role(held, by=rep)
    told = [(c.field, c.before, c.after) for e in history_of(bank, rep).events[:3] for c in e.changes]
    assert told == [
        ("Role with Asha Rao", "Chair", ""),
        ("Role with Asha Rao", "Adviser", "Chair"),
        ("Role with Asha Rao", "", "Adviser"),
    ]
    assert history_of(asha, rep).events[0].changes[0].field == "Role with City Bank"


def test_the_same_role_twice_and_an_end_before_the_start_are_refused(rep, asha, bank):
    add_account_role(asha, bank, role="Adviser", by=rep)
    with pytest.raises(Invalid, match="is “Adviser” at City Bank already"):
        add_account_role(asha, bank, role="Adviser", by=rep)
    with pytest.raises(Invalid, match="cannot end before it starts"):
        add_account_role(asha, bank, role="Chair", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1), by=rep)
    with pytest.raises(Invalid, match="Say what the person is there"):
        add_account_role(asha, bank, role="  ", by=rep)


def test_an_inactive_person_gets_no_role_and_a_stranger_gives_none(rep, asha, bank):
    with pytest.raises(NotAllowed, match="read-only"):
        add_account_role(ContactFactory(owner=rep, is_active=False), bank, role="Chair", by=rep)
    with pytest.raises(Forbidden):
        add_account_role(asha, bank, role="Chair", by=UserFactory(team=TeamFactory(), roles=["rep"]))


def test_whoever_does_not_see_the_person_does_not_see_the_role(client, rep, asha, bank):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()), last_name="Secret")
    add_account_role(hidden, bank, role="Chair", by=UserFactory(is_superuser=True))
    client.force_login(rep)
    assert "Secret" not in side(client, bank)
    assert client.get(reverse("crm:account-role", args=[AccountRole.objects.get().pk])).status_code == 404


def test_the_api_adds_lists_changes_and_removes(rep, asha, bank):
    api = APIClient()
    api.force_authenticate(rep)
    made = api.post("/api/v1/account-roles/", {"contact": asha.pk, "account": bank.pk, "role": "Chair"})
    assert made.status_code == 201
    assert api.get(f"/api/v1/account-roles/?contact={asha.pk}").data["results"][0]["role"] == "Chair"
    address = f"/api/v1/account-roles/{made.data['id']}/"
    assert api.patch(address, {"ends_on": "2026-06-30"}).data["ends_on"] == "2026-06-30"
    again = api.post("/api/v1/account-roles/", {"contact": asha.pk, "account": bank.pk, "role": "Chair"})
    assert (again.status_code, again.data["errors"][0]["path"]) == (400, "role")
    assert api.delete(address).status_code == 204
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    assert (
        api.post("/api/v1/account-roles/", {"contact": hidden.pk, "account": bank.pk, "role": "x"}).status_code == 400
    )
