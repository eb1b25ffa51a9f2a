"""The company that runs Tandem: one row of settings, its currencies and their rates."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models.users import check_time_zone


class Currency(models.Model):
    """An ISO 4217 currency. `decimals` fixes how amounts in it are rounded."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=6, blank=True)
    decimals = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(4)])

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class ExchangeRate(models.Model):
    """From `on` until the next one: one unit of the base currency buys `rate` units of `currency`."""

    currency = models.ForeignKey(Currency, models.CASCADE, related_name="rates")
    on = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal("0.00000001"))])

    class Meta:
        ordering = ["-on"]
        constraints = [models.UniqueConstraint(fields=["currency", "on"], name="exchange_rate_once_a_day")]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.rate} from {self.on}"


class Company(models.Model):
    """Our own company: printed on documents and at the foot of every mail. There is one row."""

    name = models.CharField(max_length=200)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, e.g. DE.")
    vat_id = models.CharField("VAT id", max_length=30, blank=True)
    base_currency = models.ForeignKey(Currency, models.PROTECT, default="EUR")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[check_time_zone])
    fiscal_year_starts = models.PositiveSmallIntegerField(
        "fiscal year starts in month", default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    needs_second_factor = models.BooleanField(
        "everybody needs a second factor to sign in",
        default=False,
        help_text="Whoever has none sets one up at their next page. Or ask for it by role, under Roles.",
    )

    utm_source = models.CharField(
        "UTM source",
        max_length=60,
        blank=True,
        help_text="Added to the links of emails and texts, so that your web analytics knows where visitors come from, "
        "e.g. newsletter. Empty: nothing is added. What a link says itself stays.",
    )
    utm_medium = models.CharField("UTM medium", max_length=60, blank=True, help_text="Empty: email, or sms.")
    bin_days = models.PositiveSmallIntegerField(
        "days in the bin",
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Deleted records can be restored for so long; then they are destroyed.",
    )
    approve_sends_over = models.PositiveIntegerField(
        "sends to more people need approval",
        null=True,
        blank=True,
        help_text="By somebody else whose role lets them approve sends. Empty: none does.",
    )

    class Meta:
        verbose_name_plural = "company"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def postal_address(self) -> str:
        """One line, as the law of most countries wants it under a commercial mail."""
        town = f"{self.postal_code} {self.city}".strip()
        return ", ".join(part for part in (self.name, self.street, town, self.country) if part)
