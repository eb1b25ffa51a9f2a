"""Roles in the admin: further verbs, the matrix, copies, and no way to lock everybody out."""

import pytest

from crm.access.depths import Depth
from crm.hooks.resources import grant_defaults, resources
from crm.models import Role, RoleGrant
from tests.factories.crm import UserFactory

pytestmark = pytest.mark.django_db


def posted(client, path):
    """The form of a role as the browser would send it back."""
    form = client.get(path).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in data.items() if value is not None and value is not False}


def test_a_new_verb_begins_as_deep_as_its_kin_for_every_role_and_what_was_set_stays():
    role = Role.objects.create(name="Inside sales", key="inside")
    RoleGrant.objects.create(role=role, resource="crm.contact", verb="change", depth=Depth.BRANCH)
    RoleGrant.objects.filter(verb__in=["assign", "share"]).delete()
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="export").update(depth=Depth.NONE)
    grant_defaults()
    depths = dict(RoleGrant.objects.filter(role=role, resource="crm.contact").values_list("verb", "depth"))
    assert depths == {"change": 3, "assign": 3, "share": 3}
    assert RoleGrant.objects.get(role__key="rep", resource="crm.contact", verb="assign").depth == Depth.TEAM
    assert RoleGrant.objects.get(role__key="rep", resource="crm.contact", verb="export").depth == Depth.NONE


def test_the_administrator_reaches_every_verb_of_every_resource():
    held = set(RoleGrant.objects.filter(role__key="administrator", depth=4).values_list("resource", "verb"))
    assert {(r.name, verb) for r in resources.values() for verb in r.verbs} == held


def test_the_matrix_has_a_cell_for_each_verb_that_a_resource_has(client, administrator):
    client.force_login(administrator)
    role = Role.objects.get(key="rep")
    page = client.get(f"/admin/crm/role/{role.pk}/change/")
    text = page.content.decode()
    assert text.count('<span class="grant"><select') == sum(len(r.verbs) for r in resources.values())
    assert 'aria-label="Contacts: Merge"' in text
    assert 'aria-label="Campaigns: Merge"' not in text
    data = posted(client, f"/admin/crm/role/{role.pk}/change/")
    client.post(f"/admin/crm/role/{role.pk}/change/", {**data, "grant:crm.contact:export": 0})
    assert RoleGrant.objects.get(role=role, resource="crm.contact", verb="export").depth == 0


def test_a_manager_reads_the_matrix(client, manager):
    client.force_login(manager)
    page = client.get(f"/admin/crm/role/{Role.objects.get(key='rep').pk}/change/")
    assert page.status_code == 200
    assert "<select" not in page.content.decode().split('class="module grants"')[1].split("</section>")[0]


def test_a_copy_begins_as_the_other_one_is(client, administrator):
    client.force_login(administrator)
    rep = Role.objects.get(key="rep")
    data = posted(client, f"/admin/crm/role/add/?copy={rep.pk}")
    assert data["name"] == "Copy of Sales rep"
    assert client.post("/admin/crm/role/add/", {**data, "key": "junior"}).status_code == 302
    junior = Role.objects.get(key="junior")
    depths = [set(role.grants.filter(depth__gt=0).values_list("resource", "verb", "depth")) for role in (rep, junior)]
    assert depths[0] == depths[1]
    assert junior.takes_leads


def test_nobody_takes_the_last_right_to_change_users_away(client):
    """Here no superuser is left: the role alone makes administrators."""
    ada = UserFactory(roles=["administrator"])
    client.force_login(ada)
    role = Role.objects.get(key="administrator")
    data = posted(client, f"/admin/crm/role/{role.pk}/change/")
    answer = client.post(f"/admin/crm/role/{role.pk}/change/", {**data, "grant:crm.user:change": 0})
    assert answer.status_code == 409
    assert RoleGrant.objects.get(role=role, resource="crm.user", verb="change").depth == 4
    assert client.post(f"/admin/crm/role/{role.pk}/delete/", {"post": "yes"}).status_code == 409
    selected = {"action": "delete_selected", "_selected_action": [role.pk], "post": "yes"}
    assert client.post("/admin/crm/role/", selected).status_code == 409
    assert Role.objects.filter(pk=role.pk).exists()
