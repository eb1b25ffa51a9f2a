"""Which documents a person sees through a deal."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.models import User
from sales.models import Opportunity, Order, Quote


def quotes_of_deals(user: User) -> QuerySet:
    """Whoever sees a deal sees its quotes."""
    return Quote.objects.filter(opportunity__in=Opportunity.objects.visible_to(user)).order_by().values("pk")


def orders_of_deals(user: User) -> QuerySet:
    """Whoever sees a deal sees its orders."""
    return Order.objects.filter(opportunity__in=Opportunity.objects.visible_to(user)).order_by().values("pk")
