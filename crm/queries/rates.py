"""What an amount is worth in the company's base currency on a day."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

from crm.errors import Invalid
from crm.models import Company, Currency, ExchangeRate

CENT = Decimal("0.01")


def base_currency() -> str:
    """The code of the base currency of the company; EUR until the company is set up."""
    return Company.objects.values_list("base_currency_id", flat=True).first() or "EUR"


def rate_on(currency: str | Currency, day: date | None = None) -> Decimal:
    """How many units of `currency` one unit of the base currency buys on `day` (default: today).

    Raises Invalid (field “currency”) where no rate is known for that day.
    """
    code = currency.code if isinstance(currency, Currency) else currency
    base = base_currency()
    if code == base:
        return Decimal(1)
    day = day or timezone.localdate()
    found = (
        ExchangeRate.objects.filter(currency=code, on__lte=day).order_by("-on").values_list("rate", flat=True).first()
    )
    if found is None:
        raise Invalid(
            f"There is no exchange rate between {base} and {code} for {day:%d %b %Y}. "
            "An administrator can add one under Set-up, Company.",
            field="currency",
        )
    return found


def in_base(amount: Decimal, currency: str | Currency, day: date | None = None) -> Decimal:
    """`amount` of `currency` in the base currency, rounded to cents. Raises Invalid where no rate is known."""
    return (amount / rate_on(currency, day)).quantize(CENT, ROUND_HALF_UP)
