"""The shell: doors by role, search, notifications, tokens, profile, errors, the first set-up."""

import re

import pytest
from django.urls import reverse

from crm.actions.notifications import mark_read, notify, notify_many
from crm.models import ApiToken, Company, Notification, User
from crm.web.context import Shell
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


def doors_of(rf, user):
    request = rf.get("/")
    request.user = user
    return {area.name: [door.label for door in area.doors] for area in Shell(request).areas}


def test_a_rep_sees_of_the_set_up_only_what_is_about_the_own_records(rf, rep):
    doors = doors_of(rf, rep)
    assert doors.get("setup") == ["Exports", "Duplicates"]
    assert {"Accounts", "Contacts", "Activities", "Calendar"} <= set(doors["sales"])


def test_an_administrator_sees_the_set_up(rf, administrator):
    assert {"Users", "Teams", "Roles", "Company", "Currencies"} <= set(doors_of(rf, administrator)["setup"])


def test_every_door_leads_to_a_page(client, administrator):
    from crm.hooks.navigation import doors

    client.force_login(administrator)
    wrong = {}
    for door in doors():
        answer = client.get(reverse(door.url), follow=True)
        if answer.status_code != 200:
            wrong[door.name] = answer.status_code
    assert wrong == {}


def test_the_admin_is_closed_to_a_rep_with_a_sentence(client, rep):
    client.force_login(rep)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "your role does not open them" in answer.content.decode()


def test_home_leads_each_to_their_day(client, rep, marketer):
    client.force_login(rep)
    assert client.get("/")["Location"] == "/my-work/"
    client.force_login(marketer)
    assert client.get("/")["Location"] == "/admin/"


def test_search_finds_records_and_commands(client, rep):
    ContactFactory(first_name="Asha", last_name="Rao", owner=rep)
    AccountFactory(name="Raoville", owner=rep)
    ContactFactory(last_name="Raohidden")
    client.force_login(rep)
    groups = {g.label: [h.title for h in g.hits] for g in client.get("/search/?q=rao").context["groups"]}
    assert groups["Contacts"] == ["Asha Rao"]
    assert groups["Accounts"] == ["Raoville"]
    doors = {g.label: [h.title for h in g.hits] for g in client.get("/search/found/?q=new+contact").context["groups"]}
    assert doors["Go to and do"] == ["New contact"]


def test_search_takes_anything_that_is_typed(client, rep):
    client.force_login(rep)
    for text in ("", "%", "' OR 1=1 --", "ä" * 3000, "\x00"):
        assert client.get("/search/", {"q": text}).status_code == 200


def test_a_notification_is_shown_counted_and_read_once(client, rep):
    notify(rep, "You have a new lead.", "/contacts/", "user-plus", key="lead:1")
    notify(rep, "You have a new lead.", "/contacts/", "user-plus", key="lead:1")
    client.force_login(rep)
    assert ">1</span>" in client.get("/notifications/bell/").content.decode()
    note = Notification.objects.get()
    assert client.get(f"/notifications/{note.pk}/")["Location"] == "/contacts/"
    assert "bell-count" not in client.get("/notifications/bell/").content.decode()
    assert mark_read(rep) == 0


def test_a_notification_never_leads_to_another_site_and_belongs_to_one(client, rep, manager):
    notify_many([rep, manager], "Look", "https://evil.example/")
    note = Notification.objects.get(user=rep)
    client.force_login(rep)
    assert client.get(f"/notifications/{note.pk}/")["Location"] == "/notifications/"
    client.force_login(manager)
    assert client.get(f"/notifications/{note.pk}/").status_code == 404


