"""What the bin must know about leads and opportunities, and what keeps their customers out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.bin_rules import COMPANY_GONE, PERSON_GONE, customers_in_the_bin, todos_about
from crm.hooks import bin as hook
from crm.hooks.bin import Along, BinRule, Ids
from crm.hooks.registry import Text
from crm.models import Account, Contact
from sales.models import Invoice, InvoiceStatus, Lead, Opportunity, Order, OrderStatus, Quote


def register_all() -> None:
    hook.register(BinRule("sales.account", "crm.account", why_stay=accounts_still_dealt_with))
    hook.register(BinRule("sales.contact", "crm.contact", along=open_leads_of, why_stay=contacts_still_dealt_with))
    hook.register(BinRule("sales.lead", "sales.lead", along=todos_about_leads, why_not_back=leads_that_cannot_return))
    hook.register(
        BinRule(
            "sales.opportunity", "sales.opportunity", along=what_hangs_on_deals, why_stay=deals_with_documents,
            why_not_back=deals_without_customer,
        )
    )  # fmt: skip


def open_leads_of(contacts: Ids) -> Iterable[Along]:
    """A person's open lead goes where they go; closed ones stay, for what they tell about the past."""
    leads = Lead.objects.alive().open().filter(contact__in=contacts)
    return [(contact, "sales.lead", pk) for contact, pk in leads.order_by("pk").values_list("contact_id", "pk")]


def contacts_still_dealt_with(ids: Ids, by: Any) -> dict[int, Text]:
    """A customer of an open deal stays, and so does whoever has an open lead that is not the deleter's to delete."""
    deals = Opportunity.objects.alive().open().filter(contact__in=ids, account=None)
    why = _with_open_deals(deals, "contact_id", Contact.objects.filter(pk__in=ids))
    if by is None:
        return why
    mine = Lead.objects.reachable_by(by, "delete").values("pk")
    foreign = Lead.objects.alive().open().filter(contact__in=ids).exclude(pk__in=mine).select_related("contact")
    said = _("%(name)s has an open lead that you may not delete.")
    return {lead.contact_id: said % {"name": lead.contact} for lead in foreign} | why


def accounts_still_dealt_with(ids: Ids, by: Any) -> dict[int, Text]:
    """Open deals and unpaid invoices keep an account."""
    accounts = Account.objects.filter(pk__in=ids)
    unpaid = Invoice.objects.alive().filter(
        account__in=ids, status__in=[InvoiceStatus.ACTIVE, InvoiceStatus.PARTLY_PAID]
    )
    why: dict[int, Text] = {
        invoice.account.pk: _("%(name)s has not paid the invoice %(invoice)s yet.")
        % {"name": invoice.account, "invoice": invoice}
        for invoice in unpaid.select_related("account")
        if invoice.account
    }
    return why | _with_open_deals(Opportunity.objects.alive().open().filter(account__in=ids), "account_id", accounts)


def _with_open_deals(deals: QuerySet, column: str, customers: QuerySet) -> dict[int, Text]:
    counts = dict(deals.order_by().values_list(F(column)).annotate(Count("pk")))
    names = {customer.pk: customer for customer in customers.filter(pk__in=counts)} if counts else {}
    return {
        pk: ngettext(
            "%(name)s has an open opportunity. Close or delete it first.",
            "%(name)s has %(n)s open opportunities. Close or delete them first.",
            n,
        )
        % {"name": names[pk], "n": n}
        for pk, n in counts.items()
    }


def todos_about_leads(ids: Ids) -> Iterable[Along]:
    return todos_about("sales.lead", ids)


def leads_that_cannot_return(ids: Ids) -> dict[int, Text]:
    """A person has one open lead; and a lead is always about somebody who is there."""
    leads = Lead._base_manager.filter(pk__in=ids).select_related("contact")
    others = {
        lead.contact_id: lead
        for lead in Lead.objects.alive().open().filter(contact__in=[lead.contact_id for lead in leads])
    }
    said = _("%(name)s has another open lead by now, “%(other)s”. A person has one open lead at a time.")
    taken: dict[int, Text] = {
        lead.pk: said % {"name": lead.contact, "other": others[lead.contact_id]}
        for lead in leads
        if lead.is_open and lead.contact_id in others and others[lead.contact_id].pk != lead.pk
    }
    return taken or customers_in_the_bin(leads.filter(PERSON_GONE))


def what_hangs_on_deals(ids: Ids) -> Iterable[Along]:
    """Their quotes, and the to-dos about them."""
    quotes = Quote.objects.alive().filter(opportunity__in=ids).order_by("pk").values_list("opportunity_id", "pk")
    return [*todos_about("sales.opportunity", ids), *((deal, "sales.quote", pk) for deal, pk in quotes)]


def deals_with_documents(ids: Ids, by: Any) -> dict[int, Text]:
    """What was ordered or invoiced is business that took place: it is not deleted."""
    orders = Order.objects.alive().filter(opportunity__in=ids).exclude(status=OrderStatus.CANCELLED)
    invoices = Invoice.objects.alive().filter(opportunity__in=ids).exclude(status=InvoiceStatus.CANCELLED)
    said = _("“%(name)s” has the document %(document)s. What was ordered or invoiced is not deleted.")
    return {
        paper.opportunity.pk: said % {"name": paper.opportunity, "document": paper}
        for papers in (orders, invoices)
        for paper in papers.select_related("opportunity")
        if paper.opportunity
    }


def deals_without_customer(ids: Ids) -> dict[int, Text]:
    deals = Opportunity._base_manager.filter(pk__in=ids)
    return customers_in_the_bin(deals.filter(PERSON_GONE | Q(contact=None), COMPANY_GONE | Q(account=None)))
