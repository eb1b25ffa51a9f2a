"""The board: columns, exact sums, the order of cards, moves with what they ask for, and what colleagues did meanwhile."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from crm.actions.bin import delete_record
from crm.actions.tags import set_tags
from crm.actions.views import open_with
from crm.errors import Forbidden, Invalid
from crm.hooks import records
from crm.models import SavedView, User
from crm.queries.lists import ListQuery
from sales.actions.board import move_card, place_card
from sales.actions.closing import lose_opportunity
from sales.actions.opportunities import change_opportunity
from sales.actions.stages import set_stage
from sales.models import Opportunity, ProcessStep
from sales.queries.board import Board
from sales.queries.board_columns import GROUPINGS
from sales.queries.next_steps import next_steps
from tests.factories.crm import ActivityFactory, UserFactory
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
    assert (cards(lane)[0], len(cards(lane)), lane.count) == ("00", 12, 25)
    client.force_login(rep)
    rest = client.get(reverse("sales:board-lane"), {"lane": "qualify", "after": lane.page.after})
    assert [card.topic for card in rest.context["page"].rows] == [f"{number:02}" for number in range(12, 24)]


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
    assert "is already lost: Rita Rep closed it on" in answer.headers["HX-Trigger"]


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


def test_a_deal_of_another_team_cannot_be_moved(client, rep):
    deal = OpportunityFactory(owner=UserFactory(roles=["rep"]))
    client.force_login(rep)
    assert move(client, deal, "develop").status_code == 404


# What colleagues do


def changes(client, since, *shown, query=""):
    address = f"{reverse('sales:board-changes')}?{query}&since={quote(since.isoformat())}"
    return client.post(address, {"shown": ",".join(str(deal.pk) for deal in shown)})


def test_what_changed_comes_with_its_numbers_and_what_left_is_named(client, rep, no_steps):
    kept, lost = OpportunityFactory(owner=rep), OpportunityFactory(owner=rep)
    client.force_login(rep)
    since = timezone.now()
    assert changes(client, since + timedelta(hours=1), kept, lost).status_code == 204
    set_stage(kept, stage="develop", by=rep)
    lose_opportunity(lost, reason="price", by=rep)
    answer = changes(client, since, kept, lost)
    assert [card.pk for card in answer.context["cards"]] == [kept.pk]
    assert answer.context["gone"] == [lost.pk]
    assert [lane.count for lane in answer.context["lanes"]] == [0, 1, 0, 0]


def test_a_card_that_went_to_the_bin_leaves_the_board(client, rep):
    kept, deleted = OpportunityFactory(owner=rep), OpportunityFactory(owner=rep)
    client.force_login(rep)
    later = timezone.now() + timedelta(hours=1)
    delete_record(deleted, by=rep)
    answer = changes(client, later, kept, deleted)
    assert (answer.context["gone"], answer.context["total"].count) == ([deleted.pk], 1)
    assert changes(client, later, kept).status_code == 204


def test_a_card_that_leaves_the_filter_by_a_change_elsewhere_leaves_the_board(client, rep):
    deal = OpportunityFactory(owner=rep)
    set_tags(deal, ["spring"], by=rep)
    client.force_login(rep)
    later = timezone.now() + timedelta(hours=1)
    assert changes(client, later, deal, query="tags=spring").status_code == 204
    set_tags(deal, [], by=rep)
    assert changes(client, later, deal, query="tags=spring").context["gone"] == [deal.pk]


def test_what_is_planned_about_a_deal_changes_its_card(client, rep):
    deal = OpportunityFactory(owner=rep)
    client.force_login(rep)
    since = timezone.now()
    Opportunity.objects.update(updated_at=since - timedelta(hours=1))
    assert changes(client, since, deal).status_code == 204
    ActivityFactory(owner=rep, regarding=deal, subject="Ring them")
    assert [card.step.subject for card in changes(client, since, deal).context["cards"]] == ["Ring them"]


# The page


def test_a_card_tells_what_is_planned_next_and_that_it_is_late(client, rep):
    deal, idle = OpportunityFactory(owner=rep), OpportunityFactory(owner=rep)
    now = timezone.now()
    ActivityFactory(owner=rep, regarding=deal, subject="Undated")
    ActivityFactory(owner=rep, regarding=deal, subject="Later", due_at=now + timedelta(days=3))
    first = ActivityFactory(owner=rep, regarding=deal, subject="Overdue", due_at=now - timedelta(days=3))
    ActivityFactory(
        owner=rep, regarding=deal, subject="Done", due_at=now - timedelta(days=5), status="done", done_at=now
    )
    found = next_steps([deal, idle], rep)
    assert found == {deal.pk: first}
    client.force_login(rep)
    page = client.get(reverse("sales:board")).text
    assert ("Overdue" in page, "Undated" in page, page.count("no next activity")) == (True, False, 1)


def test_the_next_activities_of_a_page_of_cards_are_one_query(rep, django_assert_num_queries):
    deals = OpportunityFactory.create_batch(3, owner=rep)
    for deal in deals:
        ActivityFactory(owner=rep, regarding=deal)
    next_steps(deals[:1], rep)
    with django_assert_num_queries(1):
        one = next_steps(deals[:1], rep)
    with django_assert_num_queries(1):
        assert len(next_steps(deals, rep)) == 3 * len(one)


def test_more_owners_than_come_at_once_are_fetched_by_a_button(client, manager):
    people = UserFactory.create_batch(53, team=manager.team, roles=["rep"])
    for number, person in enumerate(sorted(people, key=lambda one: one.name)):
        User.objects.filter(pk=person.pk).update(name=f"Person {number:02}")
        OpportunityFactory(owner=person, estimated_revenue=Decimal(10))
    client.force_login(manager)
    page = client.get(reverse("sales:board"), {"by": "owner"})
    assert (len(page.context["lanes"]), page.context["further"], page.context["total"].count) == (
        50, {"first": 50, "count": 3}, 53,
    )  # fmt: skip
    assert "3 more columns" in page.text
    rest = client.get(reverse("sales:board-lanes"), {"by": "owner", "first": "50"})
    assert [lane.column.label for lane in rest.context["lanes"]] == ["Person 50", "Person 51", "Person 52"]
    assert rest.context["further"]["count"] == 0


def test_the_filter_editor_of_the_list_leads_back_to_the_board(client, rep):
    client.force_login(rep)
    page = client.get(reverse("sales:board"), {"rating": "hot", "owner": "me"})
    editor = next(chip.edit for chip in page.context["list"].chips if chip.label == "Rating")
    form = client.get(editor)
    assert form.context["action"] == reverse("sales:board")
    assert {("by", "stage"), ("owner", "me")} <= set(form.context["hidden"])
    assert [(str(label), current) for label, _address, current in page.context["whose"]] == [
        ("All", False), ("My team", False), ("Mine", True),
    ]  # fmt: skip


def test_whose_takes_away_also_what_the_view_asks(client, rep, team):
    OpportunityFactory(owner=UserFactory(team=team, roles=["rep"]))
    client.force_login(rep)
    url = reverse("sales:board")
    page = client.get(url, {"view": "my-open"})
    assert (page.context["total"].count, page.context["whose"][2][2]) == (0, True)
    everybody = page.context["whose"][0][1]
    assert client.get(url + everybody).context["total"].count == 1


def test_a_view_saved_on_the_board_opens_on_the_board(client, rep):
    client.force_login(rep)
    address = f"{reverse('crm:view-new', args=['sales.opportunity'])}?by=owner&rating=hot"
    answer = client.post(address, {"name": "Hot by owner", "shared": "private"})
    view = SavedView.objects.get()
    assert (answer.url, view.query) == (f"{reverse('sales:board')}?view={view.key}&by=owner", "rating=hot")
    listed = client.post(
        reverse("crm:view-new", args=["sales.opportunity"]) + "?rating=cold", {"name": "Cold", "shared": "private"}
    )
    assert listed.url.startswith(f"{reverse('sales:opportunities')}?view=")


def test_a_board_without_a_word_opens_with_the_view_its_reader_chose(client, rep):
    open_with("sales.opportunity", "my-open", by=rep)
    client.force_login(rep)
    assert client.get(reverse("sales:board")).url == f"{reverse('sales:board')}?view=my-open"


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
