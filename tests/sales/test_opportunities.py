"""An opportunity goes through its stages, is won, lost and reopened; a stage says what it lacks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django_fsm import TransitionNotAllowed

from crm.errors import Invalid, NotAllowed, Stale
from crm.models import Currency, ExchangeRate, Interaction
from sales.actions.closing import lose_opportunity, reopen_opportunity, win_opportunity
from sales.actions.opportunities import (
    change_opportunity,
    open_opportunity,
)
from sales.actions.stages import advance_opportunity, move_back, set_stage
from sales.actions.steps import StepsMissing
from sales.models import Opportunity, ProcessStep
from tests.factories.crm import AccountFactory, TeamFactory, UserFactory
from tests.factories.deals import QUALIFIED, OpportunityFactory, put_into_close

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(rep):
    return OpportunityFactory(owner=rep)


def test_an_opened_opportunity_stands_in_the_first_stage_with_an_open_visit(deal):
    visit = deal.visits.get()
    assert (deal.stage, visit.stage, visit.left_at) == ("qualify", "qualify", None)
    assert (deal.estimated_revenue_base, deal.currency_id) == (Decimal(48000), "EUR")


def test_an_opportunity_needs_a_customer(rep):
    with pytest.raises(Invalid, match="needs a customer"):
        open_opportunity(topic="For nobody", by=rep)


def test_an_amount_in_another_currency_has_its_base_value_beside_it(rep):
    usd = Currency.objects.get(pk="USD")
    ExchangeRate.objects.create(currency=usd, on=timezone.localdate() - timedelta(days=9), rate=Decimal("1.25"))
    deal = OpportunityFactory(owner=rep, currency=usd, estimated_revenue=Decimal("1000"))
    assert deal.estimated_revenue_base == Decimal("800.00")


def test_a_currency_without_a_rate_says_where_to_add_one(rep):
    with pytest.raises(Invalid, match="no exchange rate between EUR and USD"):
        OpportunityFactory(owner=rep, currency=Currency.objects.get(pk="USD"))


def test_an_amount_is_rounded_to_the_decimals_of_its_currency(rep):
    jpy = Currency.objects.get(pk="JPY")
    ExchangeRate.objects.create(currency=jpy, on=timezone.localdate(), rate=Decimal("160"))
    assert OpportunityFactory(owner=rep, currency=jpy, estimated_revenue=Decimal("99.5")).estimated_revenue == 100


def test_a_stage_that_lacks_required_fields_names_them(deal, rep):
    with pytest.raises(StepsMissing, match="Qualify still needs “Purchase timeframe”, “Budget amount”") as problem:
        advance_opportunity(deal, by=rep)
    assert [step.path for step in problem.value.steps] == ["purchase_timeframe", "budget_amount"]


def test_the_fields_are_filled_there_and_then(deal, rep):
    moved = advance_opportunity(deal, by=rep, **QUALIFIED)
    assert (moved.stage, moved.budget_amount, moved.probability) == ("develop", Decimal(50000), 30)
    assert [(v.stage, v.left_at is None) for v in moved.visits.all()] == [("qualify", False), ("develop", True)]
    assert Interaction.objects.get(kind="opportunity.advanced").data["to"] == "develop"


def test_a_required_yes_or_no_must_be_yes(deal, rep):
    deal = set_stage(deal, stage="develop", by=rep, **QUALIFIED)
    deal = advance_opportunity(deal, by=rep, customer_need="Speed", proposed_solution="A tandem")
    with pytest.raises(StepsMissing) as problem:
        advance_opportunity(deal, by=rep)
    assert [step.path for step in problem.value.steps] == ["proposal_developed", "proposal_presented"]


def test_several_stages_forward_need_what_each_of_them_asks_for(deal, rep):
    with pytest.raises(StepsMissing, match="Qualify and Develop still need “"):
        set_stage(deal, stage="propose", by=rep)


def test_back_is_free_and_keeps_what_is_filled(deal, rep):
    deal = advance_opportunity(deal, by=rep, **QUALIFIED)
    deal = move_back(deal, by=rep)
    assert (deal.stage, deal.budget_amount) == ("qualify", Decimal(50000))


def test_before_the_first_and_behind_the_last_stage_there_is_nothing(deal, rep):
    with pytest.raises(NotAllowed, match="is in the first stage"):
        move_back(deal, by=rep)
    ProcessStep.objects.all().delete()
    last = set_stage(deal, stage="close", by=rep)
    with pytest.raises(NotAllowed, match="Win or lose it"):
        advance_opportunity(last, by=rep)


def test_winning_keeps_a_close_record_and_stops_the_clock(deal, rep):
    won = win_opportunity(deal, revenue=Decimal("45000"), by=rep)
    assert (won.status, won.actual_revenue, won.forecast_category) == ("won", Decimal(45000), "won")
    assert won.closed_on == timezone.localdate()
    assert won.closes.get().revenue == Decimal(45000)
    assert won.visits.get().left_at is not None


def test_what_is_won_cannot_be_lost_or_won_again(deal, rep):
    win_opportunity(deal, revenue=Decimal(1), by=rep)
    with pytest.raises(NotAllowed, match="is already won"):
        win_opportunity(deal, revenue=Decimal(1), by=rep)
    with pytest.raises(NotAllowed, match="is already won"):
        lose_opportunity(deal, reason="price", by=rep)


def test_a_closed_opportunity_is_read_only_until_it_is_reopened(deal, rep):
    lose_opportunity(deal, reason="price", by=rep)
    with pytest.raises(NotAllowed, match="Reopen it before you change it"):
        change_opportunity(deal, topic="Other", by=rep)
    opened = reopen_opportunity(deal, by=rep)
    assert (opened.status, opened.closed_at, opened.closes.count()) == ("open", None, 1)
    assert win_opportunity(opened, revenue=Decimal(5), by=rep).closes.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"revenue": Decimal(-1)}, "revenue"),
        ({"revenue": Decimal(1), "closed_on": timezone.localdate() + timedelta(3)}, "closed_on"),
    ],
)
def test_a_negative_revenue_or_a_day_to_come_is_refused(deal, rep, wrong, field):
    with pytest.raises(Invalid) as problem:
        win_opportunity(deal, by=rep, **wrong)
    assert problem.value.field == field


def test_a_stale_save_is_refused(deal, rep):
    change_opportunity(deal, topic="Theirs", by=rep)
    with pytest.raises(Stale):
        change_opportunity(deal, topic="Mine", version=1, by=rep)


def test_status_and_stage_are_moved_by_transitions_only(deal):
    with pytest.raises(AttributeError):
        deal.status = "won"
    with pytest.raises(TransitionNotAllowed):
        deal.back()


def test_the_database_forbids_a_won_deal_without_a_closing_time(deal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=deal.pk).update(status="won")


# Pages


def test_a_rep_cannot_win_the_opportunity_of_another_team(client, rep):
    deal = OpportunityFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]))
    client.force_login(rep)
    assert client.post(reverse("sales:opportunity-win", args=[deal.pk])).status_code == 404


def test_a_rep_is_told_why_the_deal_of_a_colleague_cannot_be_won(client, rep, team):
    deal = OpportunityFactory(owner=UserFactory(team=team, roles=["rep"], name="Carl Colleague"))
    client.force_login(rep)
    answer = client.post(reverse("sales:opportunity-win", args=[deal.pk]))
    assert answer.status_code == 403
    assert "It belongs to Carl Colleague" in answer.text


def test_next_stage_opens_what_is_missing(client, rep, deal):
    client.force_login(rep)
    answer = client.post(reverse("sales:opportunity-advance", args=[deal.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("sales:opportunity-move", args=[deal.pk, "develop"]), 302)]
    assert "Qualify still needs “Purchase timeframe”, “Budget amount”." in answer.text


def test_a_stage_is_saved_half_filled_and_left_when_it_is_complete(client, rep, deal):
    client.force_login(rep)
    url = reverse("sales:opportunity-stage", args=[deal.pk, "qualify"])
    client.post(url, {"purchase_timeframe": "immediate"})
    deal = Opportunity.objects.get(pk=deal.pk)
    assert (deal.stage, deal.purchase_timeframe) == ("qualify", "immediate")
    missing = client.post(url, {"purchase_timeframe": "immediate", "go": "develop"})
    assert missing.status_code == 422
    assert missing.context["stage_form"].errors.keys() == {"budget_amount"}
    client.post(url, {"purchase_timeframe": "immediate", "budget_amount": "7", "go": "develop"})
    assert Opportunity.objects.get(pk=deal.pk).stage == "develop"


def test_a_move_over_two_stages_leads_to_what_both_lack(client, rep, deal):
    client.force_login(rep)
    url = reverse("sales:opportunity-set-stage", args=[deal.pk])
    answer = client.post(url, {"stage": "propose"}, follow=True)
    assert answer.redirect_chain == [(reverse("sales:opportunity-move", args=[deal.pk, "propose"]), 302)]
    wanted = ["purchase_timeframe", "budget_amount", "customer_need", "proposed_solution"]
    assert list(answer.context["stage_form"].fields) == wanted


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("page", ["opportunities", "board"])
def test_list_and_board_take_at_most_twenty_queries(client, rep, page, number, django_assert_max_num_queries):
    for _ in range(number):
        OpportunityFactory(owner=rep)
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        assert client.get(reverse(f"sales:{page}")).status_code == 200


@pytest.mark.parametrize("tab", ["summary", "products", "quotes"])
def test_the_page_takes_at_most_twenty_queries(client, rep, deal, tab, django_assert_max_num_queries):
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        assert client.get(deal.get_absolute_url(), {"tab": tab}).status_code == 200


def test_a_new_opportunity_names_its_account_by_typing(client, rep):
    AccountFactory(name="Northwind")
    client.force_login(rep)
    data = {"topic": "Renewal", "account": "northwind", "currency": "EUR", "estimated_revenue": "10", "rating": "hot"}
    client.post(reverse("sales:opportunity-new"), data)
    assert Opportunity.objects.get().account.name == "Northwind"
    wrong = client.post(reverse("sales:opportunity-new"), {**data, "account": "Nowhere"})
    assert "There is no account “Nowhere”" in wrong.text


def test_winning_on_the_page_redirects_and_an_error_stays_at_its_field(client, rep, deal):
    client.force_login(rep)
    url = reverse("sales:opportunity-win", args=[deal.pk])
    tomorrow = timezone.localdate() + timedelta(days=2)
    wrong = client.post(url, {"revenue": "5", "closed_on": tomorrow})
    assert wrong.context["form"].errors.keys() == {"closed_on"}
    assert client.post(url, {"revenue": "5", "closed_on": timezone.localdate()}).url == deal.get_absolute_url()


# API


def test_the_api_tells_the_missing_fields_with_their_paths(client, rep, deal):
    client.force_login(rep)
    answer = client.post(f"/api/v1/opportunities/{deal.pk}/advance/")
    assert answer.status_code == 400
    assert [error["path"] for error in answer.json()["errors"]] == ["purchase_timeframe", "budget_amount"]


def test_the_whole_way_by_the_api(client, rep):
    client.force_login(rep)
    account = AccountFactory()
    url = "/api/v1/opportunities/"
    made = client.post(
        url, {"topic": "Bikes", "account": account.pk, "estimated_revenue": "10"}, content_type="application/json"
    ).json()
    here = f"{url}{made['id']}/"
    fill = {"purchase_timeframe": "immediate", "budget_amount": "10.00", "forecast_category": "committed"}
    assert client.patch(here, fill, content_type="application/json").json()["version"] == 2
    assert client.post(f"{here}advance/").json()["stage"] == "develop"
    assert (
        client.post(f"{here}set-stage/", {"stage": "qualify"}, content_type="application/json").json()["stage"]
        == "qualify"
    )
    assert (
        client.post(f"{here}win/", {"revenue": "9.50"}, content_type="application/json").json()["actual_revenue"]
        == "9.50"
    )
    refused = client.post(f"{here}lose/", {"reason": "price"}, content_type="application/json")
    assert refused.status_code == 409
    assert refused.json()["title"].startswith("“Bikes” is already won: Rita Rep closed it on")
    assert client.post(f"{here}reopen/").json()["status"] == "open"


def test_the_probability_of_a_closed_deal_is_what_came_of_it(deal, rep):
    won = win_opportunity(deal, revenue=Decimal(5), by=rep)
    assert won.probability == 100
    opened = reopen_opportunity(won, by=rep)
    assert opened.probability == 10
    assert lose_opportunity(opened, reason="price", by=rep).probability == 0


def test_a_closed_deal_has_nothing_to_do(deal, rep, client):
    client.force_login(rep)
    assert "2 to do" in client.get(deal.get_absolute_url()).content.decode()
    win_opportunity(deal, revenue=Decimal(5), by=rep)
    assert "to do</em>" not in client.get(deal.get_absolute_url()).content.decode()


def test_the_dialog_that_wins_asks_for_what_the_last_stage_still_needs(deal, rep, client):
    put_into_close(deal)
    client.force_login(rep)
    url = reverse("sales:opportunity-win", args=[deal.pk])
    page = client.get(url).content.decode()
    assert "The deal still needs “Final proposal ready” before it can be won." in page
    typed = {"revenue": "5", "closed_on": timezone.localdate().isoformat()}
    refused = client.post(url, typed)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["step_final_proposal_ready"]
    assert client.post(url, {**typed, "step_final_proposal_ready": "on"}).status_code == 302
    won = Opportunity.objects.get()
    assert (won.status, won.final_proposal_ready) == ("won", True)
