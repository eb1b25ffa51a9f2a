"""Home: what is due, hot, won and new for its reader; pictures that lead to their records; quotas that set the mark."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from sales.actions.closing import lose_opportunity, win_opportunity
from sales.actions.stages import set_stage
from sales.models import Quota, StageVisit
from sales.queries.home import Home
from sales.queries.pictures import ageing, funnel, stage_duration, win_rate
from tests.factories.crm import ActivityFactory, TeamFactory, UserFactory
from tests.factories.deals import QUALIFIED, LeadFactory, OpportunityFactory, put_into_close

pytestmark = pytest.mark.django_db


@pytest.fixture
def month():
    return timezone.localdate().replace(day=1)


@pytest.fixture
def sven():
    return UserFactory(name="Sven South", team=TeamFactory(name="Sales South"), roles=["rep"])


def deal(owner, amount=1000, **more):
    """In the company's currency."""
    return OpportunityFactory(owner=owner, estimated_revenue=Decimal(amount), **more)


def win(one, revenue):
    put_into_close(one)
    type(one).objects.filter(pk=one.pk).update(final_proposal_ready=True)
    return win_opportunity(type(one).objects.get(pk=one.pk), revenue=Decimal(revenue), by=one.owner)


def test_the_pipeline_tells_counts_sums_and_weighted_sums_of_what_the_reader_sees(rep, manager, sven):
    deal(rep, 1000, probability=10)
    deal(rep, 500, probability=50)
    deal(manager, 200, probability=100)
    deal(sven, 9000)
    mine, all_seen = Home(rep, is_all=False).pipeline()[0], Home(manager, is_all=True).pipeline()[0]
    assert (mine.sums.count, mine.sums.sum, mine.sums.weighted) == (2, Decimal(1500), Decimal(350))
    assert (all_seen.sums.count, all_seen.sums.sum) == (3, Decimal(1700)), "a manager sees the own team and those below"
    assert [line.sums.count for line in Home(rep, is_all=False).pipeline()] == [2, 0, 0, 0]


def test_what_was_won_this_month_stands_against_the_quota_and_the_leader_stands_first(rep, team, month):
    colleague = UserFactory(name="Cora Colleague", team=team, roles=["rep"])
    idle = UserFactory(name="Ida Idle", team=team, roles=["rep"])
    for owner, revenue in ((rep, 250), (colleague, 900)):
        win(deal(owner), revenue)
    Quota.objects.create(user=rep, month=month, amount=1000)
    Quota.objects.create(user=idle, month=month, amount=1000)
    Quota.objects.create(user=colleague, month=month - timedelta(days=1), amount=5)
    told = [(str(one.user), one.won, one.percent) for one in Home(rep, is_all=False).leaderboard()]
    assert told == [("Cora Colleague", 900, None), ("Rita Rep", 250, 25), ("Ida Idle", 0, 0)]


def test_since_yesterday_leads_came_and_deals_moved_and_ended_but_not_those_of_others(rep, sven):
    moved, won = deal(rep, topic="Moved"), deal(rep, topic="Won one")
    old = timezone.now() - timedelta(days=9)
    for one in (moved, won):
        type(one).objects.filter(pk=one.pk).update(created_at=old)
    set_stage(moved, stage="develop", by=rep, **QUALIFIED)
    win(won, 1)
    LeadFactory(owner=rep, topic="Fresh")
    LeadFactory(owner=sven, topic="Foreign")
    told = {(str(one.record), str(one.what)) for one in Home(rep, is_all=False).news()}
    assert ("Fresh", "New lead") in told
    assert ("Moved", "Now in Develop") in told
    assert ("Won one", "Won") in told
    assert "Foreign" not in str(told)


