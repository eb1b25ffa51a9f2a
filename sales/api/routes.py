"""The resources of sales under /api/v1/."""

from rest_framework.routers import BaseRouter

from sales.api.assignment import AssignmentRuleViewSet
from sales.api.competitors import CompetitorViewSet, RivalryViewSet
from sales.api.deal_people import MemberViewSet, StakeholderViewSet
from sales.api.documents import InvoiceViewSet, OrderViewSet, QuoteViewSet
from sales.api.leads import LeadViewSet
from sales.api.opportunities import OpportunityViewSet
from sales.api.products import PriceListViewSet, ProductViewSet, TaxRateViewSet
from sales.api.sellers import AbsenceViewSet, SellerViewSet


def register(router: BaseRouter) -> None:
    """Called once by config.api."""
    router.register("leads", LeadViewSet)
    router.register("opportunities", OpportunityViewSet)
    router.register("competitors", CompetitorViewSet)
    router.register("stakeholders", StakeholderViewSet)
    router.register("deal-members", MemberViewSet)
    router.register("deal-competitors", RivalryViewSet)
    router.register("assignment-rules", AssignmentRuleViewSet)
    router.register("sellers", SellerViewSet, "seller")
    router.register("absences", AbsenceViewSet, "absence")
    router.register("products", ProductViewSet)
    router.register("price-lists", PriceListViewSet)
    router.register("tax-rates", TaxRateViewSet)
    router.register("quotes", QuoteViewSet)
    router.register("orders", OrderViewSet)
    router.register("invoices", InvoiceViewSet)
