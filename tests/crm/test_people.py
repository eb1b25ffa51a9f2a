"""Set-up: users, teams, roles with their grants, the company."""

import pytest

from crm.models import Company, Role, RoleGrant, User
from tests.factories.crm import TeamFactory

pytestmark = pytest.mark.django_db


def test_an_administrator_adds_a_user_who_can_sign_in(client, administrator):
    client.force_login(administrator)
    rep = Role.objects.get(key="rep")
    team = TeamFactory()
    answer = client.post(
        "/admin/crm/user/add/",
        {"name": "Rita Rep", "email": "Rita@x.example", "time_zone": "UTC", "password": "a long secret 7", "team": team.pk,
         "roles": [rep.pk], "is_active": "on"},
    )  # fmt: skip
    assert answer.status_code == 302
    rita = User.objects.get(email="rita@x.example")
    assert list(rita.roles.all()) == [rep]
    assert client.login(email="rita@x.example", password="a long secret 7")


def test_a_manager_reads_users_but_changes_none(client, manager, rep):
    client.force_login(manager)
    assert client.get("/admin/crm/user/").status_code == 200
    assert client.get("/admin/crm/user/add/").status_code == 403
    assert client.post(f"/admin/crm/user/{rep.pk}/change/", {"name": "Hacked"}).status_code == 403


def test_a_marketer_does_not_open_the_set_up_of_people(client, marketer):
    client.force_login(marketer)
    for path in ("/admin/crm/user/", "/admin/crm/role/", "/admin/crm/company/1/change/"):
        assert client.get(path).status_code in (302, 403), path


def test_the_grants_of_a_role_are_edited_as_a_table(client, administrator):
    client.force_login(administrator)
    role = Role.objects.get(key="rep")
    page = client.get(f"/admin/crm/role/{role.pk}/change/")
    form = page.context["adminform"].form
    data = {
        "name": role.name,
        "takes_leads": "on",
        **{n: form[n].value() for n in form.fields if n.startswith("grant")},
    }
    answer = client.post(f"/admin/crm/role/{role.pk}/change/", {**data, "grant:crm.contact:view": 4})
    assert answer.status_code == 302
    assert RoleGrant.objects.get(role=role, resource="crm.contact", verb="view").depth == 4
    assert RoleGrant.objects.get(role=role, resource="crm.account", verb="change").depth == 2


def test_the_company_is_one_page_of_settings(client, administrator):
    client.force_login(administrator)
    assert client.get("/admin/crm/company/", follow=True).status_code == 200
    facts = {
        "name": "Northwind",
        "base_currency": "EUR",
        "time_zone": "UTC",
        "fiscal_year_starts": 1,
        "country": "de",
        "bin_days": 90,
    }
    client.post("/admin/crm/company/add/", facts)
    assert Company.objects.get().country == "DE"
    assert client.get("/admin/crm/company/")["Location"] == "/admin/crm/company/1/change/"


def test_the_lists_stay_under_twenty_queries(client, administrator, rep, manager, django_assert_max_num_queries):
    client.force_login(administrator)
    for path in ("/admin/", "/admin/crm/user/", "/admin/crm/team/", "/admin/crm/role/", "/admin/crm/currency/"):
        client.get(path)
        with django_assert_max_num_queries(20):
            assert client.get(path).status_code == 200
