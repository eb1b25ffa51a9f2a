"""What came of a message: leads made, deals opened and deals won of the person, not before it was sent and within some days."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Sum

from crm.models import Message
from crm.queries.rates import base_currency
from sales.models import Lead, Opportunity, OpportunityStatus


def lead(within: timedelta) -> Q:
    return Q(Exists(Lead.objects.alive().filter(**_after(within))))


def opportunity(within: timedelta) -> Q:
    return Q(Exists(Opportunity.objects.alive().filter(**_after(within))))


def won(within: timedelta) -> Q:
    """Opened in that time; won whenever."""
    return Q(Exists(Opportunity.objects.alive().filter(status=OpportunityStatus.WON, **_after(within))))


def revenue(messages: QuerySet[Message], within: timedelta) -> tuple[Decimal, str]:
    """What those deals earned, in the company's base currency; a deal counts once, whatever the number of messages."""
    sent = messages.filter(
        contact=OuterRef("contact_id"), sent_at__lte=OuterRef("created_at"), sent_at__gt=_moved("created_at", -within)
    )
    deals = Opportunity.objects.alive().filter(Exists(sent), status=OpportunityStatus.WON)
    return deals.aggregate(sum=Sum("actual_revenue_base"))["sum"] or Decimal(0), base_currency()


def _after(within: timedelta) -> dict[str, Any]:
    return {
        "contact": OuterRef("contact_id"),
        "created_at__gte": OuterRef("sent_at"),
        "created_at__lt": _moved("sent_at", within),
    }


def _moved(column: str, by: timedelta) -> ExpressionWrapper:
    return ExpressionWrapper(OuterRef(column) + by, output_field=DateTimeField())
