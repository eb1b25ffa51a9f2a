"""Which documents a person sees through a deal, and which of them end with it."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.models import User
from sales.models import Opportunity, Order, Quote, QuoteStatus
from sales.models.deal_people import deals_worked_on


def quotes_of_deals(user: User) -> QuerySet:
    """Whoever sees a deal sees its quotes."""
    return Quote.objects.filter(opportunity__in=Opportunity.objects.visible_to(user)).order_by().values("pk")


def quotes_worked_on(user: User) -> QuerySet:
    """Whoever is on the sales team of a deal, and may change it, may change its quotes."""
    deals = Opportunity.objects.editable_by(user).filter(pk__in=deals_worked_on(user))
    return Quote.objects.filter(opportunity__in=deals).order_by().values("pk")


def orders_of_deals(user: User) -> QuerySet:
    """Whoever sees a deal sees its orders."""
    return Order.objects.filter(opportunity__in=Opportunity.objects.visible_to(user)).order_by().values("pk")


def quotes_to_close(opportunity: Opportunity, user: User) -> QuerySet[Quote]:
    """The deal's quotes that are still open and within the user's reach."""
    still_open = Quote.objects.editable_by(user).filter(
        opportunity=opportunity, status__in=[QuoteStatus.DRAFT, QuoteStatus.ACTIVE]
    )
    found: QuerySet[Quote] = still_open.order_by("pk")
    return found
