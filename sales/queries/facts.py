"""What sales knows about a contact: for rules, for the results of a campaign, and for who may see whom."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from crm.access.depths import Depth, depth_of, seen_through
from crm.models import Campaign
from crm.queries.rates import base_currency
from crm.rules.columns import among
from sales.models import Lead, LeadStatus, Opportunity, OpportunityStatus


def has_open_lead(op: str, value: bool) -> Q:
    given = among("pk", Lead.objects.alive().open(), "contact")
    return given if value else ~given


def has_open_opportunity(op: str, value: bool) -> Q:
    given = among("pk", Opportunity.objects.alive().open().exclude(contact=None), "contact")
    return given if value else ~given


def open_leads_of(contact: Any, user: Any) -> QuerySet:
    """Those that the user works on."""
    return Lead.objects.alive().open().filter(contact=contact, owner=user)


def open_opportunities_of(contact: Any, user: Any) -> QuerySet:
    return Opportunity.objects.alive().open().filter(contact=contact, owner=user)


def lead_rating(op: str, value: Any) -> Q:
    """The rating of the open lead; a person has at most one."""
    open_leads = Lead.objects.alive().open()
    match op:
        case "is":
            return among("pk", open_leads.filter(rating=value), "contact")
        case "is_any_of":
            return among("pk", open_leads.filter(rating__in=value), "contact")
        case "is_not":
            return ~lead_rating("is", value)
        case "is_none_of":
            return ~lead_rating("is_any_of", value)
        case "is_filled":
            return has_open_lead("is", True)
        case "is_empty":
            return has_open_lead("is", False)
    raise LookupError(f"The lead rating cannot be tested with “{op}”.")


def contacts_with_leads(campaign: Campaign) -> QuerySet:
    return Lead.objects.alive().filter(campaign=campaign).order_by().values("contact").distinct()


def contacts_with_opportunities(campaign: Campaign) -> QuerySet:
    return _deals(campaign).values("contact").distinct()


def contacts_won(campaign: Campaign) -> QuerySet:
    return _deals(campaign).filter(status=OpportunityStatus.WON).values("contact").distinct()


def revenue_won(campaign: Campaign) -> tuple[Decimal, str]:
    """In the company's base currency."""
    won = Opportunity.objects.alive().filter(campaign=campaign, status=OpportunityStatus.WON)
    return won.aggregate(sum=Sum("actual_revenue_base"))["sum"] or Decimal(0), base_currency()


def contacts_seen_through_leads(user: Any) -> QuerySet:
    return seen_through(Lead, user, "contact")


def leads_of_nobody(user: Any) -> QuerySet | None:
    """Who assigns the leads of a team or more, also sees those that are nobody's and no team's, to find somebody."""
    if depth_of(user, "sales.lead", "assign") < Depth.BRANCH:
        return None
    return (
        Lead._base_manager.filter(owner=None, team=None, status=LeadStatus.OPEN, deleted_at=None)
        .order_by()
        .values("pk")
    )


def contacts_seen_through_opportunities(user: Any) -> QuerySet:
    return seen_through(Opportunity, user, "contact")


def leads_of_deals(user: Any) -> QuerySet:
    """What the deals that the user sees came from."""
    return seen_through(Opportunity, user, "lead")


def contacts_with_a_say(user: Any) -> QuerySet:
    """Stakeholders of the deals that the user sees."""
    return seen_through(Opportunity, user, "stakeholders__contact")


def _deals(campaign: Campaign) -> QuerySet:
    return Opportunity.objects.alive().filter(campaign=campaign).exclude(contact=None).order_by()


def count(people: Callable[[Campaign], QuerySet]) -> Callable[[Campaign], int]:
    """The number of distinct people that `people` answers."""
    return lambda campaign: people(campaign).count()
