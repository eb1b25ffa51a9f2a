"""Leads and opportunities for tests."""

from decimal import Decimal

from django.utils import timezone
from factory import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from sales.actions.opportunities import open_opportunity
from sales.models import AssignmentRule, Competitor, Lead, Opportunity
from tests.factories.crm import AccountFactory, ContactFactory

QUALIFIED = {"purchase_timeframe": "this_quarter", "budget_amount": Decimal("50000")}
DEVELOPED = {"customer_need": "Speed", "proposed_solution": "A tandem"}
PROPOSED = {"proposal_developed": True, "proposal_presented": True}
"""What the default process requires, stage by stage."""


def put_into_close(deal):
    """It stands in the last stage, with all that the stages before it ask for."""
    Opportunity.objects.filter(pk=deal.pk).update(stage="close", **QUALIFIED, **DEVELOPED, **PROPOSED)


class LeadFactory(DjangoModelFactory):
    topic = Sequence("Wants a tandem {}".format)
    contact = SubFactory(ContactFactory, is_prospect=True, company_name="Northwind")
    company_name = "Northwind"
    assigned_at = LazyAttribute(lambda lead: timezone.now() if lead.owner else None)
    owner = None

    class Meta:
        model = Lead


class OpportunityFactory(DjangoModelFactory):
    """Opened by the action, so that it has its process, its first visit and its base-currency value."""

    topic = Sequence("Platform renewal {}".format)
    account = SubFactory(AccountFactory)
    contact = SubFactory(ContactFactory)
    estimated_revenue = Decimal("48000")
    owner = None

    class Meta:
        model = Opportunity

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        by = kwargs.pop("by", None)
        owner = kwargs.pop("owner")
        return open_opportunity(owner=owner, by=by or owner, **kwargs)


class AssignmentRuleFactory(DjangoModelFactory):
    name = Sequence("Rule {}".format)

    class Meta:
        model = AssignmentRule


class CompetitorFactory(DjangoModelFactory):
    name = Sequence("Rival {}".format)

    class Meta:
        model = Competitor
