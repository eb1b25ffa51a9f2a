"""What sales relates to accounts and contacts: deals, leads, documents; and what deals add up to over a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.hooks.related import Related, register
from crm.hooks.rollups import Rollup
from crm.hooks.rollups import register as register_rollup
from crm.templatetags.ui import money
from sales.models import Invoice, Lead, Opportunity, Order, Quote


def register_all() -> None:
    register_rollup(Rollup("deals", _("Open deals"), open_deals, "estimated_revenue_base", order=20))
    for on in ("crm.account", "crm.contact"):
        _relate(on, "opportunities", Opportunity, _("Opportunities"), "sales:opportunities", worth, 20, new_deal)
        _relate(on, "leads", Lead, _("Leads"), "sales:leads", None, 30, new_lead if on == "crm.contact" else None)
        _relate(on, "quotes", Quote, _("Quotes"), "sales:quotes", total, 40, new_quote)
        _relate(on, "orders", Order, _("Orders"), "sales:orders", total, 50)
        _relate(on, "invoices", Invoice, _("Invoices"), "sales:invoices", total, 60)


def _relate(
    on: str,
    name: str,
    model: Any,
    label: Any,
    url: str,
    amount: Callable[[Any], Any] | None,
    order: int,
    new: Callable[[Any], str] | None = None,
) -> None:
    """Whatever names the record in its column `account` or `contact`."""
    column = on.partition(".")[2]

    def rows(user: Any, record: Any) -> QuerySet:
        found: QuerySet = model.objects.visible_to(user).filter(**{column: record}).order_by("-pk")
        return found

    def all_of(record: Any) -> str:
        return f"{reverse(url)}?{column}={record.pk}"

    register(Related(name, on, model._meta.label_lower, label, rows, all_of, amount, new, order))


def open_deals(user: Any) -> QuerySet:
    deals: QuerySet = Opportunity.objects.visible_to(user).open()
    return deals


def worth(deal: Opportunity) -> str:
    return money(deal.estimated_revenue if deal.is_open else deal.actual_revenue, deal.currency_id)


def total(document: Any) -> str:
    return money(document.total, document.currency_id)


def new_deal(record: Any) -> str:
    return f"{reverse('sales:opportunity-new')}?{record._meta.model_name}={record.pk}"


def new_lead(contact: Any) -> str:
    return f"{reverse('sales:lead-new')}?contact={contact.pk}"


def new_quote(record: Any) -> str:
    return f"{reverse('sales:quote-new')}?{record._meta.model_name}={record.pk}"
