"""Lines of a deal or a quote: filled from the catalogue, priced, written as one set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import Invalid, NotAllowed
from crm.models import Currency, User
from crm.queries.rates import base_currency, rate_on
from sales.actions.opportunities import keep_base
from sales.models import Opportunity, OpportunityLine, PriceList, Product, ProductStatus, Quote, QuoteLine, TaxRate
from sales.models.opportunities import RevenueMode
from sales.pricing import DocumentTotals, price_document
from sales.queries.prices import prices_of, usual_price_list

MOST_LINES = 200
FINEST = Decimal("0.0001")


@dataclass(frozen=True)
class LineInput:
    """A line as somebody typed it. What is left empty comes from the product and the price list.

    `id` is the line it changes; without it a new one is made. `tax_rate` “usual” means the product's.
    """

    product: Product | None = None
    name: str = ""
    description: str | None = None
    unit: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    tax_rate: TaxRate | Literal["usual"] | None = "usual"
    id: int | None = None


@transaction.atomic
def change_opportunity_lines(opportunity: Opportunity, *, lines: Sequence[LineInput], by: User) -> Opportunity:
    """Put these lines on the deal, in this order, instead of what was there.

    Where the deal's revenue is the sum of its products, or nobody typed an estimate yet, it follows: net of discount,
    without tax (tax is not revenue).
    Raises NotAllowed where the deal is closed, Invalid with a path like “lines/0/quantity”.
    """
    opportunity = Opportunity.objects.select_for_update().get(pk=opportunity.pk)
    if not opportunity.is_open:
        raise NotAllowed(_("“{}” is closed. Reopen it to change its products.").format(opportunity))
    rows = built(OpportunityLine, list(opportunity.lines.all()), lines, usual_price_list(opportunity.currency_id))
    totals = priced(rows, opportunity.currency)
    write(rows, opportunity.lines.all(), opportunity=opportunity)
    if not opportunity.estimated_revenue:
        opportunity.revenue_mode = RevenueMode.SYSTEM
    if opportunity.revenue_mode == RevenueMode.SYSTEM:
        opportunity.estimated_revenue = totals.net
        keep_base(opportunity)
    opportunity.version += 1
    opportunity.save()
    return opportunity


def put_lines(quote: Quote, lines: Sequence[LineInput]) -> None:
    """Write the quote's lines and take its totals; the caller has locked the quote and saves it."""
    rows = built(QuoteLine, list(quote.lines.all()), lines, quote.price_list)
    price_quote(quote, rows)
    write(rows, quote.lines.all(), quote=quote)


def price_quote(quote: Quote, rows: Sequence[Any]) -> None:
    """Take the totals of these lines on to the quote (unsaved). Raises Invalid with a path."""
    totals = priced(
        rows,
        quote.currency,
        discount_percent=quote.discount_percent,
        discount_amount=quote.discount_amount,
        freight=quote.freight,
    )
    quote.take_totals(totals, Currency.objects.get(pk=base_currency()), rate_on(quote.currency_id))


def built(model: Any, existing: Sequence[Any], lines: Sequence[LineInput], price_list: PriceList | None) -> list[Any]:
    """Unsaved rows, filled from the catalogue, in the given order. Raises Invalid with the path of what is wrong."""
    if len(lines) > MOST_LINES:
        raise Invalid(_("A document has at most {} lines.").format(MOST_LINES), field="lines")
    known = {row.pk: row for row in existing}
    prices = prices_of({line.product.pk for line in lines if line.product}, price_list)
    rows = []
    for index, line in enumerate(lines):
        if line.id is not None and line.id not in known:
            raise Invalid(_("This document has no such line."), field=f"lines/{index}/id")
        row = known.pop(line.id) if line.id is not None else model()
        try:
            _fill(row, line, prices)
        except Invalid as problem:
            raise Invalid(problem.message, field=f"lines/{index}/{problem.field}") from None
        row.position = index
        rows.append(row)
    return rows


def priced(rows: Sequence[Any], currency: Currency, **foot: Decimal) -> DocumentTotals:
    """The totals, kept on each row too. Raises Invalid with a path."""
    totals = price_document([row.asked for row in rows], currency.decimals, **foot)
    for row, line in zip(rows, totals.lines, strict=True):
        row.take_totals(line)
    return totals


def write(rows: Sequence[Any], existing: Any, **parent: Any) -> None:
    """The rows instead of the existing ones: kept lines keep their id, and with it their lineage."""
    existing.exclude(pk__in=[row.pk for row in rows if row.pk]).delete()
    for row in rows:
        for name, value in parent.items():
            setattr(row, name, value)
        row.save()


def _fill(row: Any, line: LineInput, prices: dict[int, Decimal]) -> None:
    product = line.product
    if product and product.status != ProductStatus.ACTIVE and row.product_id != product.pk:
        state = product.get_status_display().lower()
        raise Invalid(
            _("“{}” is {} and cannot be sold. Choose another product.").format(product, state), field="product"
        )
    if not product and not line.name.strip():
        raise Invalid(_("Choose a product, or write in what it is."), field="name")
    price = line.unit_price if line.unit_price is not None else prices.get(product.pk) if product else None
    if price is None:
        raise Invalid(_("This has no price in the price list. Type one."), field="unit_price")
    _must_be_storable(line.quantity, Decimal(10) ** 10, "quantity")
    _must_be_storable(price, Decimal(10) ** 11, "unit_price")
    rate = (product.tax_rate if product else None) if line.tax_rate == "usual" else line.tax_rate
    if rate is None:
        row.tax_percent = Decimal(0)
    elif row.tax_rate_id != rate.pk:
        row.tax_percent = rate.percent
    description = line.description
    if description is None:
        description = product.description if product else ""
    row.product, row.tax_rate, row.description = product, rate, description
    row.name = line.name.strip() or str(product)
    row.unit = line.unit or (product.unit if product else "")
    row.quantity, row.unit_price = line.quantity, price
    row.discount_percent, row.discount_amount = line.discount_percent, line.discount_amount


def _must_be_storable(number: Decimal, below: Decimal, field: str) -> None:
    """Numbers are kept with four decimals; finer ones would be rounded behind the typist's back."""
    if number.is_finite() and (abs(number) >= below or number != number.quantize(FINEST)):
        raise Invalid(_("This number is too large, or has more than four decimals."), field=field)
