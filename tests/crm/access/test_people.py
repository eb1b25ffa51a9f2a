"""Users and teams in the set-up: rights by role, reactivated, moved in the tree, never the last administrator away."""

import pytest
from allauth.account.models import EmailAddress

from crm.models import Role, Team, User
from tests.factories.crm import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def form_of(client, path):
    form = client.get(path).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: [getattr(one, "pk", one) for one in value] if hasattr(value, "__iter__") and not isinstance(value, str) else value for name, value in data.items()}  # fmt: skip
    return {name: value for name, value in data.items() if value is not None and value is not False}


def test_what_somebody_may_do_and_by_which_role(client, administrator, rep):
    junior = Role.objects.create(name="Junior", key="junior")
    junior.grants.create(resource="crm.contact", verb="view", depth=4)
    rep.roles.add(junior)
    client.force_login(administrator)
    page = client.get(f"/admin/crm/user/{rep.pk}/rights/")
    rights = {str(label): cells for section in page.context["sections"] for label, cells in section.rows}
    assert (rights["Contacts"][0].depth.name, rights["Contacts"][0].roles) == ("ALL", ["Junior"])
    assert (rights["Contacts"][2].depth.name, rights["Contacts"][2].roles) == ("TEAM", ["Sales rep"])
    assert (rights["Company settings"][0].depth.name, rights["Company settings"][0].roles) == ("NONE", [])


def test_the_table_of_rights_is_what_the_queries_do(administrator, rep, manager, marketer):
    from crm.access.depths import ALL_VERBS, depth_of
    from crm.hooks.resources import resources
    from crm.queries.rights import rights_of

    for user in (administrator, rep, manager, marketer):
        shown = {str(label): cells for section in rights_of(user) for label, cells in section.rows}
        for resource in resources.values():
            cells = dict(zip(ALL_VERBS, shown[str(resource.label)], strict=True))
            for verb in resource.verbs:
                assert cells[verb].depth == depth_of(user, resource.name, verb), (user, resource.name, verb)


def test_the_last_administrator_stays(client):
    ada = UserFactory(roles=["administrator"])
    client.force_login(ada)
    page = f"/admin/crm/user/{ada.pk}/change/"
    answer = client.post(page, {**form_of(client, page), "roles": []})
    assert answer.status_code == 409
    assert "this would remove the last one" in answer.content.decode()
    assert [role.key for role in ada.roles.all()] == ["administrator"]
    UserFactory(roles=["administrator"])
    assert client.post(page, {**form_of(client, page), "roles": []}).status_code == 302


def test_nobody_is_deleted(client, administrator, rep):
    client.force_login(administrator)
    assert client.post(f"/admin/crm/user/{rep.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=rep.pk).exists()


def test_somebody_who_left_is_let_in_again(client, administrator, rep):
    User.objects.filter(pk=rep.pk).update(is_active=False)
    client.force_login(administrator)
    assert "Let them in again" in client.get(f"/admin/crm/user/{rep.pk}/change/").content.decode()
    client.post(f"/admin/crm/user/{rep.pk}/reactivate/")
    assert User.objects.get(pk=rep.pk).is_active
    again = client.post(f"/admin/crm/user/{rep.pk}/reactivate/", follow=True)
    assert "is active already" in again.content.decode()


def test_a_manager_looks_but_does_not_act(client, manager, rep):
    client.force_login(manager)
    assert client.get(f"/admin/crm/user/{rep.pk}/rights/").status_code == 200
    for what in ("reactivate", "sign-out", "second-factor"):
        assert client.post(f"/admin/crm/user/{rep.pk}/{what}/").status_code == 403, what


def test_a_changed_address_is_the_only_one(client, administrator, rep):
    EmailAddress.objects.create(user=rep, email=rep.email, verified=True, primary=True)
    client.force_login(administrator)
    page = f"/admin/crm/user/{rep.pk}/change/"
    client.post(page, {**form_of(client, page), "email": "new@tandem.example"})
    assert not EmailAddress.objects.exists()
    client.logout()
    assert client.post("/auth/login/", {"login": "rita@tandem.example", "password": "correct horse"}).status_code == 200
    assert client.post("/auth/login/", {"login": "new@tandem.example", "password": "correct horse"}).status_code == 302


def test_teams_stand_as_a_tree_with_their_people(client, administrator, team, rep):
    top = TeamFactory(name="Sales", manager=administrator)
    team.parent = top
    team.save()
    client.force_login(administrator)
    page = client.get("/admin/crm/team/")
    (sales,) = [branch for branch in page.context["tree"] if branch.team == top]
    assert [(b.team, b.people) for b in sales.below] == [(team, [rep])]
    assert sales.total == 1


def test_a_team_cannot_be_moved_below_itself(client, administrator):
    top = TeamFactory(name="Top")
    middle = TeamFactory(name="Middle", parent=top)
    low = TeamFactory(name="Low", parent=middle)
    client.force_login(administrator)
    page = f"/admin/crm/team/{top.pk}/change/"
    for below in (top, middle, low):
        answer = client.post(page, {**form_of(client, page), "parent": below.pk})
        assert answer.status_code == 200
        assert "cannot be below" in answer.content.decode()
    assert Team.objects.get(pk=top.pk).parent is None
    page = f"/admin/crm/team/{low.pk}/change/"
    assert client.post(page, {**form_of(client, page), "parent": top.pk}).status_code == 302
    assert Team.objects.get(pk=low.pk).parent == top


def test_whoever_is_chosen_moves_into_the_team(client, administrator, team, rep, sven):
    client.force_login(administrator)
    page = f"/admin/crm/team/{team.pk}/change/"
    client.post(page, {**form_of(client, page), "members": [sven.pk]})
    assert (User.objects.get(pk=sven.pk).team, User.objects.get(pk=rep.pk).team) == (team, None)


def test_the_lists_of_people_stay_under_twenty_queries(client, administrator, rep, django_assert_max_num_queries):
    client.force_login(administrator)
    for path in ("/admin/crm/user/", "/admin/crm/team/", f"/admin/crm/user/{rep.pk}/rights/", "/admin/crm/apitoken/"):
        client.get(path)
        with django_assert_max_num_queries(20):
            assert client.get(path).status_code == 200