def test_a_token_is_shown_once_works_and_is_revoked(client, rep):
    client.force_login(rep)
    answer = client.post("/settings/tokens/", {"name": "Website", "may": "read", "days": 30})
    text = answer.context["made"]
    assert text.startswith("tdm_")
    assert text not in client.get("/settings/tokens/").content.decode()
    client.logout()
    bearer = {"authorization": f"Bearer {text}"}
    assert client.get("/api/v1/contacts/", headers=bearer).status_code == 200
    client.force_login(rep)
    client.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/")
    client.logout()
    assert client.get("/api/v1/contacts/", headers=bearer).status_code == 401


def test_times_are_shown_in_the_zone_of_the_profile(client, rep):
    client.force_login(rep)
    wrong = client.post("/settings/profile/", {"name": "Rita", "time_zone": "Mars/Base"})
    assert wrong.status_code == 422
    client.post("/settings/profile/", {"name": "Rita", "time_zone": "Asia/Kolkata"})
    rep.refresh_from_db()
    assert rep.time_zone == "Asia/Kolkata"


def test_what_is_not_there_is_404_in_the_shell(client, rep):
    client.force_login(rep)
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_no_page_carries_inline_script_or_style(client, rep, administrator):
    contact = ContactFactory(owner=rep)
    client.force_login(administrator)
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=|\son[a-z]+="
    )  # JSON is data
    for path in (
        "/contacts/",
        contact.get_absolute_url(),
        "/contacts/new/",
        "/calendar/",
        "/admin/",
        "/admin/crm/user/add/",
    ):
        assert inline.findall(client.get(path).content.decode()) == [], path


def test_signing_in_by_email_whatever_the_case(client, rep):
    answer = client.post("/auth/login/", {"login": "RITA@tandem.example", "password": "correct horse"})
    assert answer.status_code == 302
    wrong = client.post("/auth/login/", {"login": rep.email, "password": "nope"})
    assert wrong.status_code in (200, 302)


def test_nobody_signs_up_by_themselves(client, rep):
    answer = client.get("/auth/signup/")
    assert "Accounts are given by an administrator" in answer.content.decode()


ADA = {
    "your_name": "Ada Admin", "email": "Ada@Northwind.example", "password": "a long secret 7", "password_again": "a long secret 7",
    "name": "Northwind GmbH", "street": "Ring 1", "postal_code": "10115", "city": "Berlin", "country": "de",
    "vat_id": "DE123", "base_currency": "EUR", "time_zone": "Europe/Berlin", "fiscal_year_starts": 4,
}  # fmt: skip


def test_the_first_start_makes_the_administrator_and_the_company(client, db):
    assert client.get("/contacts/")["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", ADA)["Location"] == "/"
    ada, company = User.objects.get(), Company.objects.get()
    assert (ada.email, ada.is_superuser, ada.time_zone) == ("ada@northwind.example", True, "Europe/Berlin")
    assert [role.key for role in ada.roles.all()] == ["administrator"]
    assert (company.name, company.country, company.fiscal_year_starts) == ("Northwind GmbH", "DE", 4)
    assert client.get("/contacts/").status_code == 200
    assert client.get("/setup/")["Location"] == "/"


def test_the_first_start_tells_what_is_wrong_and_keeps_the_rest(client, db):
    answer = client.post("/setup/", {**ADA, "password_again": "other", "email": "nonsense", "name": ""})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"password_again", "email", "name"}
    assert 'value="Ring 1"' in answer.content.decode()
    assert not User.objects.exists()


def test_set_up_is_closed_once_somebody_is_there(client, db):
    UserFactory()
    assert client.get("/setup/")["Location"] == "/"
    assert client.post("/setup/", ADA)["Location"] == "/"
    assert User.objects.count() == 1


def test_every_icon_of_a_door_or_a_kind_is_in_the_sprite():
    from pathlib import Path

    from crm.hooks.navigation import doors
    from crm.hooks.search import sources
    from crm.log.kinds import all_kinds

    listed = set(Path("frontend/icons.txt").read_text().split())
    used = {door.icon for door in doors()} | {kind.icon for kind in all_kinds()} | {source.icon for source in sources()}
    assert sorted(used - listed) == []
