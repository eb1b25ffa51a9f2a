"""The catalogue: products, tax rates, and price lists, one currency each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models.records import Record, RecordQuerySet

PERCENT: dict[str, Any] = {
    "max_digits": 5,
    "decimal_places": 2,
    "validators": [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
}


class TaxRate(Record):
    """A tax that is put on a line, e.g. “VAT 19 %” of Germany."""

    name = models.CharField(max_length=60)
    percent = models.DecimalField(**PERCENT)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, e.g. DE.")

    class Meta:
        ordering = ["country", "-percent", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "country"],
                name="tax_rate_once_per_country",
                violation_error_message="There is a rate of this name already.",
            ),
            models.CheckConstraint(name="tax_rate_is_a_percentage", condition=Q(percent__gte=0, percent__lte=100)),
        ]

    def __str__(self) -> str:
        return self.name


class ProductStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class ProductQuerySet(RecordQuerySet):
    def sellable(self) -> ProductQuerySet:
        return self.alive().filter(status=ProductStatus.ACTIVE)


class Product(FSMModelMixin, Record):
    """Something we sell. Only an active product can be put on a new line; a retired one stays on the lines it is on."""

    name = models.CharField(max_length=200)
    number = models.CharField(max_length=40, help_text="Your article number, e.g. LIC-100.")
    description = models.TextField(blank=True, help_text="Printed under the name on quotes and invoices.")
    unit = models.CharField(max_length=30, default="piece", help_text="What one of it is called: day, licence, month.")
    tax_rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, blank=True, related_name="+")
    status = FSMField(default=ProductStatus.DRAFT, choices=ProductStatus.choices, protected=True)

    objects = ProductQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="product_number_once",
                violation_error_message="Another product has this number.",
            ),
        ]
        indexes = [models.Index(fields=["status", "name"], name="product_by_status")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:product", args=[self.pk])

    @transition(status, source=[ProductStatus.DRAFT, ProductStatus.RETIRED], target=ProductStatus.ACTIVE)
    def activate(self) -> None:
        """From now on it can be sold."""

    @transition(status, source=ProductStatus.ACTIVE, target=ProductStatus.RETIRED)
    def retire(self) -> None:
        """No longer sold; old documents keep it."""


class PriceList(Record):
    """What products cost, in one currency."""

    name = models.CharField(max_length=100)
    currency = models.ForeignKey("crm.Currency", models.PROTECT, related_name="+")
    is_default = models.BooleanField("the usual one for its currency", default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="price_list_name_once",
                violation_error_message="Another price list has this name.",
            ),
            models.UniqueConstraint(
                fields=["currency"],
                condition=Q(is_default=True),
                name="price_list_one_default_per_currency",
                violation_error_message="Another price list is the usual one for this currency. Change that one first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.currency_id})"

    def get_absolute_url(self) -> str:
        return reverse("sales:price-list", args=[self.pk])


class PriceListItem(models.Model):
    """The price of one unit of a product in the list's currency, without tax."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    price = models.DecimalField(max_digits=18, decimal_places=4, validators=[MinValueValidator(Decimal(0))])

    class Meta:
        ordering = ["product__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["price_list", "product"], name="price_once_per_list"),
            models.CheckConstraint(name="price_is_not_negative", condition=Q(price__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.price}"
