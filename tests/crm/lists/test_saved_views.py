"""Views that people keep: for themselves, for a team, for everybody; which one a list opens with; who may change them."""

import pytest

from crm.models import DefaultView, SavedView
from tests.factories.crm import AccountFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = "/lists/crm.account/views/new/"


@pytest.fixture
def colleague(team):
    return UserFactory(name="Carl Colleague", team=team, roles=["rep"])


@pytest.fixture
def stranger(db):
    return UserFactory(name="Sven Stranger", team=TeamFactory(), roles=["rep"])


@pytest.fixture
def switcher(client):
    """switcher(user): the names of the kept views that the list of accounts offers them."""

    def look(user):
        client.force_login(user)
        groups = dict(client.get("/accounts/?view=all").context["list"].asked.shelf.groups)
        return [view.label for name in ("mine", "shared") for view in groups.get(name, [])]

    return look


def keep(owner, name="Hotels in Köln", shared="private", **fields):
    fields.setdefault("team", owner.team if shared == "team" else None)
    return SavedView.objects.create(
        kind="crm.account", name=name, owner=owner, shared=shared, query="city=Köln&sort=-name", **fields
    )


def test_what_the_page_shows_is_kept_under_a_name_and_shown_again(client, rep):
    client.force_login(rep)
    for name, city in (("Dom", "Köln"), ("Alster", "Hamburg"), ("Rhein", "Köln")):
        AccountFactory(name=name, city=city)
    answer = client.post(
        f"{NEW}?city=K%C3%B6ln&sort=-name&columns=name,city&after=x", {"name": " In  Köln ", "shared": "private"}
    )
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.shared, answer["Location"]) == (
        "In Köln",
        rep,
        "private",
        f"/accounts/?view={view.pk}",
    )
    shown = client.get(answer["Location"]).context["list"]
    assert [account.name for account in shown.page] == ["Rhein", "Dom"]
    assert [column.label for column in shown.columns] == ["Name", "City"]
    assert not shown.asked.is_changed


def test_a_view_without_a_name_says_so_at_its_field(client, rep):
    client.force_login(rep)
    answer = client.post(NEW, {"name": "   ", "shared": "private"})
    assert (answer.status_code, answer.context["form"].errors["name"]) == (422, ["This field is required."])
    assert not SavedView.objects.exists()


def test_who_sees_a_view_is_for_its_owner_to_say(switcher, rep, colleague, stranger):
    keep(rep, "Mine")
    keep(rep, "Ours", shared="team")
    keep(rep, "All of us", shared="everybody")
    assert switcher(rep) == ["All of us", "Mine", "Ours"]
    assert switcher(colleague) == ["All of us", "Ours"]
    assert switcher(stranger) == ["All of us"]


def test_a_view_that_one_may_not_see_is_not_there(client, rep, stranger):
    view = keep(rep, shared="team")
    client.force_login(stranger)
    said = client.get(f"/accounts/?view={view.pk}")
    assert (said.status_code, said.context["list"].problems[0][1]) == (
        400,
        "This view does not exist any more, or it is not shared with you.",
    )
    for address in (f"/views/{view.pk}/", f"/views/{view.pk}/update/", f"/views/{view.pk}/delete/"):
        assert client.post(address, {"name": "Stolen", "shared": "private"}).status_code == 404
    assert client.post("/lists/crm.account/views/default/", {"view": view.pk}).status_code == 404
    assert str(SavedView.objects.get()) == "Hotels in Köln"


def test_a_rep_shares_with_the_team_and_not_with_everybody(client, rep):
    client.force_login(rep)
    assert [value for value, _ in client.get(NEW).context["form"].fields["shared"].choices] == ["private", "team"]
    refused = client.post(NEW, {"name": "For all", "shared": "everybody"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["shared"])
    client.post(NEW, {"name": "For us", "shared": "team"})
    assert SavedView.objects.get().team == rep.team


def test_others_change_a_view_only_where_its_owner_lets_them(client, rep, colleague):
    closed, opened = keep(rep, "Closed", shared="team"), keep(rep, "Open", shared="team", others_may_change=True)
    client.force_login(colleague)
    refused = client.post(f"/views/{closed.pk}/", {"name": "Taken", "shared": "team"})
    assert (refused.status_code, "“Closed” belongs to Rita Rep." in refused.content.decode()) == (403, True)
    client.post(f"/views/{closed.pk}/update/?view={closed.pk}&city=Bonn")
    client.post(f"/views/{closed.pk}/delete/")
    client.post(f"/views/{opened.pk}/update/?view={opened.pk}&city=Bonn")
    queries = dict(SavedView.objects.values_list("name", "query"))
    assert queries["Closed"] == "city=Köln&sort=-name"
    assert queries["Open"] == "city=Bonn&sort=-name"


def test_a_manager_keeps_the_views_of_everybody_in_order(client, rep, manager):
    view = keep(rep, shared="everybody")
    client.force_login(manager)
    client.post(f"/views/{view.pk}/", {"name": "Hotels", "shared": "everybody"})
    assert SavedView.objects.get().name == "Hotels"
    client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_the_list_opens_with_the_view_one_chose_and_nobody_elses(client, rep, colleague):
    view = keep(rep, shared="team")
    client.force_login(rep)
    client.post("/lists/crm.account/views/default/", {"view": view.pk})
    assert client.get("/accounts/")["Location"] == f"/accounts/?view={view.pk}"
    assert client.get("/accounts/?q=dom").status_code == 200
    client.force_login(colleague)
    assert client.get("/accounts/").status_code == 200
    client.force_login(rep)
    client.post("/lists/crm.account/views/default/", {"view": ""})
    assert client.get("/accounts/").status_code == 200


def test_a_new_view_can_be_the_one_to_open_with(client, rep):
    client.force_login(rep)
    client.post(f"{NEW}?city=Bonn", {"name": "Bonn", "shared": "private", "is_default": "on"})
    assert client.get("/accounts/")["Location"] == f"/accounts/?view={SavedView.objects.get().pk}"


def test_a_default_that_is_gone_or_no_longer_shared_opens_the_list_as_it_came(client, rep, colleague):
    shared, deleted = keep(rep, shared="team"), keep(rep, "Old", shared="team")
    client.force_login(colleague)
    client.post("/lists/crm.account/views/default/", {"view": shared.pk})
    client.force_login(rep)
    client.post(f"/views/{shared.pk}/", {"name": "Mine again", "shared": "private"})
    client.post("/lists/crm.account/views/default/", {"view": deleted.pk})
    client.post(f"/views/{deleted.pk}/delete/")
    assert client.get("/accounts/").status_code == 200
    assert not DefaultView.objects.filter(user=rep).exists()
    client.force_login(colleague)
    assert client.get("/accounts/").status_code == 200
