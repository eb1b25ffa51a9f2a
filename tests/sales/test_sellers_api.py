"""When people take leads, by the API: their own, their manager's, and nobody else's."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from sales.models import Absence, Seller
from tests.factories.crm import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
SELLERS, ABSENCES = "/api/v1/sellers/", "/api/v1/absences/"


def send(client, method, path, body=None):
    return getattr(client, method)(path, body, content_type="application/json")


@pytest.fixture
def elsewhere(db):
    return UserFactory(name="Sam South", team=TeamFactory(name="South"), roles=["rep"])


def test_a_manager_lists_the_sellers_of_the_own_teams_and_sets_hours_and_capacity(
    client, manager, rep, team, elsewhere
):
    client.force_login(manager)
    listed = client.get(SELLERS, {"team": team.pk}).json()["results"]
    assert "Sam South" not in [one["name"] for one in listed]
    week = {"days": [0, 1], "works_from": "08:00", "works_to": "16:00", "capacity": 20}
    told = send(client, "patch", f"{SELLERS}{rep.pk}/", week)
    assert told.status_code == 200
    assert (told.json()["days"], told.json()["capacity"], told.json()["works_from"]) == ([0, 1], 20, "08:00:00")
    assert send(client, "patch", f"{SELLERS}{rep.pk}/", {"capacity": None}).json()["days"] == [0, 1]
    assert Seller.objects.get(user=rep).capacity is None
    assert client.get(f"{SELLERS}{elsewhere.pk}/").status_code == 404
    assert send(client, "patch", f"{SELLERS}{elsewhere.pk}/", {"days": []}).status_code == 404


def test_a_rep_reads_and_sets_the_own_hours_alone_and_not_how_much(client, rep, manager, elsewhere):
    client.force_login(rep)
    assert [one["id"] for one in client.get(SELLERS).json()["results"]] == [rep.pk]
    assert send(client, "patch", f"{SELLERS}{rep.pk}/", {"days": [4]}).json()["days"] == [4]
    refused = send(client, "patch", f"{SELLERS}{rep.pk}/", {"capacity": 1})
    assert (refused.status_code, "manager" in refused.text) == (403, True)
    assert Seller.objects.get(user=rep).capacity is None
    for other in (manager, elsewhere):
        assert send(client, "patch", f"{SELLERS}{other.pk}/", {"days": [4]}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": [7]}, "days"),
        ({"days": [1, 1]}, "days"),
        ({"works_from": "09:00", "works_to": "09:00"}, "works_to"),
        ({"works_from": "noon"}, "works_from"),
        ({"capacity": -1}, "capacity"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(client, manager, rep, wrong, field):
    client.force_login(manager)
    answer = send(client, "patch", f"{SELLERS}{rep.pk}/", wrong)
    assert answer.status_code == 400
    assert field in answer.text
    assert not Seller.objects.exists()


def test_an_absence_is_noted_seen_and_taken_away(client, rep, manager):
    client.force_login(rep)
    today = timezone.localdate()
    wrong = send(client, "post", ABSENCES, {"first_day": str(today), "last_day": str(today - timedelta(days=1))})
    assert (wrong.status_code, "cannot end before it begins" in wrong.text) == (400, True)
    noted = send(client, "post", ABSENCES, {"first_day": str(today), "last_day": str(today + timedelta(days=3))})
    assert (noted.status_code, noted.json()["user"]) == (201, rep.pk)
    told = client.get(f"{SELLERS}{rep.pk}/").json()
    assert (told["is_available"], told["state"].startswith("Away until")) == (False, True)
    client.force_login(manager)
    assert len(client.get(ABSENCES, {"on": str(today), "user": rep.pk}).json()["results"]) == 1
    assert client.get(ABSENCES, {"on": str(today - timedelta(days=9))}).json()["results"] == []
    assert send(client, "delete", f"{ABSENCES}{noted.json()['id']}/").status_code == 204
    assert not Absence.objects.exists()


def test_nobody_notes_sees_or_takes_away_the_absence_of_somebody_elses(client, rep, manager, elsewhere):
    theirs = Absence.objects.create(user=elsewhere, first_day=date(2030, 1, 1), last_day=date(2030, 1, 2))
    days = {"first_day": "2030-01-01", "last_day": "2030-01-02"}
    for who, other in ((rep, manager), (rep, elsewhere), (manager, elsewhere)):
        client.force_login(who)
        assert send(client, "post", ABSENCES, {**days, "user": other.pk}).status_code == 400
        assert client.get(f"{ABSENCES}{theirs.pk}/").status_code == 404
        assert send(client, "delete", f"{ABSENCES}{theirs.pk}/").status_code == 404
    assert Absence.objects.count() == 1


def test_without_signing_in_there_is_nothing(client, rep):
    assert client.get(SELLERS).status_code in (401, 403)
    assert client.get(ABSENCES).status_code in (401, 403)


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_costs_the_same_however_many(client, manager, team, number, django_assert_max_num_queries):
    for _each in range(number):
        UserFactory(team=team, roles=["rep"])
    client.force_login(manager)
    with django_assert_max_num_queries(16):
        client.get(SELLERS)
