"""Products from a file, by their number, with the price in a price list."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.actions.plain import save_plainly
from crm.errors import Invalid
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import cells
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row, find_by_id
from crm.imports.targets import ID
from crm.queries.rates import base_currency
from sales.actions.products import activate_product, set_price
from sales.models import PriceList, PriceListItem, Product, TaxRate

PLAIN = ("name", "number", "description", "unit", "tax_rate")


def targets(habits: Habits) -> list[Target]:
    def taxes() -> Any:
        return cells.by_names((pk, name, pk) for pk, name in TaxRate.objects.alive().values_list("pk", "name"))

    def lists() -> Any:
        return cells.by_names((pk, name, pk) for pk, name in PriceList.objects.alive().values_list("pk", "name"))

    price = cells.number(habits.decimal_comma, 18, 4, Decimal(0))
    return [
        Target("name", _("Name"), words=("productname", "product", "artikel"), max_length=200),
        Target("number", _("Number"), words=("productnumber", "productid", "productcode", "sku", "artikelnummer"), max_length=40),
        Target("description", _("Description"), "longtext", max_length=20_000),
        Target("unit", _("Unit"), words=("defaultunit", "einheit"), max_length=30),
        Target("tax_rate", _("Tax rate"), "lookup", ("tax", "vat", "taxrate"), cells.row_named(taxes, "tax rate"), 60, row_of="sales.taxrate"),
        Target("price", _("Price"), "money", ("listprice", "unitprice", "preis"), price, 40),
        Target("price_list", _("Price list"), "lookup", ("pricelist",), cells.row_named(lists, "price list"), 100, row_of="sales.pricelist"),
        ID,
    ]  # fmt: skip


def complaint(names: set[str], creates: bool) -> str:
    if not names & {"id", "number"}:
        return "No column is mapped to “Number”, by which a product is recognised."
    return "No column is mapped to “Name”, and a new product needs one." if creates and "name" not in names else ""


def key(values: Values) -> str:
    return f"id:{values['id']}" if "id" in values else str(values.get("number", ""))


def find(rows: Sequence[Row], desk: Desk) -> None:
    rest = [row for row in find_by_id(rows, desk, Product) if "number" in row.values]
    numbers = {row.values["number"] for row in rest}
    known = {one.number: one for one in Product.objects.alive().filter(number__in=numbers)}
    for row in rest:
        row.record = known.get(row.values["number"])


def missing(row: Row, desk: Desk) -> str:
    lacking = next((label for name, label in (("number", "Number"), ("name", "Name")) if name not in row.values), "")
    return f"{lacking} is missing." if lacking else ""


def create(values: Values, desk: Desk) -> Product:
    """What is imported is what is sold: a new product is active."""
    said = {name: values[name] for name in PLAIN if name in values}
    product = activate_product(Product.objects.create(owner=desk.by, created_by=desk.by, **said), by=desk.by)
    _price(product, values, desk)
    return product


def change(product: Product, values: Values, desk: Desk) -> Product:
    plain = {name: value for name, value in values.items() if name in PLAIN}
    if plain:
        product = save_plainly(Product.objects.select_for_update().get(pk=product.pk), plain)
    _price(product, values, desk)
    return product


def _price(product: Product, values: Values, desk: Desk) -> None:
    if "price" not in values:
        return
    usual = PriceList.objects.alive().filter(currency=base_currency(), is_default=True).first()
    price_list = values.get("price_list") or usual
    if price_list is None:
        raise Invalid("There is no usual price list yet: name one in the column “Price list”.", field="price_list")
    set_price(product, price_list=price_list, price=values["price"], by=desk.by)


def read(product: Product) -> Values:
    prices = PriceListItem.objects.filter(
        product=product, price_list__is_default=True, price_list__currency=base_currency()
    )
    said = {name: getattr(product, f"{name}_id" if name == "tax_rate" else name) for name in PLAIN}
    return {**said, "price": prices.values_list("price", flat=True).first()}


IMPORTER = Importer(
    name="sales.product",
    label=_("Products"),
    icon="package",
    targets=targets,
    work=ByRow(RowKind(Product, "sales.product", "product", create, change, find, missing, read=read)),
    recognised=_("Known products are recognised by their number. New ones are active at once."),
    list_url="sales:products",
    complaint=complaint,
    key=key,
    same_key="The same product stands in line {line}.",
    examples=(("Number", "Name", "Unit", "Price", "Tax rate"), ("LIC-100", "Licence", "year", "1200", "")),
    order=80,
)
