"""The demo company's catalogue: what a firm for software and consulting sells, priced in three currencies. And its second process."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from crm.models import User
from sales.actions.products import activate_product, set_price
from sales.models import PriceList, Process, ProcessStep, Product, Stage, TaxRate

TAXES = (("VAT 19 %", "19", "DE"), ("VAT 7 %", "7", "DE"), ("GST 18 %", "18", "IN"))
LISTS = (("Europe", "EUR"), ("United States", "USD"), ("India", "INR"))
PRODUCTS = (
    (
        "PLT-TEAM",
        "Platform, team",
        "seat",
        "Planning and collaboration for up to 50 people.",
        ("240", "260", "14900"),
    ),
    (
        "PLT-ENT",
        "Platform, enterprise",
        "seat",
        "Single sign-on, audit log and a named engineer.",
        ("420", "455", "26500"),
    ),
    ("ANL-ADD", "Analytics add-on", "seat", "Dashboards and forecasts on your own data.", ("96", "105", "5900")),
    ("SUP-STD", "Support, standard", "year", "Answers within one working day.", ("3600", "3900", "225000")),
    ("SUP-PRM", "Support, premium", "year", "Answers within one hour, day and night.", ("9600", "10400", "598000")),
    ("CON-DAY", "Consulting", "day", "A senior consultant, at your place or online.", ("1280", "1390", "64000")),
    ("MIG-PKG", "Migration package", "project", "Your data moved, checked and signed off.", ("7900", "8600", "420000")),
    ("TRN-DAY", "Training", "day", "Up to twelve people, with exercises on your own cases.", ("1900", "2050", "92000")),
)
RENEWAL = (
    (Stage.QUALIFY, "need", True),
    (Stage.DEVELOP, "current_situation", False),
    (Stage.PROPOSE, "proposal_presented", True),
    (Stage.CLOSE, "decision_expected_on", False),
)


@transaction.atomic
def make_renewal_process() -> Process:
    """A shorter way through the same stages, for who is a customer already."""
    words = {"description": "For customers whose contract ends.", "qualify_days": 7, "develop_days": 7}
    process, is_new = Process.objects.get_or_create(name="Renewal", defaults=words)
    if is_new:
        ProcessStep.objects.bulk_create(
            ProcessStep(process=process, stage=stage, field=field, is_required=required, order=10)
            for stage, field, required in RENEWAL
        )
    return process


@transaction.atomic
def make_catalogue(by: User) -> list[Product]:
    """Tax rates, three price lists and eight active products; what is there already stays. Answers the products."""
    rates = [
        TaxRate.objects.get_or_create(
            name=name, country=country, defaults={"percent": Decimal(percent), "created_by": by}
        )[0]
        for name, percent, country in TAXES
    ]
    price_lists = [_price_list(name, currency, by) for name, currency in LISTS]
    return [_product(*words, rates[0], price_lists, by) for words in PRODUCTS]


def _price_list(name: str, currency: str, by: User) -> PriceList:
    is_first = not PriceList.objects.filter(currency=currency, is_default=True).exists()
    defaults = {"currency_id": currency, "is_default": is_first, "created_by": by}
    return PriceList.objects.get_or_create(name=name, defaults=defaults)[0]


def _product(
    number: str,
    name: str,
    unit: str,
    text: str,
    prices: tuple[str, ...],
    rate: TaxRate,
    price_lists: list[PriceList],
    by: User,
) -> Product:
    defaults = {"name": name, "unit": unit, "description": text, "tax_rate": rate, "created_by": by}
    product, is_new = Product.objects.get_or_create(number=number, defaults=defaults)
    if not is_new:
        return product
    for price_list, price in zip(price_lists, prices, strict=True):
        set_price(product, price_list=price_list, price=Decimal(price), by=by)
    return activate_product(product, by=by)