def test_the_pictures_count_what_they_say(rep):
    lead = LeadFactory(owner=rep, source="Trade fair")
    LeadFactory(owner=rep)
    win(deal(rep, lead=lead), 1)
    lose_opportunity(deal(rep), reason="price", by=rep)
    deal(rep, 70)
    home = Home(rep, is_all=False)
    assert [(str(bar.label), bar.value) for bar in funnel(home)] == [
        ("Leads", 2),
        ("Qualified", 0),
        ("Deals", 1),
        ("Won", 1),
    ]
    rates = {str(bar.label): (bar.value, bar.beside) for bar in win_rate(home)}
    assert rates["Trade fair"] == ("100 %", "1 / 1")
    ages = [(bar.value, bar.beside) for bar in ageing(home)]
    assert ages == [(1, Decimal(70)), (0, 0), (0, 0), (0, 0)]
    StageVisit.objects.filter(left_at__isnull=False).update(entered_at=F("left_at") - timedelta(days=4))
    assert {bar.value for bar in stage_duration(home)} == {4.0}


def test_every_number_leads_to_the_records_that_it_counts(client, rep):
    deal(rep, topic="Fresh deal")
    client.force_login(rep)
    text = client.get("/home/?whose=mine").text
    for label in ("Qualify", "Up to 30 days"):
        address = text.split(f">{label}</a>")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        assert "Fresh deal" in client.get(address).text, label


def test_home_begins_with_new_leads_and_what_is_due_each_with_its_buttons(client, rep, sven):
    lead = LeadFactory(owner=rep)
    late = ActivityFactory(owner=rep, kind="call", due_at=timezone.now() - timedelta(days=2))
    ActivityFactory(owner=rep, due_at=timezone.now() + timedelta(days=2))
    LeadFactory(owner=sven)
    client.force_login(rep)
    shown = client.get("/home/to-do/")
    assert [line["row"] for line in shown.context["lines"]] == [lead, late]
    assert f'href="/leads/{lead.pk}/qualify/"' in shown.text
    assert f"/activities/call/?planned={late.pk}&amp;next=/home/" in shown.text
    client.force_login(UserFactory(roles=["rep"]))
    assert "nothing is due today" in client.get("/home/to-do/").text


def test_the_first_things_cost_the_same_with_one_row_and_with_three(client, rep, django_assert_max_num_queries):
    client.force_login(rep)
    for _ in range(3):
        LeadFactory(owner=rep)
        ActivityFactory(owner=rep, regarding=deal(rep), due_at=timezone.now() - timedelta(days=2))
        with django_assert_max_num_queries(12):
            client.get("/home/to-do/")


def test_home_costs_at_most_twenty_queries_and_is_of_one_owner_or_of_all(
    client, rep, manager, django_assert_max_num_queries
):
    deal(rep, topic="Hers")
    task = ActivityFactory(owner=rep, due_at=timezone.now())
    ActivityFactory(owner=rep, due_at=timezone.now() + timedelta(days=2))
    client.force_login(manager)
    with django_assert_max_num_queries(20):
        page = client.get("/home/")
    assert "Everything I see" in page.text
    assert page.context["open_count"] == 1
    assert client.get("/home/?whose=mine").context["open_count"] == 0
    client.force_login(rep)
    page = client.get("/home/?whose=mine")
    assert page.context["due"] == 1
    assert client.get(page.context["due_url"]).context["list"].page.rows == [task]


def test_a_picture_is_taken_along_as_a_file_in_which_nothing_runs(client, rep):
    lead = LeadFactory(owner=rep, source="=HYPERLINK(1)")
    win(deal(rep, lead=lead), 1)
    client.force_login(rep)
    answer = client.get("/home/win-rate.csv")
    assert "'=HYPERLINK(1),100 %,1 / 1" in answer.text
    assert client.get("/home/win-rate.xlsx").content.startswith(b"PK")
    assert [client.get(f"/home/{name}").status_code for name in ("nothing.csv", "win-rate.exe")] == [404, 404]


def test_a_manager_sets_a_quota_once_a_month_and_a_rep_does_not(client, rep, manager, month):
    client.force_login(manager)
    add = "/admin/sales/quota/add/"
    assert "No quotas yet" in client.get("/admin/sales/quota/").text
    given = {"user": rep.pk, "month": month.replace(day=15).isoformat(), "amount": "1000"}
    assert client.post(add, given).status_code == 302
    assert Quota.objects.get().month == month
    assert "has a quota for this month already" in client.post(add, given).text
    assert client.post(add, {**given, "amount": "0"}).status_code == 200
    client.force_login(rep)
    assert client.get("/admin/sales/quota/").status_code in (302, 403, 404)
