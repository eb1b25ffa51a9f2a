"""Products as cards in emails: their name, what is printed under it, and the usual price."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.hooks import embeds
from crm.models import Company
from crm.search.finding import narrow
from crm.templatetags.ui import money
from sales.models import PriceListItem, Product

MOST = 50


def register_all() -> None:
    embeds.register(embeds.Embed("product", _("Product"), find, cards))


def find(user: Any, words: str) -> list[tuple[int, str]]:
    """Products on sale that the user sees, by name or number."""
    rows: Any = Product.objects.sellable().visible_to(user)
    rows = narrow(rows, words) if words else rows
    return [(pk, f"{name} ({number})") for pk, name, number in rows.values_list("pk", "name", "number")[:MOST]]


def cards(ids: Collection[int]) -> dict[int, embeds.Card]:
    """Of those on sale. The price is that of the usual list of the company's currency, without tax."""
    company = Company.objects.first()
    currency = str(company.base_currency_id) if company else "EUR"
    usual = PriceListItem.objects.filter(
        product__in=ids, price_list__is_default=True, price_list__is_active=True, price_list__currency=currency
    )
    prices = dict(usual.values_list("product", "price"))
    return {
        product.pk: embeds.Card(
            product.name, product.description, _price(prices.get(product.pk), currency, product.unit)
        )
        for product in Product.objects.sellable().filter(pk__in=ids)
    }


def _price(price: Any, currency: str, unit: str) -> str:
    return "" if price is None else f"{money(price, currency)} per {unit}"
