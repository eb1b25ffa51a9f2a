"""When people take leads: their own page, the manager's, and who may see whose."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.hooks.handover import Request, hand_over
from sales.models import Absence, Lead, Seller
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
MINE = reverse("sales:availability")
WEEK = {"form": "week", "days": ["0", "1", "2"], "works_from": "08:30", "works_to": "16:00"}


def test_a_rep_says_when_they_work_but_not_how_much(client, rep):
    client.force_login(rep)
    assert client.post(MINE, {**WEEK, "capacity": "1"}).status_code == 302
    seller = Seller.objects.get(user=rep)
    assert (seller.days, seller.works_from.hour, seller.capacity) == ([0, 1, 2], 8, None)
    assert "Most open leads" not in client.get(MINE).text


def test_a_day_that_ends_when_it_begins_is_refused_at_its_field(client, rep):
    client.force_login(rep)
    answer = client.post(MINE, {**WEEK, "works_to": "08:30"})
    assert answer.status_code == 422
    assert "The day must end at another time than it begins." in answer.text


def test_a_rep_notes_an_absence_and_takes_it_away(client, rep):
    client.force_login(rep)
    today = timezone.localdate()
    wrong = {"form": "absence", "first_day": today, "last_day": today - timedelta(days=1)}
    assert "It cannot end before it begins." in client.post(MINE, wrong).text
    client.post(MINE, {"form": "absence", "first_day": today, "last_day": today + timedelta(days=3), "note": "Alps"})
    assert "Alps" in client.get(MINE).text
    (receipt,) = hand_over([Request("a", ContactFactory().pk, "Webinar")])
    assert Lead.objects.get(pk=receipt.lead).unassigned_because == "away"
    client.post(reverse("sales:absence-remove", args=[Absence.objects.get().pk]))
    assert not Absence.objects.exists()


def test_nobody_takes_away_the_absence_of_somebody_elses(client, rep):
    other = Absence.objects.create(
        user=UserFactory(roles=["rep"]), first_day=date(2030, 1, 1), last_day=date(2030, 1, 2)
    )
    client.force_login(rep)
    assert client.post(reverse("sales:absence-remove", args=[other.pk])).status_code == 404


def test_a_manager_sees_the_sellers_of_the_own_teams_and_sets_what_they_can_work(client, manager, rep):
    south = UserFactory(name="Sam South", team=TeamFactory(name="South"), roles=["rep"])
    client.force_login(manager)
    page = client.get(reverse("sales:sellers")).text
    assert "Rita Rep" in page
    assert "Sam South" not in page
    assert client.get(reverse("sales:seller", args=[south.pk])).status_code == 404
    client.post(reverse("sales:seller", args=[rep.pk]), {**WEEK, "capacity": "30"})
    assert Seller.objects.get(user=rep).capacity == 30
    assert "Mon–Wed 08:30–16:00" in client.get(reverse("sales:sellers")).text


def test_a_rep_sees_no_list_of_sellers(client, rep):
    client.force_login(rep)
    assert client.get(reverse("sales:sellers")).status_code == 403


@pytest.mark.parametrize("number", [1, 12])
def test_the_page_of_sellers_costs_the_same_however_many(client, manager, team, number, django_assert_max_num_queries):
    for at in range(number):
        seller = UserFactory(team=team, roles=["rep"])
        Seller.objects.create(user=seller, days=[0], capacity=at)
    client.force_login(manager)
    with django_assert_max_num_queries(16):
        client.get(reverse("sales:sellers"))
