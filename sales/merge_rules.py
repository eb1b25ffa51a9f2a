"""What of sales goes with a person or a company that is merged. Two open leads of one person become one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.actions.merge_ledger import Ledger
from crm.actions.merging import merge_locked
from crm.hooks import merging
from sales.models import Invoice, Lead, Opportunity, Order, Quote

CONTACT, ACCOUNT, LEAD = ["crm.contact"], ["crm.account"], ["sales.lead"]


def register_all() -> None:
    merging.can_be_merged("sales.lead", Lead)
    merging.allow("sales.one_person", "sales.lead", leads_of_two_people)
    merging.first("sales.open_leads", "crm.contact", fold_open_leads)
    merging.moves("sales.merged_leads", Lead, "merged_into_id", on=LEAD, is_counted=False)
    merging.moves("sales.opportunities_of_lead", Opportunity, "lead_id", on=LEAD)
    for model, name in (
        (Lead, "leads"),
        (Opportunity, "opportunities"),
        (Quote, "quotes"),
        (Order, "orders"),
        (Invoice, "invoices"),
    ):
        merging.moves(f"sales.{name}_of_contact", model, "contact_id", on=CONTACT)
        merging.moves(f"sales.{name}_of_account", model, "account_id", on=ACCOUNT)


def leads_of_two_people(winner: Any, loser: Any) -> str:
    if winner.contact_id == loser.contact_id:
        return ""
    said = _("These leads are about two people, %(one)s and %(other)s. Merge the people: their open leads become one.")
    return said % {"one": winner.contact, "other": loser.contact}


def fold_open_leads(ledger: Ledger) -> None:
    """A person has one open lead: the loser's becomes part of the winner's, and is parted again by the undo."""
    both = [ledger.winner.pk, ledger.loser.pk]
    leads = {
        lead.contact_id: lead
        for lead in Lead.objects.alive().open().filter(contact__in=both).select_for_update().order_by("pk")
    }
    if len(leads) == 2:
        part = merge_locked(leads[both[0]], leads[both[1]], {}, by=ledger.by, part_of=ledger.merge)
        ledger.nest(part)
