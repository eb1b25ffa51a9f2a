"""What a line and a document cost: pure arithmetic in Decimal, rounded to the currency's own decimals.

Rounding is half up, to `decimals` of the currency (ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD). Every amount that is shown is
rounded where it arises, so that the printed numbers add up to the cent. Sources: Dynamics 365 “price-calculation” for the
formulas of line and document; EN 16931 (the European invoice) for tax on what is left after the document's discount.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from crm.errors import Invalid

ZERO = Decimal(0)
HUNDRED = Decimal(100)
LARGEST = Decimal(10) ** 11


@dataclass(frozen=True)
class Line:
    """What is asked for: quantity × unit price, less a discount in per cent *or* as an amount; tax in per cent."""

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO
    tax_percent: Decimal = ZERO


@dataclass(frozen=True)
class LineTotals:
    """`gross` before and `net` after the line's own discount; `tax` on the net less its share of the document's discount."""

    gross: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """The line's extended amount: net + tax."""
        return self.net + self.tax


@dataclass(frozen=True)
class DocumentTotals:
    """The foot of a document. total = detail − discount + freight + tax, exactly."""

    lines: tuple[LineTotals, ...]
    detail: Decimal
    discount: Decimal
    freight: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        """What we earn: detail − discount + freight. Tax is not revenue."""
        return self.detail - self.discount + self.freight

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Half up (away from zero at the half) to the currency's decimals, as commercial rounding is (DIN 1333)."""
    return amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def price_line(line: Line, decimals: int) -> LineTotals:
    """gross = quantity × unit price; net = gross − discount; tax = net × tax % (Dynamics: CE price-calculation).

    Raises Invalid with `field` where the line makes no sense.
    """
    check_line(line)
    gross = rounded(line.quantity * line.unit_price, decimals)
    if gross >= LARGEST:
        raise Invalid("This line comes to more than 100 billion. Is a digit too many?", field="quantity")
    discount = discount_on(gross, line.discount_percent, line.discount_amount, decimals)
    net = gross - discount
    return LineTotals(gross, discount, net, tax_on(net, line.tax_percent, decimals))


def price_document(
    lines: Sequence[Line],
    decimals: int,
    *,
    discount_percent: Decimal = ZERO,
    discount_amount: Decimal = ZERO,
    freight: Decimal = ZERO,
) -> DocumentTotals:
    """The foot of a document of these lines.

    detail = Σ net of the lines; discount = per cent of, or an amount off, the detail; each line bears its share of it (see
    `shared_out`); tax = Σ round((net − share) × tax %) (EN 16931: a document discount lessens the taxable amount); freight is
    added untaxed, as Dynamics does. The order of the lines changes nothing.

    Raises Invalid with `field` a path like “lines/0/quantity”, “discount_amount” or “freight”.
    """
    priced = []
    for index, line in enumerate(lines):
        try:
            priced.append(price_line(line, decimals))
        except Invalid as problem:
            raise Invalid(problem.message, field=f"lines/{index}/{problem.field}") from None
    check_amount(freight, "freight", "The freight")
    detail = sum((line.net for line in priced), rounded(ZERO, decimals))
    discount = discount_on(detail, discount_percent, discount_amount, decimals)
    shares = shared_out(discount, [(p.net, line.tax_percent) for p, line in zip(priced, lines, strict=True)], decimals)
    taxed = tuple(
        LineTotals(p.gross, p.discount, p.net, tax_on(p.net - share, line.tax_percent, decimals))
        for p, share, line in zip(priced, shares, lines, strict=True)
    )
    tax = sum((line.tax for line in taxed), rounded(ZERO, decimals))
    totals = DocumentTotals(taxed, detail, discount, rounded(freight, decimals), tax)
    if totals.total >= LARGEST:
        raise Invalid("This comes to more than 100 billion. Is a digit too many?", field="lines")
    return totals


def discount_on(amount: Decimal, percent: Decimal, fixed: Decimal, decimals: int) -> Decimal:
    """The manual discount on `amount`: per cent of it, or a fixed amount; never below zero, never more than `amount`.

    Raises Invalid where both are given, or where more than everything would be taken off.
    """
    if not percent.is_finite() or not ZERO <= percent <= HUNDRED:
        raise Invalid("A discount in per cent lies between 0 and 100.", field="discount_percent")
    check_amount(fixed, "discount_amount", "The discount")
    if percent and fixed:
        raise Invalid("Give the discount in per cent or as an amount, not both.", field="discount_amount")
    discount = rounded(fixed or amount * percent / HUNDRED, decimals)
    if discount > amount:
        raise Invalid(f"The discount of {discount} is more than the {amount} it is taken off.", field="discount_amount")
    return discount


def tax_on(net: Decimal, percent: Decimal, decimals: int) -> Decimal:
    return rounded(net * percent / HUNDRED, decimals)


def shared_out(discount: Decimal, lines: Sequence[tuple[Decimal, Decimal]], decimals: int) -> list[Decimal]:
    """The document's discount borne by each line in proportion to its net, to the cent (largest remainders first).

    `lines` are (net, tax percent). Ties go to the larger net, then the higher tax: never to a position.
    Source: Hamilton's method of largest remainders; Σ shares = discount, and no share exceeds its net.
    """
    whole = sum((net for net, _ in lines), ZERO)
    if not discount or not whole:
        return [ZERO for _ in lines]
    cent = Decimal(1).scaleb(-decimals)
    exact = [discount * net / whole for net, _ in lines]
    shares = [share.quantize(cent, ROUND_DOWN) for share in exact]
    left = int((discount - sum(shares)) / cent)
    by_remainder = sorted(
        (i for i, (net, _) in enumerate(lines) if shares[i] < net),
        key=lambda i: (exact[i] - shares[i], *lines[i]),
        reverse=True,
    )
    for i in by_remainder[:left]:
        shares[i] += cent
    return shares


def in_base(amount: Decimal, rate: Decimal, base_decimals: int) -> Decimal:
    """The amount in the company's currency; `rate` units of the document's currency buy one of the base (crm.ExchangeRate)."""
    return rounded(amount / rate, base_decimals)


def check_line(line: Line) -> None:
    """Raises Invalid where quantity, price or tax can never be right."""
    if not line.quantity.is_finite() or line.quantity <= 0:
        raise Invalid("The quantity must be more than zero.", field="quantity")
    check_amount(line.unit_price, "unit_price", "The price")
    if not line.tax_percent.is_finite() or not ZERO <= line.tax_percent <= HUNDRED:
        raise Invalid("Tax lies between 0 and 100 per cent.", field="tax_percent")


def check_amount(amount: Decimal, field: str, what: str) -> None:
    """Raises Invalid where an amount is negative, endless or absurdly large."""
    if not amount.is_finite() or amount < 0:
        raise Invalid(f"{what} cannot be less than zero.", field=field)
    if amount >= LARGEST:
        raise Invalid(f"{what} must be less than 100 billion.", field=field)


def tax_by_rate(lines: Iterable[tuple[Decimal, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    """(percent, tax) for the foot of a document, highest first; rates that brought no tax are left out."""
    sums: dict[Decimal, Decimal] = {}
    for percent, tax in lines:
        sums[percent.normalize()] = sums.get(percent.normalize(), ZERO) + tax
    return sorted(((percent, tax) for percent, tax in sums.items() if tax), reverse=True)
