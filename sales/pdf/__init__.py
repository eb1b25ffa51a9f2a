"""Quote, order confirmation and invoice as PDF: facts in, bytes out. Typst lays them out (document.typ)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.utils.dateformat import format as format_day
from django.utils.translation import gettext as _

from crm.models import Company
from sales.models import Invoice, Order, Quote
from sales.pricing import rounded, tax_by_rate

TEMPLATE = Path(__file__).parent / "document.typ"
FONTS = settings.ROOT / "frontend" / "dist" / "fonts"
LOCALE = "en"

Printable = Quote | Order | Invoice


def file_name(document: Printable) -> str:
    """“Q-2026-0001-rev-1.pdf”: what the reader's computer calls it."""
    revision = f"-rev-{document.revision}" if isinstance(document, Quote) and document.revision else ""
    return f"{document.number}{revision}.pdf"


def render_pdf(document: Printable) -> bytes:
    """The document as a PDF. Where the fonts were not built, typst's own serif stands in."""
    facts = json.dumps(facts_of(document), ensure_ascii=False)
    fonts = [str(FONTS)] if FONTS.is_dir() else []
    return typst.compile(str(TEMPLATE), format="pdf", font_paths=fonts, sys_inputs={"data": facts})


def facts_of(document: Printable) -> dict[str, Any]:
    """Everything that is printed, as text: the template only places it."""
    company = Company.objects.first()
    kind = kind_of(document)
    lines = list(document.lines.all())
    amount = _amount_in(document)
    return {
        "title": f"{kind} {document}",
        "kind": kind,
        "language": LOCALE,
        "company": {"name": company.name if company else "", "line": company.postal_address if company else ""},
        "address": document.billing_lines,
        "vat_id": document.billing_vat_id,
        "words": {"page": _("Page"), "vat_id": _("VAT id")},
        "footer": " · ".join(filter(None, [company.name, company.vat_id and f"{_('VAT id')} {company.vat_id}"]))
        if company
        else "",
        "facts": [{"label": label, "value": value} for label, value in _head(document)],
        "columns": ["#", _("What"), _("Quantity"), _("Price"), _("Tax"), _("Net")],
        "lines": [_line(line, document, amount) for line in lines],
        "foot": [{"label": label, "value": value} for label, value in _foot(document, lines, amount)],
        "total": {"label": _("Total"), "value": amount(document.total)},
        "after": [{"label": label, "value": value} for label, value in _after(document, amount)],
        "paragraphs": [p for p in (document.notes, _closing(document)) if p],
    }


def kind_of(document: Printable) -> str:
    match document:
        case Quote():
            return _("Quote")
        case Order():
            return _("Order confirmation")
        case Invoice():
            return _("Invoice")


def _amount_in(document: Printable) -> Any:
    code, decimals = document.currency.code, document.currency.decimals
    pattern = "¤#,##0" + ("." + "0" * decimals if decimals else "")

    def amount(value: Decimal) -> str:
        return format_currency(value, code, pattern, locale=LOCALE, currency_digits=False)

    return amount


def _head(document: Printable) -> list[tuple[str, str]]:
    facts = [(_("Number"), str(document))]
    match document:
        case Quote():
            facts.append((_("Date"), _day(document.activated_on or document.created_at.date())))
            if document.valid_until:
                facts.append((_("Valid until"), _day(document.valid_until)))
        case Order():
            facts.append((_("Date"), _day(document.ordered_on)))
            if document.quote:
                facts.append((_("Our quote"), str(document.quote)))
        case Invoice():
            facts.append((_("Date"), _day(document.invoiced_on)))
            facts.append((_("Due on"), _day(document.due_on)))
            if document.order:
                facts.append((_("Our order"), str(document.order)))
    if document.contact:
        facts.append((_("For"), str(document.contact)))
    if document.owner:
        facts.append((_("Your contact"), str(document.owner)))
    return facts


def _line(line: Any, document: Printable, amount: Any) -> dict[str, str]:
    discount = ""
    if line.discount_percent:
        discount = _("less {} % discount").format(_number(line.discount_percent))
    elif line.discount_amount:
        discount = _("less {} discount").format(amount(line.discount_amount))
    return {
        "position": str(line.position + 1),
        "name": line.name,
        "description": line.description,
        "discount": discount,
        "quantity": f"{_number(line.quantity)} {line.unit}".strip(),
        "price": _price(line.unit_price, document, amount),
        "tax": f"{_number(line.tax_percent)} %",
        "net": amount(line.net),
    }


def _foot(document: Printable, lines: list[Any], amount: Any) -> list[tuple[str, str]]:
    rows = [(_("Net"), amount(document.detail_total))]
    if document.discount_total:
        percent = f" {_number(document.discount_percent)} %" if document.discount_percent else ""
        rows.append((_("Discount") + percent, f"−{amount(document.discount_total)}"))
    if document.freight:
        rows.append((_("Freight"), amount(document.freight)))
    for rate, tax in tax_by_rate((line.tax_percent, line.tax) for line in lines):
        rows.append((_("Tax {} %").format(_number(rate)), amount(tax)))
    return rows


def _after(document: Printable, amount: Any) -> list[tuple[str, str]]:
    if isinstance(document, Invoice) and document.paid_total:
        return [(_("Paid"), f"−{amount(document.paid_total)}"), (_("Still open"), amount(document.open_total))]
    return []


def _closing(document: Printable) -> str:
    match document:
        case Quote() if document.is_editable:
            return _("This is a draft and not yet an offer.")
        case Quote() if document.valid_until:
            return _("This offer is valid until {}.").format(_day(document.valid_until))
        case Order():
            return _("Thank you for your order.")
        case Invoice(status="cancelled"):
            return _("This invoice was cancelled. Please do not pay it.")
        case Invoice(status="paid"):
            return _("Paid with thanks.")
        case Invoice():
            return _("Please pay by {}, and name {} in your transfer.").format(_day(document.due_on), document.number)
    return ""


def _price(value: Decimal, document: Printable, amount: Any) -> str:
    """Prices may be finer than the currency's cents (€0.0125); then all their decimals are shown."""
    if value == rounded(value, document.currency.decimals):
        return amount(value)
    return f"{document.currency.symbol}{_number(value)}"


def _number(value: Decimal) -> str:
    return format_decimal(value.normalize(), locale=LOCALE, decimal_quantization=False)


def _day(day: Any) -> str:
    return format_day(day, "j F Y")
