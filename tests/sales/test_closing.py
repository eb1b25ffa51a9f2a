"""How a deal ends: against whom, with which quotes, told to whoever was slower, and kept each time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from crm.errors import Invalid, NotAllowed
from crm.models import Interaction
from sales.actions.closing import lose_opportunity, reopen_opportunity, win_opportunity
from sales.actions.lines import LineInput
from sales.actions.quotes import activate_quote, create_quote
from sales.models import Opportunity, Quote
from tests.factories.crm import TeamFactory, UserFactory
from tests.factories.deals import CompetitorFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
LINES = [LineInput(name="Bike", quantity=Decimal(2), unit_price=Decimal(900))]


@pytest.fixture
def deal(rep):
    return OpportunityFactory(owner=rep)


@pytest.fixture
def quotes(deal, rep):
    """One that is out at the customer, and a draft."""
    sent = activate_quote(create_quote(opportunity=deal, lines=LINES, by=rep), by=rep)
    return sent, create_quote(opportunity=deal, lines=LINES, by=rep)


def test_a_deal_is_lost_to_a_competitor_who_stands_in_it_from_then_on(deal, rep):
    volta = CompetitorFactory(name="Volta")
    lost = lose_opportunity(deal, reason="out_sold", competitor=volta, revenue=Decimal(5), description="Price", by=rep)
    assert (lost.lost_reason, lost.lost_to, lost.actual_revenue) == ("out_sold", volta, None)
    close = lost.closes.get()
    assert (close.reason, close.competitor, close.revenue, close.description) == ("out_sold", volta, 5, "Price")
    assert lost.rivalries.get().competitor == volta
    assert Interaction.objects.get(kind="opportunity.lost").data["text"] == "Lost to a competitor: Volta"


def test_open_quotes_never_block_a_close_and_stay_open_unless_asked(deal, quotes, rep):
    win_opportunity(deal, revenue=Decimal(1), by=rep)
    assert sorted(Quote.objects.values_list("status", flat=True)) == ["active", "draft"]


@pytest.mark.parametrize(("outcome", "reason"), [("lost", "lost"), ("won", "cancelled")])
def test_the_open_quotes_are_closed_with_the_deal(deal, quotes, rep, outcome, reason):
    if outcome == "lost":
        lose_opportunity(deal, reason="price", close_quotes=True, by=rep)
    else:
        win_opportunity(deal, revenue=Decimal(1), close_quotes=True, by=rep)
    sent, draft = (Quote._base_manager.get(pk=quote.pk) for quote in quotes)
    assert (sent.status, sent.close_reason, draft.deleted_at is not None) == ("closed", reason, True)


def test_the_quote_of_a_colleague_whom_one_may_not_touch_stays_open(deal, rep, team):
    colleague = UserFactory(team=team, roles=["rep"])
    theirs = activate_quote(create_quote(opportunity=deal, lines=LINES, owner=colleague, by=colleague), by=colleague)
    lose_opportunity(deal, reason="price", close_quotes=True, by=rep)
    theirs.refresh_from_db()
    assert theirs.status == "active"


def test_reopening_takes_reason_and_competitor_back_and_keeps_every_close(deal, rep):
    lose_opportunity(deal, reason="out_sold", competitor=CompetitorFactory(), by=rep)
    again = reopen_opportunity(deal, by=rep)
    assert (again.lost_reason, again.lost_to) == ("", None)
    win_opportunity(again, revenue=Decimal(7), by=rep)
    assert list(again.closes.values_list("status", flat=True)) == ["won", "lost"]


def test_who_is_slower_is_told_who_closed_it_and_nothing_is_doubled(deal, rep, manager):
    lose_opportunity(deal, reason="price", by=manager)
    with pytest.raises(NotAllowed, match="is already lost: Max Manager closed it on"):
        win_opportunity(deal, revenue=Decimal(1), by=rep)
    assert deal.closes.count() == 1


def test_the_database_forbids_a_lost_deal_without_a_reason(deal):
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=deal.pk).update(status="lost", closed_at=now, closed_on=now.date())


def test_nothing_is_lost_tomorrow_or_for_less_than_nothing(deal, rep):
    for wrong in ({"closed_on": timezone.localdate() + timedelta(3)}, {"revenue": Decimal(-1)}):
        with pytest.raises(Invalid) as problem:
            lose_opportunity(deal, reason="price", by=rep, **wrong)
        assert problem.value.field in wrong


def test_the_dialog_names_the_quotes_and_suggests_the_only_competitor(client, rep, deal, quotes):
    volta = CompetitorFactory(name="Volta")
    deal.rivalries.create(competitor=volta)
    client.force_login(rep)
    url = reverse("sales:opportunity-lose", args=[deal.pk])
    page = client.get(url).content.decode()
    assert f"Close its 2 open quotes, too: {quotes[0]}, {quotes[1]}" in page
    assert 'value="Volta"' in page
    data = {"reason": "out_sold", "competitor": volta.pk, "closed_on": timezone.localdate(), "close_quotes": "on"}
    page = client.post(url, data, follow=True).content.decode()
    assert "Closed as lost." in page
    assert 'to <a href="' + volta.get_absolute_url() in page
    assert Quote.objects.get(pk=quotes[0].pk).close_reason == "lost"


def test_what_nobody_got_is_not_lost_to_the_suggested_competitor(client, rep, deal):
    volta = CompetitorFactory()
    deal.rivalries.create(competitor=volta)
    client.force_login(rep)
    data = {"reason": "no_decision", "competitor": volta.pk, "closed_on": timezone.localdate()}
    client.post(reverse("sales:opportunity-lose", args=[deal.pk]), data)
    lost = Opportunity.objects.get()
    assert (lost.lost_reason, lost.lost_to) == ("no_decision", None)


def test_a_dialog_that_was_open_meanwhile_says_who_closed_it(client, rep, manager, deal):
    url = reverse("sales:opportunity-win", args=[deal.pk])
    lose_opportunity(deal, reason="price", by=manager)
    client.force_login(rep)
    page = client.post(url, {"revenue": "5", "closed_on": timezone.localdate()}, follow=True).content.decode()
    assert "is already lost: Max Manager closed it on" in page
    assert Opportunity.objects.get().status == "lost"


def test_the_api_closes_with_competitor_and_quotes_and_tells_every_close(client, rep, deal, quotes):
    volta = CompetitorFactory(name="Volta")
    client.force_login(rep)
    here = f"/api/v1/opportunities/{deal.pk}/"
    wish = {"reason": "price", "competitor": volta.pk, "revenue": "12.50", "close_quotes": True}
    told = client.post(f"{here}lose/", wish, content_type="application/json").json()
    assert (told["lost_reason"], told["lost_to"], told["actual_revenue"]) == ("price", volta.pk, None)
    assert [(c["status"], c["competitor"], c["revenue"]) for c in told["closes"]] == [("lost", volta.pk, "12.50")]
    assert client.get(f"/api/v1/opportunities/?lost_to={volta.pk}").json()["results"][0]["id"] == deal.pk
    assert Quote.objects.get(pk=quotes[0].pk).status == "closed"


def test_a_competitor_that_is_not_there_cannot_be_named(client, deal):
    other = OpportunityFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]))
    client.force_login(other.owner)
    answer = client.post(
        f"/api/v1/opportunities/{other.pk}/lose/",
        {"reason": "price", "competitor": 99},
        content_type="application/json",
    )
    assert answer.status_code == 400
