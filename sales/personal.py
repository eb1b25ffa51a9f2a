"""What sales holds about a person. Deals stay with their amounts; documents stay as they were printed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.hooks import personal
from crm.hooks.personal import PersonalData, of_contact
from sales.models import Invoice, Lead, Opportunity, Order, Quote

_LAW = _("Commercial and tax law ask that documents are kept as they were printed.")
_STORY = dict.fromkeys(
    ("description", "current_situation", "customer_need", "pain_points", "proposed_solution"), ""
)  # fmt: skip


def register_all() -> None:
    lead = {
        "topic": "Erased lead",
        "company_name": "",
        "description": "",
        "qualification_notes": "",
        "website": "",
        "details": {},
        "custom": {},
    }
    deal = {"topic": "Deal of an erased person", "custom": {}, **_STORY}
    personal.register(
        PersonalData("sales.lead", _("Leads"), of_contact(Lead), blank=lead, order=32),
        PersonalData("sales.opportunity", _("Opportunities"), of_contact(Opportunity), blank=deal, order=33),
        PersonalData("sales.quote", _("Quotes"), of_contact(Quote), why_kept=_LAW, order=34),
        PersonalData("sales.order", _("Orders"), of_contact(Order), why_kept=_LAW, order=35),
        PersonalData("sales.invoice", _("Invoices"), of_contact(Invoice), why_kept=_LAW, order=36),
    )
