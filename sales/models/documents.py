"""What quote, order, invoice and their lines share: a customer, an address, a foot of totals kept as they were printed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from crm.countries import country_name
from crm.models.records import Record
from sales.models.products import PERCENT
from sales.pricing import DocumentTotals, Line, LineTotals, in_base

if TYPE_CHECKING:
    from crm.models import Currency

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4, "default": Decimal(0), "editable": False}
NOT_NEGATIVE = [MinValueValidator(Decimal(0))]


class NumberSequence(models.Model):
    """The last number given out in a series and year. The row is locked by whoever takes the next one."""

    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="number_sequence_once_a_year")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.last:04d}"


class Document(Record):
    """Amounts are in `currency`; `base_total` is the total in the company's currency at the rate of its day."""

    account = models.ForeignKey("crm.Account", models.PROTECT, null=True, blank=True, related_name="%(class)ss")
    contact = models.ForeignKey("crm.Contact", models.SET_NULL, null=True, blank=True, related_name="%(class)ss")
    currency = models.ForeignKey("crm.Currency", models.PROTECT, related_name="+")
    billing_name = models.CharField("bill to", max_length=200)
    billing_street = models.CharField("street", max_length=200, blank=True)
    billing_postal_code = models.CharField("postal code", max_length=20, blank=True)
    billing_city = models.CharField("city", max_length=100, blank=True)
    billing_country = models.CharField("country", max_length=2, blank=True, help_text="Two letters, e.g. IN.")
    billing_vat_id = models.CharField("customer's VAT id", max_length=30, blank=True)
    notes = models.TextField(blank=True, help_text="Printed under the totals.")
    discount_percent = models.DecimalField("discount in per cent", default=Decimal(0), **PERCENT)
    discount_amount = models.DecimalField(
        "discount as an amount", max_digits=18, decimal_places=4, default=Decimal(0), validators=NOT_NEGATIVE
    )
    freight = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal(0), validators=NOT_NEGATIVE)
    detail_total = models.DecimalField(**AMOUNT)
    discount_total = models.DecimalField(**AMOUNT)
    tax_total = models.DecimalField(**AMOUNT)
    total = models.DecimalField(**AMOUNT)
    base_total = models.DecimalField(**AMOUNT)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_names_its_customer", condition=~Q(billing_name="")),
            models.CheckConstraint(
                name="%(class)s_amounts_are_not_negative",
                condition=Q(
                    detail_total__gte=0,
                    discount_total__gte=0,
                    freight__gte=0,
                    tax_total__gte=0,
                    total__gte=0,
                    discount_amount__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="%(class)s_discount_is_per_cent_or_amount", condition=Q(discount_percent=0) | Q(discount_amount=0)
            ),
        ]

    @property
    def net_total(self) -> Decimal:
        """detail − discount + freight: what we earn, without tax."""
        return self.detail_total - self.discount_total + self.freight

    @property
    def billing_lines(self) -> list[str]:
        """The address as it stands in the window of the envelope."""
        town = f"{self.billing_postal_code} {self.billing_city}".strip()
        return [
            line for line in (self.billing_name, self.billing_street, town, country_name(self.billing_country)) if line
        ]

    def take_totals(self, totals: DocumentTotals, base: Currency, rate: Decimal) -> None:
        """Keep the foot as it was computed; `rate` units of the currency buy one of `base`."""
        self.detail_total, self.discount_total = totals.detail, totals.discount
        self.tax_total, self.total, self.freight = totals.tax, totals.total, totals.freight
        self.base_total = in_base(totals.total, rate, base.decimals)


class DocumentLine(models.Model):
    """A product or a write-in, how many, for how much. `net` and `tax` are kept as computed when it was saved.

    `tax_percent` is what `tax_rate` said then; a later change of the rate leaves the line as it was.
    """

    product = models.ForeignKey("sales.Product", models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    unit = models.CharField(max_length=30, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(1))
    unit_price = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal(0))
    discount_percent = models.DecimalField(default=Decimal(0), **PERCENT)
    discount_amount = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal(0))
    tax_rate = models.ForeignKey("sales.TaxRate", models.PROTECT, null=True, blank=True, related_name="+")
    tax_percent = models.DecimalField(default=Decimal(0), editable=False, **PERCENT)
    position = models.PositiveSmallIntegerField(default=0, editable=False, validators=[MaxValueValidator(999)])
    net = models.DecimalField(**AMOUNT)
    tax = models.DecimalField(**AMOUNT)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="%(class)s_quantity_is_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="%(class)s_price_is_not_negative", condition=Q(unit_price__gte=0)),
            models.CheckConstraint(
                name="%(class)s_discount_is_sound",
                condition=Q(discount_percent__gte=0, discount_percent__lte=100, discount_amount__gte=0)
                & (Q(discount_percent=0) | Q(discount_amount=0)),
            ),
            models.CheckConstraint(name="%(class)s_amounts_are_not_negative", condition=Q(net__gte=0, tax__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.name}"

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    @property
    def asked(self) -> Line:
        """What pricing needs to know of it."""
        return Line(self.quantity, self.unit_price, self.discount_percent, self.discount_amount, self.tax_percent)

    def take_totals(self, totals: LineTotals) -> None:
        self.net, self.tax = totals.net, totals.tax

    def copied(self) -> dict[str, Any]:
        """Everything that the line made from this one takes over."""
        return {name: getattr(self, name) for name in COPIED}


COPIED = (
    "product_id", "name", "description", "unit", "quantity", "unit_price", "discount_percent", "discount_amount",
    "tax_rate_id", "tax_percent", "position", "net", "tax",
)  # fmt: skip
