"""What a product costs in a price list, and which list is the usual one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sales.models import PriceList, PriceListItem


def usual_price_list(currency: str) -> PriceList | None:
    """The list marked as usual for the currency, else its first active one; None where nobody made one."""
    lists = PriceList.objects.alive().filter(currency=currency, is_active=True)
    return lists.order_by("-is_default", "pk").first()


def prices_of(products: Iterable[int], price_list: PriceList | None) -> dict[int, Decimal]:
    """Price of one unit by product id; products that the list leaves out are missing."""
    if price_list is None:
        return {}
    items = PriceListItem.objects.filter(price_list=price_list, product__in=list(products))
    return dict(items.values_list("product_id", "price"))
