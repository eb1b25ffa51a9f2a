"""The nouns of sales."""

from sales.models.assignment import AssignmentRule, Unassigned
from sales.models.competitors import Competitor, Rivalry
from sales.models.deal_people import DealMember, Stakeholder, StakeholderRole, TeamRole
from sales.models.deal_receipts import DealReceipt
from sales.models.documents import NumberSequence
from sales.models.invoices import Invoice, InvoiceLine, InvoiceStatus, Payment, PaymentMethod
from sales.models.leads import DisqualifyReason, Lead, LeadStatus, Progress, SourceKind
from sales.models.opportunities import (
    ForecastCategory,
    LostReason,
    Opportunity,
    OpportunityClose,
    OpportunityStatus,
    ProcessState,
    RevenueMode,
    StageVisit,
)
from sales.models.opportunity_lines import OpportunityLine
from sales.models.orders import Order, OrderLine, OrderStatus
from sales.models.processes import Process, ProcessStep, Stage
from sales.models.products import PriceList, PriceListItem, Product, ProductStatus, TaxRate
from sales.models.quotas import Quota
from sales.models.quotes import CloseReason, Quote, QuoteLine, QuoteStatus
from sales.models.sellers import WEEKDAYS, Absence, Seller

__all__ = [
    "WEEKDAYS",
    "Absence",
    "AssignmentRule",
    "CloseReason",
    "Competitor",
    "DealMember",
    "DealReceipt",
    "DisqualifyReason",
    "ForecastCategory",
    "Invoice",
    "InvoiceLine",
    "InvoiceStatus",
    "Lead",
    "LeadStatus",
    "LostReason",
    "NumberSequence",
    "Opportunity",
    "OpportunityClose",
    "OpportunityLine",
    "OpportunityStatus",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentMethod",
    "PriceList",
    "PriceListItem",
    "Process",
    "ProcessState",
    "ProcessStep",
    "Product",
    "ProductStatus",
    "Progress",
    "Quota",
    "Quote",
    "QuoteLine",
    "QuoteStatus",
    "RevenueMode",
    "Rivalry",
    "Seller",
    "SourceKind",
    "Stage",
    "StageVisit",
    "Stakeholder",
    "StakeholderRole",
    "TaxRate",
    "TeamRole",
    "Unassigned",
]
