"""Rows of the catalogue for tests."""

from decimal import Decimal

from factory import Sequence, SubFactory
from factory.django import DjangoModelFactory

from sales.models import PriceList, PriceListItem, Product, TaxRate


class TaxRateFactory(DjangoModelFactory):
    name = Sequence("VAT {}".format)
    percent = Decimal(19)

    class Meta:
        model = TaxRate


class ProductFactory(DjangoModelFactory):
    name = Sequence("Product {}".format)
    number = Sequence("P-{}".format)
    status = "active"

    class Meta:
        model = Product


class PriceListFactory(DjangoModelFactory):
    name = Sequence("Prices {}".format)
    currency_id = "EUR"

    class Meta:
        model = PriceList


class PriceFactory(DjangoModelFactory):
    price_list = SubFactory(PriceListFactory)
    product = SubFactory(ProductFactory)
    price = Decimal(100)

    class Meta:
        model = PriceListItem
