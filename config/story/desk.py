"""What the rep does with a lead that was handed over: call, demo, qualify, four stages, quote, win, invoice, paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.actions.activities import book_appointment, log_activity
from crm.models import Activity, User
from sales.actions.invoices import create_invoice, pay_invoice
from sales.actions.leads import qualify_lead
from sales.actions.lines import LineInput, change_opportunity_lines
from sales.actions.orders import create_order
from sales.actions.quotes import activate_quote, create_quote
from sales.actions.stages import advance_opportunity
from sales.models import Invoice, Lead, Opportunity, Order, Product, Quote
from sales.pdf import render_pdf

STAGES: list[dict[str, Any]] = [
    {"purchase_timeframe": "this_quarter", "budget_amount": Decimal(80_000), "decision_maker": True},
    {
        "customer_need": "A fleet that is ready every morning.",
        "proposed_solution": "Forty bikes with a service contract.",
    },
    {"proposal_developed": True, "proposal_presented": True},
]
"""What the customer told us, stage by stage: the steps that a stage requires before it lets go."""


@dataclass
class Sold:
    opportunity: Opportunity
    quote: Quote
    order: Order
    invoice: Invoice
    pdf: bytes


def sell(lead: Lead, rep: User) -> Sold:
    """The whole way from a new lead to a paid invoice, by the actions behind the rep's buttons."""
    now = timezone.now()
    log_activity(kind=Activity.Kind.CALL, subject="First call", regarding=lead, outcome="Wants to see it", by=rep)
    start = (now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    book_appointment(
        subject="Product demo", starts_at=start, ends_at=start + timedelta(hours=1), regarding=lead, by=rep
    )
    lead = qualify_lead(
        lead, estimated_revenue=Decimal(80_000), estimated_close=(now + timedelta(days=20)).date(), by=rep
    )
    deal = Opportunity.objects.get(lead=lead)
    for values in STAGES:
        deal = advance_opportunity(deal, by=rep, **values)
    products = Product.objects.filter(status="active").order_by("pk")[:2]
    lines = [LineInput(product=product, quantity=Decimal(4)) for product in products]
    deal = change_opportunity_lines(deal, lines=lines, by=rep)
    quote = create_quote(opportunity=deal, by=rep)
    pdf = render_pdf(quote)
    quote = activate_quote(quote, by=rep)
    order = create_order(quote, steps={"final_proposal_ready": True}, by=rep)
    invoice = pay_invoice(create_invoice(order, by=rep), method="transfer", reference="Statement 1", by=rep)
    return Sold(Opportunity.objects.get(pk=deal.pk), quote, order, invoice, pdf)
