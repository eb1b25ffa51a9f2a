"""The board: columns, exact sums, the order of cards, moves with what they ask for, and what colleagues did meanwhile."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from crm.errors import Forbidden, Invalid
from crm.hooks import records
from crm.queries.lists import ListQuery
from sales.actions.board import move_card, place_card
from sales.actions.closing import lose_opportunity
from sales.actions.opportunities import change_opportunity
from sales.actions.stages import set_stage
from sales.models import Opportunity, ProcessStep
from sales.queries.board import Board
from sales.queries.board_columns import GROUPINGS
from tests.factories.crm import UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def no_steps(db):
    ProcessStep.objects.all().delete()


def board(user, by="stage", query="", today=None):
    asked = ListQuery(records.get("sales.opportunity"), user, QueryDict(query))
    return Board(asked, GROUPINGS[by], today or timezone.localdate())


def cards(lane):
    return [card.topic for card in lane.page.rows]


def move(client, deal, to, query="", **values):
    url = f"{reverse('sales:board-move', args=[deal.pk])}{query}"
    return client.post(url, {"to": to, **values}, headers=HTMX)


# Columns and sums


def test_each_column_counts_and_sums_its_open_deals(rep, no_steps):
    OpportunityFactory(owner=rep, estimated_revenue=Decimal("100.10"))
    OpportunityFactory(owner=rep, estimated_revenue=Decimal("0.05"))
    set_stage(OpportunityFactory(owner=rep, estimated_revenue=Decimal(50)), stage="propose", by=rep)
    lose_opportunity(OpportunityFactory(owner=rep), reason="price", by=rep)
    assert [(lane.count, lane.sum, lane.weighted) for lane in board(rep).lanes()] == [
        (2, Decimal("100.15"), Decimal("10.02")),
        (0, Decimal(0), Decimal(0)),
        (1, Decimal(50), Decimal(30)),
        (0, Decimal(0), Decimal(0)),
    ]


def test_many_amounts_with_cents_are_summed_to_the_cent(rep):
    OpportunityFactory(owner=rep)
    pattern = Opportunity.objects.get()
    amounts = [Decimal(number) / 100 for number in range(1, 2001)]
    Opportunity.objects.bulk_create(
        Opportunity(
            topic="x", account=pattern.account, process=pattern.process, currency=pattern.currency, owner=rep,
            estimated_revenue=amount, estimated_revenue_base=amount + Decimal("987654321.10"),
        )
        for amount in amounts
    )  # fmt: skip
    whole = sum(amounts) + 2000 * Decimal("987654321.10") + 48000
    assert board(rep).lanes()[0].sum == whole


def test_the_filters_and_views_of_the_list_narrow_the_board(rep, team):
    OpportunityFactory(owner=rep, topic="Mine")
    OpportunityFactory(owner=UserFactory(team=team, roles=["rep"]), topic="Hers", rating="hot")
    assert cards(board(rep, query="view=my-open").lanes()[0]) == ["Mine"]
    assert cards(board(rep, query="rating=hot").lanes()[0]) == ["Hers"]
    assert sorted(cards(board(rep).lanes()[0])) == ["Hers", "Mine"]


def test_deals_of_another_team_are_neither_shown_nor_counted(rep):
    OpportunityFactory(owner=UserFactory(roles=["rep"]))
    assert [lane.count for lane in board(rep).lanes()] == [0, 0, 0, 0]


def test_a_column_pages_by_key(client, rep):
    for number in range(25):
        OpportunityFactory(owner=rep, topic=f"{number:02}", estimated_close=date(2030, 1, 1) + timedelta(number))
    lane = board(rep).lanes()[0]
    assert (cards(lane)[0], len(cards(lane)), lane.count) == ("00", 20, 25)
    client.force_login(rep)
    rest = client.get(reverse("sales:board-lane"), {"lane": "qualify", "after": lane.page.after})
    assert [card.topic for card in rest.context["page"].rows] == ["20", "21", "22", "23", "24"]


def test_the_columns_of_months_begin_with_what_is_overdue(rep):
    today = date(2026, 11, 12)
    for day in (date(2026, 11, 11), today, date(2026, 12, 31), date(2027, 5, 1), None):
        OpportunityFactory(owner=rep, estimated_close=day)
    lanes = board(rep, "month", today=today).lanes()
    assert [(lane.column.key, lane.count) for lane in lanes] == [
        ("past", 1), ("2026-11", 1), ("2026-12", 1), ("2027-01", 0), ("2027-02", 0), ("2027-03", 0), ("2027-04", 0),
        ("later", 1), ("none", 1),
    ]  # fmt: skip


def test_the_columns_of_owners_are_those_who_have_deals(rep, team):
    colleague = UserFactory(team=team, roles=["rep"], name="Carl Colleague")
    OpportunityFactory(owner=rep)
    OpportunityFactory(owner=colleague)
    assert [str(lane.column.label) for lane in board(rep, "owner").lanes()] == ["Carl Colleague", "Rita Rep"]


# Order


def test_cards_stand_by_closing_day_until_somebody_places_them(rep):
    day = date(2030, 1, 1)
    first, second, third = (OpportunityFactory(owner=rep, topic=t, estimated_close=day) for t in "abc")
    assert cards(board(rep).lanes()[0]) == ["a", "b", "c"]
    version = third.version
    place_card(third, above=first.pk, below=second.pk, by=rep)
    assert cards(board(rep).lanes()[0]) == ["a", "c", "b"]
    assert Opportunity.objects.get(pk=third.pk).version == version
    change_opportunity(third, estimated_close=date(2031, 1, 1), by=rep)
    change_opportunity(first, estimated_close=date(2031, 1, 1), by=rep)
    assert cards(board(rep).lanes()[0]) == ["c", "b", "a"]


def test_where_two_cards_have_nothing_left_between_them_those_behind_make_room(rep):
    a, b, c, d = (OpportunityFactory(owner=rep, topic=t) for t in "abcd")
    Opportunity.objects.filter(pk__in=[a.pk, b.pk, c.pk]).update(place=1.0)
    place_card(d, above=a.pk, below=b.pk, by=rep)
    assert cards(board(rep).lanes()[0]) == ["a", "d", "b", "c"]


# Moves


def test_a_drop_over_two_stages_asks_once_for_what_both_need(client, rep):
    deal = OpportunityFactory(owner=rep)
    client.force_login(rep)
    asked = move(client, deal, "propose")
    assert asked.status_code == 422
    wanted = ["purchase_timeframe", "budget_amount", "customer_need", "proposed_solution"]
    assert list(asked.context["stage_form"].fields) == wanted
    half = move(client, deal, "propose", filled="yes", budget_amount="5", customer_need="Speed", proposed_solution="A")
    assert (half.status_code, list(half.context["stage_form"].errors)) == (422, ["purchase_timeframe"])
    values = {
        "budget_amount": "5",
        "customer_need": "Speed",
        "proposed_solution": "A",
        "purchase_timeframe": "immediate",
    }
    moved = move(client, deal, "propose", filled="yes", **values)
    assert [card.stage for card in moved.context["cards"]] == ["propose"]
    assert [lane.count for lane in moved.context["lanes"]] == [0, 0, 1, 0]
    assert move(client, deal, "qualify").status_code == 200


def test_a_card_that_a_colleague_closed_meanwhile_goes_back_with_a_sentence(client, rep):
    deal = OpportunityFactory(owner=rep, topic="Fleet")
    client.force_login(rep)
    lose_opportunity(deal, reason="price", by=rep)
    answer = move(client, deal, "develop")
    assert answer.status_code == 409
    assert "is lost. Reopen it" in answer.headers["HX-Trigger"]


def test_dragging_to_another_category_or_month_changes_that(client, rep):
    deal = OpportunityFactory(owner=rep, estimated_close=timezone.localdate())
    client.force_login(rep)
    assert move(client, deal, "committed", "?by=category").status_code == 200
    key = board(rep, "month").columns[3].key
    assert move(client, deal, key, "?by=month").status_code == 200
    deal = Opportunity.objects.get()
    assert (deal.forecast_category, f"{deal.estimated_close:%Y-%m}") == ("committed", key)


def test_a_day_that_a_month_does_not_have_becomes_its_last_and_none_lies_behind_us(rep):
    deal = OpportunityFactory(owner=rep, estimated_close=date(2027, 1, 31))
    today = date(2027, 1, 20)
    deal = move_card(deal, grouping="month", to="2027-02", today=today, by=rep)
    assert deal.estimated_close == date(2027, 2, 28)
    early = OpportunityFactory(owner=rep, estimated_close=date(2027, 3, 3))
    assert move_card(early, grouping="month", to="2027-01", today=today, by=rep).estimated_close == today
    with pytest.raises(Invalid, match="Drop the card on a month"):
        move_card(early, grouping="month", to="past", today=today, by=rep)


def test_only_who_may_assign_gives_a_card_to_another_owner(rep, manager, team):
    colleague = UserFactory(team=team, roles=["rep"])
    deal, to = OpportunityFactory(owner=rep), str(colleague.pk)
    with pytest.raises(Forbidden):
        move_card(deal, grouping="owner", to=to, today=timezone.localdate(), by=UserFactory(roles=["rep"]))
    moved = move_card(deal, grouping="owner", to=to, today=timezone.localdate(), by=manager)
    assert moved.owner == colleague


def test_without_a_script_the_menu_leads_to_what_is_missing_and_back_to_the_board(client, rep, no_steps):
    deal = OpportunityFactory(owner=rep)
    client.force_login(rep)
    answer = client.post(f"{reverse('sales:board-move', args=[deal.pk])}?owner=me", {"to": "develop"})
    assert answer.url == f"{reverse('sales:board')}?owner=me"
    assert Opportunity.objects.get().stage == "develop"


def test_a_deal_of_another_team_cannot_be_moved(client, rep):
    deal = OpportunityFactory(owner=UserFactory(roles=["rep"]))
    client.force_login(rep)
    assert move(client, deal, "develop").status_code == 404


# What colleagues do


def test_what_changed_comes_with_its_numbers_and_what_left_is_named(client, rep, no_steps):
    kept, lost = OpportunityFactory(owner=rep), OpportunityFactory(owner=rep)
    client.force_login(rep)
    url = reverse("sales:board-changes")
    since = timezone.now()
    assert client.get(url, {"since": (since + timedelta(hours=1)).isoformat()}).status_code == 204
    set_stage(kept, stage="develop", by=rep)
    lose_opportunity(lost, reason="price", by=rep)
    changes = client.get(url, {"since": since.isoformat()})
    assert [card.pk for card in changes.context["cards"]] == [kept.pk]
    assert changes.context["gone"] == [lost.pk]
    assert [lane.count for lane in changes.context["lanes"]] == [0, 1, 0, 0]


# The page


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("number", [1, 30])
def test_the_board_takes_at_most_twenty_queries(client, rep, team, by, number, django_assert_max_num_queries):
    for owner in [rep, *UserFactory.create_batch(8, team=team, roles=["rep"])]:
        OpportunityFactory.create_batch(number // 8 + 1, owner=owner, estimated_close=timezone.localdate())
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        assert client.get(reverse("sales:board"), {"by": by}).status_code == 200


def test_a_closing_day_in_the_past_is_flagged(client, rep):
    OpportunityFactory(owner=rep, estimated_close=timezone.localdate() - timedelta(days=1))
    client.force_login(rep)
    assert 'aria-label="overdue"' in client.get(reverse("sales:board")).text


def test_a_filter_that_does_not_exist_is_told(client, rep):
    client.force_login(rep)
    answer = client.get(reverse("sales:board"), {"nonsense": "1"})
    assert (answer.status_code, "There is no filter" in answer.text) == (400, True)
