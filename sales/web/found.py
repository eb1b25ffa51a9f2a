"""How leads, opportunities, documents and products are shown where they are found."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.hooks.search import SearchSource
from sales.models import Competitor, Lead, Opportunity, Product


def about_lead(lead: Lead) -> str:
    return f"{lead.contact} · {lead.get_status_display()}"


def about_deal(deal: Opportunity) -> str:
    return f"{deal.customer} · {deal.get_status_display()}"


def about_document(document: Any) -> str:
    state = getattr(document, "status_words", "") or document.get_status_display()
    return f"{document.billing_name} · {state}"


def about_product(product: Product) -> str:
    return f"{product.number} · {product.get_status_display()}"


def about_competitor(competitor: Competitor) -> str:
    return competitor.website


SOURCES: tuple[SearchSource, ...] = (
    SearchSource("sales.lead", _("Leads"), "user-star", about_lead, ("contact",), 30),
    SearchSource("sales.opportunity", _("Opportunities"), "target", about_deal, ("account", "contact"), 40),
    SearchSource("sales.quote", _("Quotes"), "file-text", about_document, (), 50),
    SearchSource("sales.order", _("Orders"), "shopping-cart", about_document, (), 52),
    SearchSource("sales.invoice", _("Invoices"), "file-invoice", about_document, (), 54),
    SearchSource("sales.product", _("Products"), "package", about_product, (), 56),
    SearchSource("sales.competitor", _("Competitors"), "swords", about_competitor, (), 58),
)
