"""What quotes, orders and invoices do alike: take a number, an address, a day; tell the log."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from crm.log import recording
from crm.models import Account, Company, Contact, User
from sales.models import NumberSequence
from sales.models.documents import Document


def company_today() -> date:
    """Today where our company sits: documents and their numbers follow its calendar."""
    zone = Company.objects.values_list("time_zone", flat=True).first() or "UTC"
    return timezone.now().astimezone(ZoneInfo(zone)).date()


def next_number(series: str, day: date) -> str:
    """“Q-2026-0001”: the next number of the series in that year, without gaps.

    The counter row stays locked until the caller's transaction ends; a rollback gives the number back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A number is taken in the transaction that uses it.")
    NumberSequence.objects.get_or_create(series=series, year=day.year)
    sequence = NumberSequence.objects.select_for_update().get(series=series, year=day.year)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return str(sequence)


def billing_of(account: Account | None, contact: Contact | None) -> dict[str, str]:
    """Name, address and VAT id for the document: the account's, else the person's."""
    who: Any = account or contact
    return {
        "billing_name": str(who),
        "billing_street": who.street,
        "billing_postal_code": who.postal_code,
        "billing_city": who.city,
        "billing_country": who.country,
        "billing_vat_id": account.vat_id if account else "",
    }


def tell(kind: str, document: Any, *, by: User, **data: Any) -> None:
    """Write to the log what happened to the document; it stands on the timelines of its contact and account."""
    if not (document.contact_id or document.account_id):
        return
    campaign = document.opportunity.campaign_id if document.opportunity_id else None
    facts = {"title": str(document), "total": str(document.total), "currency": document.currency_id}
    recording.record(
        kind,
        contact=document.contact_id,
        account=document.account_id,
        campaign=campaign,
        source=document,
        by=by,
        data={**facts, **data},
    )


def taken_over(document: Document) -> dict[str, Any]:
    """The fields that the next document of the chain takes over as they are."""
    return {name: getattr(document, name) for name in TAKEN_OVER}


TAKEN_OVER = (
    "owner_id", "team_id", "account_id", "contact_id", "currency_id", "opportunity_id",
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country", "billing_vat_id",
    "notes", "discount_percent", "discount_amount", "freight",
    "detail_total", "discount_total", "tax_total", "total", "base_total",
)  # fmt: skip
