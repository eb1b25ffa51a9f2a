"""Competitors: written down once, named in deals, and what was won and lost against them."""

from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from crm.search.finding import find
from sales.actions.closing import lose_opportunity, win_opportunity
from sales.actions.competitors import put_into_deal
from sales.models import Competitor, Rivalry
from tests.factories.crm import TeamFactory, UserFactory
from tests.factories.deals import CompetitorFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def volta(rep):
    return CompetitorFactory(name="Volta", strengths="Large fleet", weaknesses="Slow repairs", owner=rep)


def test_a_rep_writes_one_down_and_nobody_writes_it_down_twice(client, rep):
    client.force_login(rep)
    url = reverse("sales:competitor-new")
    client.post(url, {"name": "Volta", "website": "https://volta.example", "weaknesses": "Slow repairs"})
    made = Competitor.objects.get()
    assert (made.name, made.owner, made.weaknesses) == ("Volta", rep, "Slow repairs")
    again = client.post(url, {"name": "VOLTA"})
    assert (again.status_code, "“VOLTA” is written down already." in again.content.decode()) == (422, True)


def test_its_page_shows_what_is_open_won_and_lost_as_far_as_one_sees(client, rep, volta, django_assert_max_num_queries):
    open_one, won, lost = (OpportunityFactory(owner=rep, topic=topic) for topic in ("Still open", "We won", "They won"))
    other = OpportunityFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]), topic="Of another team")
    for deal in (open_one, won, other):
        put_into_deal(volta, deal, by=rep)
    win_opportunity(won, revenue=Decimal(900), by=rep)
    lose_opportunity(lost, reason="out_sold", competitor=volta, by=rep)
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        page = client.get(volta.get_absolute_url())
    shares = [(share.count, [deal.topic for deal in share.deals]) for share in page.context["standing"].shares]
    assert shares == [(1, ["Still open"]), (1, ["We won"]), (1, ["They won"])]
    assert "50 % won against it" in page.content.decode()
    assert "Of another team" not in page.content.decode()


def test_the_doors_of_its_page_lead_to_the_same_deals(client, rep, volta):
    deals = [OpportunityFactory(owner=rep) for _ in range(2)]
    put_into_deal(volta, deals[0], by=rep)
    lose_opportunity(deals[1], reason="price", competitor=volta, by=rep)
    client.force_login(rep)
    standing = client.get(volta.get_absolute_url()).context["standing"]
    found = [[row.record for row in client.get(share.address).context["list"].rows] for share in standing.shares]
    assert [[deal.pk for deal in rows] for rows in found] == [[deals[0].pk], [], [deals[1].pk]]


def test_a_deal_names_each_of_them_once_and_its_history_tells_it(client, rep, volta):
    deal = OpportunityFactory(owner=rep)
    client.force_login(rep)
    add = reverse("sales:rivalry-add", args=[deal.pk])
    client.post(add, {"competitor": volta.pk, "note": "They have a pilot"})
    client.post(add, {"competitor": volta.pk, "note": "The pilot failed"})
    standing = Rivalry.objects.get()
    assert (standing.note, standing.created_by) == ("The pilot failed", rep)
    told = LogEntry.objects.get_for_object(deal).first().changes
    assert told == {"competitors": ["Volta: They have a pilot", "Volta: The pilot failed"]}
    page = client.get(f"{deal.get_absolute_url()}?tab=competitors").content.decode()
    assert all(words in page for words in ("Volta", "The pilot failed", "Large fleet", "Slow repairs"))
    client.post(reverse("sales:rivalry-remove", args=[standing.pk]))
    assert not Rivalry.objects.exists()


def test_who_may_not_change_the_deal_puts_nobody_in_and_who_does_not_see_it_finds_nothing(client, rep, team, volta):
    colleagues = OpportunityFactory(owner=UserFactory(team=team, roles=["rep"]))
    foreign = OpportunityFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]))
    standing = [deal.rivalries.create(competitor=volta) for deal in (colleagues, foreign)]
    client.force_login(rep)
    codes = [client.get(reverse("sales:rivalry-add", args=[deal.pk])).status_code for deal in (colleagues, foreign)]
    codes += [client.post(reverse("sales:rivalry-remove", args=[one.pk])).status_code for one in standing]
    assert (codes, Rivalry.objects.count()) == ([403, 404, 403, 404], 2)


def test_it_is_found_by_name_and_by_what_it_sells(rep, volta):
    Competitor.objects.filter(pk=volta.pk).update(products="Leased trikes")
    for words in ("volt", "trikes"):
        assert find(rep, words, {"sales.competitor": ()}, 5) == {"sales.competitor": [volta]}


def test_the_api_writes_reads_and_names_them(client, rep):
    client.force_login(rep)
    made = client.post("/api/v1/competitors/", {"name": "Volta", "strengths": "Cheap"}, content_type="application/json")
    assert made.status_code == 201
    twice = client.post("/api/v1/competitors/", {"name": "volta"}, content_type="application/json")
    assert (twice.status_code, "name" in str(twice.json())) == (400, True)
    here = f"/api/v1/competitors/{made.json()['id']}/"
    assert client.patch(here, {"weaknesses": "Slow"}, content_type="application/json").json()["version"] == 2
    deal = OpportunityFactory(owner=rep)
    named = {"opportunity": deal.pk, "competitor": made.json()["id"], "note": "Pilot"}
    stands = client.post("/api/v1/deal-competitors/", named, content_type="application/json")
    found = client.get(f"/api/v1/deal-competitors/?opportunity={deal.pk}").json()["results"]
    assert (stands.status_code, [one["note"] for one in found]) == (201, ["Pilot"])
    assert client.delete(f"/api/v1/deal-competitors/{stands.json()['id']}/").status_code == 204
    assert client.delete(here).status_code == 403
