"""The box “Leads & deals” on the pages of a contact and an account."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from crm.models import Account, Contact
from crm.queries.related import count_at_once
from sales.models import Lead, Opportunity

FEW = 10


def deals_of_contact(request: HttpRequest, contact: Contact) -> SafeString | str:
    return _box(request, {"contact": contact}, new=f"contact={contact.pk}")


def deals_of_account(request: HttpRequest, account: Account) -> SafeString | str:
    return _box(request, {"account": account}, new=f"account={account.pk}")


def new_opportunity(record: Account | Contact) -> str:
    return f"{reverse('sales:opportunity-new')}?{record._meta.model_name}={record.pk}"


def _box(request: HttpRequest, about: dict[str, Any], new: str) -> SafeString | str:
    """The newest ten of each; those of other teams are a number, no more."""
    both: list[Any] = [Lead.objects.alive().filter(**about), Opportunity.objects.alive().filter(**about)]
    leads, deals = (list(rows.visible_to(request.user).select_related("owner").order_by("-pk")[:FEW]) for rows in both)
    counts = count_at_once(both)
    hidden = [max(n - len(seen), 0) for n, seen in zip(counts, (leads, deals), strict=True) if len(seen) < FEW]
    context = {
        "leads": leads,
        "opportunities": deals,
        "hidden": sum(hidden),
        "new": new,
        "may_add_lead": request.user.may("sales.lead", "add") and "contact" in about,  # type: ignore[union-attr]
        "may_add_opportunity": request.user.may("sales.opportunity", "add"),  # type: ignore[union-attr]
    }
    return render_to_string("sales/_deals_panel.html", context, request=request)
