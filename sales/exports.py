"""What sales offers to export beside its lists: the catalogue with its prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.bulk.sheets import Cell
from crm.hooks import exports
from sales.models import PriceListItem, Product

COLUMNS = ("Id in Tandem", "Name", "Number", "Description", "Unit", "Tax rate", "Price", "Price list", "Status")


def register_all() -> None:
    said = _("One line a product and price list.")
    exports.register(
        exports.Export(
            "sales.product", _("Products"), "package", "sales.product", COLUMNS, products, cells_of_products, said, 120
        )
    )


def products(user: Any) -> QuerySet:
    return Product.objects.reachable_by(user, "export").select_related("tax_rate").order_by("pk")


def cells_of_products(rows: Sequence[Product]) -> Iterator[list[Cell]]:
    prices: dict[int, list[tuple[Any, str]]] = {}
    items = PriceListItem.objects.filter(product__in=rows, price_list__deleted_at=None).select_related("price_list")
    for item in items.order_by("price_list__name", "pk"):
        prices.setdefault(item.product_id, []).append((item.price, item.price_list.name))
    for one in rows:
        for price, price_list in prices.get(one.pk) or [(None, "")]:
            yield [
                one.pk, one.name, one.number, one.description, one.unit, one.tax_rate.name if one.tax_rate else None, price,
                price_list, one.status,
            ]  # fmt: skip
