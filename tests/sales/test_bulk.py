"""Leads and opportunities in bulk: each by the action that does it for one, with its rules and its log."""

import pytest

from crm.actions.bulk import revert_run, start_run
from crm.errors import Invalid
from crm.hooks import records
from crm.models import Account, Interaction, Notification
from sales.actions.leads import reactivate_lead
from sales.models import Competitor, Lead, Opportunity, OpportunityClose
from tests.factories.crm import AccountFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def begin(action, rows, by, kind="sales.lead", **values):
    chosen = records.get(kind).model.objects.visible_to(by).filter(pk__in=[row.pk for row in rows])
    return start_run(kind, action, chosen, values=values, by=by)


def counts(run):
    return (run.status, run.done_count, run.skipped_count, run.failed_count)


def test_several_leads_are_qualified_as_one_by_one(rep):
    AccountFactory(name="Northwind")
    leads = LeadFactory.create_batch(3, owner=rep)
    closed = LeadFactory(owner=rep)
    closed.disqualify("lost")
    closed.save()
    run = begin("sales.qualify", [*leads, closed], rep, create_opportunity=True)
    assert counts(run) == ("done", 3, 1, 0)
    assert run.items.get(record_id=closed.pk).sentence.endswith("is already disqualified.")
    assert (Opportunity.objects.count(), Account.objects.count()) == (3, 1)
    assert Interaction.objects.filter(kind="lead.qualified").count() == 3


def test_leads_are_disqualified_with_a_reason_and_taken_back(rep):
    leads = LeadFactory.create_batch(2, owner=rep)
    run = begin("sales.disqualify", leads, rep, reason="cannot_contact")
    assert set(Lead.objects.values_list("status", "disqualify_reason")) == {("disqualified", "cannot_contact")}
    reactivate_lead(leads[0], by=rep)
    undoing = revert_run(run, by=rep)
    assert counts(undoing) == ("done", 1, 1, 0)
    assert set(Lead.objects.values_list("status", flat=True)) == {"open"}


def test_assigned_leads_are_logged_each_and_told_once(manager, rep):
    leads = LeadFactory.create_batch(3, owner=manager)
    run = begin("assign", leads, manager, owner=rep.pk)
    assert counts(run) == ("done", 3, 0, 0)
    assert Interaction.objects.filter(kind="lead.assigned").count() == 3
    assert [(note.user, note.text) for note in Notification.objects.all()] == [(rep, "Max Manager gave you 3 leads.")]
    assert all(lead.assigned_at for lead in Lead.objects.all())


def test_a_closed_lead_is_neither_edited_nor_assigned(manager, rep):
    lead = LeadFactory(owner=manager)
    lead.disqualify("lost")
    lead.save()
    for action, values in (("edit", {"field": "rating", "value": "hot"}), ("assign", {"owner": rep.pk})):
        assert counts(begin(action, [lead], manager, **values)) == ("done", 0, 1, 0)


def test_an_edited_amount_keeps_its_base_value_and_is_reverted_with_it(rep):
    deals = OpportunityFactory.create_batch(2, owner=rep)
    run = begin("edit", deals, rep, "sales.opportunity", field="estimated_revenue", value="500")
    assert set(Opportunity.objects.values_list("estimated_revenue_base", flat=True)) == {500}
    assert counts(revert_run(run, by=rep)) == ("done", 2, 0, 0)
    assert set(Opportunity.objects.values_list("estimated_revenue_base", flat=True)) == {48000}


def test_many_deals_are_lost_to_one_competitor(rep):
    rival = Competitor.objects.create(name="Rivalry Ltd", owner=rep)
    deals = [OpportunityFactory(owner=rep) for _ in range(2)]
    begin("sales.lose", deals, rep, "sales.opportunity", reason="out_sold", competitor=rival.pk)
    assert [one.lost_to for one in Opportunity.objects.all()] == [rival, rival]
    assert [close.competitor for close in OpportunityClose.objects.all()] == [rival, rival]


def test_a_competitor_that_does_not_exist_is_refused(rep):
    with pytest.raises(Invalid) as refused:
        begin("sales.lose", [OpportunityFactory(owner=rep)], rep, "sales.opportunity", reason="price", competitor=999)
    assert refused.value.field == "values.competitor"


def test_deals_are_closed_as_lost_and_reopened(rep):
    deals = OpportunityFactory.create_batch(2, owner=rep)
    run = begin("sales.lose", deals, rep, "sales.opportunity", reason="price")
    assert set(Opportunity.objects.values_list("status", flat=True)) == {"lost"}
    assert counts(revert_run(run, by=rep)) == ("done", 2, 0, 0)


def test_a_rep_disqualifies_no_lead_of_a_colleague(rep):
    own, colleague = LeadFactory(owner=rep), LeadFactory(owner=UserFactory(team=rep.team, roles=["rep"]))
    foreign = LeadFactory(owner=UserFactory(team=TeamFactory()))
    run = begin("sales.disqualify", [own, colleague, foreign], rep, reason="lost")
    assert counts(run) == ("done", 1, 1, 0)
    assert not run.items.filter(record_id=foreign.pk).exists()
