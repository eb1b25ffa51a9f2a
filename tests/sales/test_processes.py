"""The sales process: what its stages ask for, how it ends, a second one beside it, and when a deal stands still."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from crm.errors import Invalid, NotAllowed
from crm.models import Interaction
from sales.actions.closing import reopen_opportunity, win_opportunity
from sales.actions.opportunities import change_opportunity, open_opportunity
from sales.actions.processes import abandon_process, choose_process, finish_process, resume_process
from sales.actions.stages import advance_opportunity, move_back, set_stage
from sales.actions.steps import StepsMissing
from sales.models import Opportunity, Process, ProcessStep
from sales.queries.steps import process_bar
from tests.factories.crm import AccountFactory
from tests.factories.deals import DEVELOPED, PROPOSED, QUALIFIED, OpportunityFactory, put_into_close

pytestmark = pytest.mark.django_db
CLOSED = {"final_proposal_ready": True}


@pytest.fixture
def deal(rep):
    return OpportunityFactory(owner=rep)


@pytest.fixture
def renewal():
    """A second process from the same stages, with other steps."""
    made = Process.objects.create(name="Renewal", qualify_days=3, develop_days=5)
    ProcessStep.objects.create(process=made, stage="qualify", field="need", is_required=True)
    return made


# Steps


def test_a_step_emptied_later_is_missing_and_blocks_the_next_advance(deal, rep):
    deal = advance_opportunity(deal, by=rep, **QUALIFIED)
    deal = change_opportunity(deal, budget_amount=None, by=rep)
    assert [chip.to_do for chip in process_bar(deal, timezone.now())] == [1, 2, 2, 1]
    with pytest.raises(StepsMissing, match=r"^Qualify still needs “Budget amount”.$"):
        advance_opportunity(deal, by=rep, **DEVELOPED)
    assert advance_opportunity(deal, by=rep, budget_amount=Decimal(1), **DEVELOPED).stage == "propose"


def test_a_step_emptied_later_blocks_the_win_until_it_is_filled_there(deal, rep):
    deal = advance_opportunity(deal, by=rep, **QUALIFIED)
    deal = change_opportunity(deal, budget_amount=None, by=rep)
    with pytest.raises(StepsMissing, match="Budget amount"):
        win_opportunity(deal, revenue=Decimal(1), by=rep)
    won = win_opportunity(deal, revenue=Decimal(1), steps={"budget_amount": Decimal(9)}, by=rep)
    assert (won.status, won.budget_amount) == ("won", Decimal(9))


def test_back_asks_for_nothing_even_where_something_was_emptied(deal, rep):
    deal = set_stage(deal, stage="propose", by=rep, **QUALIFIED, **DEVELOPED)
    deal = change_opportunity(deal, budget_amount=None, customer_need="", by=rep)
    assert set_stage(deal, stage="qualify", by=rep).stage == "qualify"


def test_a_step_that_two_stages_ask_for_is_named_once(deal, rep):
    process = Process.objects.get(is_default=True)
    ProcessStep.objects.create(process=process, stage="develop", field="budget_amount", is_required=True, order=1)
    with pytest.raises(StepsMissing) as problem:
        set_stage(deal, stage="propose", by=rep)
    wanted = ["purchase_timeframe", "budget_amount", "customer_need", "proposed_solution"]
    assert [step.path for step in problem.value.steps] == wanted


# Finish, abandon, take up again


def test_a_process_is_finished_in_the_last_stage_once_all_is_there(deal, rep):
    with pytest.raises(NotAllowed, match="is not in the last stage yet"):
        finish_process(deal, by=rep)
    deal = set_stage(deal, stage="close", by=rep, **QUALIFIED, **DEVELOPED, **PROPOSED)
    with pytest.raises(StepsMissing, match="Final proposal ready"):
        finish_process(deal, by=rep)
    deal = finish_process(change_opportunity(deal, by=rep, **CLOSED), by=rep)
    assert (deal.process_state, deal.status) == ("finished", "open")
    assert not deal.visits.filter(left_at=None).exists()
    with pytest.raises(NotAllowed, match=r"is finished. Take it up again"):
        move_back(deal, by=rep)


def test_a_win_in_the_last_stage_finishes_the_process_and_a_reopening_takes_it_up(deal, rep):
    put_into_close(deal)
    won = win_opportunity(deal, revenue=Decimal(1), steps=CLOSED, by=rep)
    assert won.process_state == "finished"
    opened = reopen_opportunity(won, by=rep)
    assert (opened.process_state, opened.process_ended_at) == ("active", None)
    assert opened.visits.filter(left_at=None).count() == 1


def test_an_abandoned_process_asks_for_nothing_and_the_sale_goes_on(deal, rep):
    deal = abandon_process(deal, by=rep)
    assert (deal.process_state, deal.status, deal.is_stalled(timezone.now() + timedelta(99))) == (
        "abandoned",
        "open",
        False,
    )
    with pytest.raises(NotAllowed, match=r"is abandoned. Take it up again"):
        advance_opportunity(deal, by=rep, **QUALIFIED)
    again = resume_process(deal, by=rep)
    assert (again.process_state, again.visits.count(), again.visits.filter(left_at=None).count()) == ("active", 2, 1)
    assert win_opportunity(abandon_process(again, by=rep), revenue=Decimal(1), by=rep).status == "won"


def test_the_end_of_a_process_tells_its_state(deal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=deal.pk).update(process_state="abandoned")


# A second process


def test_a_deal_begins_with_the_process_that_is_chosen(renewal, rep):
    deal = open_opportunity(topic="Once more", account=AccountFactory(), process=renewal, by=rep)
    with pytest.raises(StepsMissing, match=r"^Qualify still needs “Need”.$"):
        advance_opportunity(deal, by=rep)
    assert set_stage(deal, stage="close", by=rep, need="must").stage == "close"


def test_a_deal_goes_over_to_another_process_in_its_stage(deal, renewal, rep):
    deal = advance_opportunity(deal, by=rep, **QUALIFIED)
    deal = choose_process(deal, process=renewal, by=rep)
    assert (deal.stage, deal.process) == ("develop", renewal)
    assert Interaction.objects.get(kind="process.chosen").data["text"] == "Sales process → Renewal"
    with pytest.raises(StepsMissing, match="“Need”"):
        advance_opportunity(deal, by=rep)


def test_a_process_that_is_no_longer_offered_cannot_be_chosen(deal, renewal, rep):
    Process.objects.filter(pk=renewal.pk).update(is_active=False)
    with pytest.raises(Invalid, match="no longer offered"):
        choose_process(deal, process=Process.objects.get(pk=renewal.pk), by=rep)


# Time


def test_a_stage_counts_every_stay_and_the_bar_the_whole(deal, rep):
    now = timezone.now()
    visit = deal.visits.get()
    visit.entered_at, visit.left_at = now - timedelta(days=9), now - timedelta(days=5, hours=12)
    visit.save()
    deal.visits.create(stage="develop", entered_at=visit.left_at, left_at=now - timedelta(days=4))
    deal.visits.create(stage="qualify", entered_at=now - timedelta(days=4))
    bar = process_bar(deal, now)
    assert [chip.spent for chip in bar] == [timedelta(days=7, hours=12), timedelta(days=1, hours=12), None, None]
    assert bar.spent == timedelta(days=9)


def test_a_deal_stands_still_after_the_days_its_process_gives_the_stage(rep, renewal):
    now = timezone.now()
    since = now - timedelta(days=4)
    usual = OpportunityFactory(owner=rep, stage_since=since)
    short = OpportunityFactory(owner=rep, stage_since=since, process=renewal)
    assert (usual.is_stalled(now), short.is_stalled(now)) == (False, True)
    assert list(Opportunity.objects.stalled(now)) == [short]


# Pages


def test_next_stage_asks_in_its_place_for_what_is_missing(client, rep, deal):
    client.force_login(rep)
    url = reverse("sales:opportunity-advance", args=[deal.pk])
    asked = client.post(url, headers={"HX-Request": "true"})
    assert asked.templates[0].name == "sales/opportunities/_ask.html"
    assert "Qualify still needs “Purchase timeframe”, “Budget amount”." in asked.text
    there = reverse("sales:opportunity-move", args=[deal.pk, "develop"])
    refused = client.post(there, {"budget_amount": "7"})
    assert (refused.status_code, list(refused.context["stage_form"].errors)) == (422, ["purchase_timeframe"])
    assert client.post(there, {"budget_amount": "7", "purchase_timeframe": "immediate"}).url == deal.get_absolute_url()
    assert Opportunity.objects.get().stage == "develop"


def test_the_form_of_a_stage_asks_for_what_was_emptied_before_it(client, rep, deal):
    deal = advance_opportunity(deal, by=rep, **QUALIFIED)
    change_opportunity(deal, budget_amount=None, by=rep)
    client.force_login(rep)
    form = client.get(reverse("sales:opportunity-stage", args=[deal.pk, "develop"])).context["stage_form"]
    assert list(form.fields) == ["budget_amount", "customer_need", "proposed_solution", "pain_points"]


def test_the_process_is_abandoned_taken_up_and_exchanged_on_its_page(client, rep, deal, renewal):
    client.force_login(rep)
    client.post(reverse("sales:opportunity-abandon", args=[deal.pk]))
    assert "Take it up again" in client.get(deal.get_absolute_url()).text
    client.post(reverse("sales:opportunity-resume", args=[deal.pk]))
    assert "Next stage" in client.get(deal.get_absolute_url()).text
    client.post(reverse("sales:opportunity-process", args=[deal.pk]), {"process": renewal.pk})
    assert Opportunity.objects.get().process == renewal


def test_finishing_leads_to_what_the_last_stage_lacks(client, rep, deal):
    put_into_close(deal)
    client.force_login(rep)
    answer = client.post(reverse("sales:opportunity-finish", args=[deal.pk]), follow=True)
    assert "Close still needs “Final proposal ready”." in answer.text
    change_opportunity(Opportunity.objects.get(), by=rep, **CLOSED)
    client.post(reverse("sales:opportunity-finish", args=[deal.pk]))
    assert Opportunity.objects.get().process_state == "finished"


def test_a_new_deal_is_asked_for_its_process_where_there_is_a_choice(client, rep, renewal):
    AccountFactory(name="Northwind")
    client.force_login(rep)
    url = reverse("sales:opportunity-new")
    assert "id_process" in client.get(url).text
    data = {"topic": "Renewal", "account": "Northwind", "currency": "EUR", "estimated_revenue": "10", "rating": "hot"}
    client.post(url, {**data, "process": renewal.pk})
    assert Opportunity.objects.get().process == renewal
    Process.objects.filter(pk=renewal.pk).update(is_active=False)
    assert "id_process" not in client.get(url).text


def test_a_manager_makes_another_process_of_one_that_is_there(client, manager):
    client.force_login(manager)
    days = {f"{stage}_days": 7 for stage in ("qualify", "develop", "propose", "close")}
    step = {"stage": "qualify", "field": "need", "is_required": "on", "order": 1, "label": ""}
    data = {"name": "Tender", "description": "", "is_active": "on", **days, "_saveasnew": "1"}
    data |= {"steps-TOTAL_FORMS": 1, "steps-INITIAL_FORMS": 0, **{f"steps-0-{name}": one for name, one in step.items()}}
    default = Process.objects.get()
    client.post(reverse("admin:sales_process_change", args=[default.pk]), data)
    made = Process.objects.get(name="Tender")
    assert (made.is_default, made.days_in("close"), made.steps.get().field) == (False, 7, "need")
    assert default.steps.count() == 15


# API


def test_the_api_finishes_abandons_and_exchanges_a_process(client, rep, deal, renewal):
    client.force_login(rep)
    here = f"/api/v1/opportunities/{deal.pk}"
    assert client.post(f"{here}/finish-process/").status_code == 409
    assert client.post(f"{here}/abandon-process/").json()["process_state"] == "abandoned"
    assert client.post(f"{here}/resume-process/").json()["process_state"] == "active"
    chosen = client.post(f"{here}/choose-process/", {"process": renewal.pk}, content_type="application/json")
    assert chosen.json()["process"] == renewal.pk
