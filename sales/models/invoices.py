"""An invoice and the payments that came in for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django_fsm import FSMField, FSMModelMixin, transition

from sales.models.documents import AMOUNT, Document, DocumentLine


class InvoiceStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    PARTLY_PAID = "partly_paid", "Partly paid"
    PAID = "paid", "Paid"
    CANCELLED = "cancelled", "Cancelled"


class Invoice(FSMModelMixin, Document):
    """Active → Partly paid → Paid by its payments; Cancelled only while nothing was paid. Its lines never change."""

    number = models.CharField(max_length=20, unique=True, editable=False)
    order = models.ForeignKey("sales.Order", models.PROTECT, null=True, blank=True, related_name="invoices")
    opportunity = models.ForeignKey("sales.Opportunity", models.PROTECT, null=True, blank=True, related_name="invoices")
    invoiced_on = models.DateField()
    due_on = models.DateField()
    paid_total = models.DecimalField(**AMOUNT)
    status = FSMField(default=InvoiceStatus.ACTIVE, choices=InvoiceStatus.choices, protected=True)
    paid_on = models.DateField(null=True, blank=True, editable=False)
    cancelled_on = models.DateField(null=True, blank=True, editable=False)

    class Meta(Document.Meta):
        ordering = ["-pk"]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                name="invoice_is_never_paid_more_than_once", condition=Q(paid_total__gte=0, paid_total__lte=F("total"))
            ),
            models.CheckConstraint(
                name="invoice_status_says_what_was_paid",
                condition=Q(status="paid", paid_total=F("total"), paid_on__isnull=False)
                | Q(status="partly_paid", paid_total__gt=0, paid_total__lt=F("total"))
                | Q(status__in=["active", "cancelled"], paid_total=0),
            ),
            models.CheckConstraint(name="invoice_is_due_after_its_day", condition=Q(due_on__gte=F("invoiced_on"))),
            models.UniqueConstraint(
                fields=["order"], condition=~Q(status="cancelled"), name="invoice_one_in_force_per_order"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="invoice_by_account"),
            models.Index(fields=["status", "due_on"], name="invoice_by_due_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:invoice", args=[self.pk])

    @property
    def open_total(self) -> Decimal:
        return Decimal(0) if self.status == InvoiceStatus.CANCELLED else self.total - self.paid_total

    def is_overdue(self, today: date) -> bool:
        return self.open_total > 0 and self.due_on < today

    @transition(status, source=[InvoiceStatus.ACTIVE, InvoiceStatus.PARTLY_PAID], target=InvoiceStatus.PARTLY_PAID)
    def pay_part(self, amount: Decimal) -> None:
        self.paid_total += amount

    @transition(status, source=[InvoiceStatus.ACTIVE, InvoiceStatus.PARTLY_PAID], target=InvoiceStatus.PAID)
    def pay_rest(self, on: date) -> None:
        self.paid_total, self.paid_on = self.total, on

    @transition(status, source=InvoiceStatus.ACTIVE, target=InvoiceStatus.CANCELLED)
    def cancel(self, on: date) -> None:
        self.cancelled_on = on


class InvoiceLine(DocumentLine):
    """A line of an invoice; `made_from` is the order's line."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    made_from = models.ForeignKey(
        "sales.OrderLine", models.SET_NULL, null=True, blank=True, related_name="invoice_lines"
    )

    class Meta(DocumentLine.Meta):
        pass


class PaymentMethod(models.TextChoices):
    TRANSFER = "transfer", "Bank transfer"
    CARD = "card", "Card"
    CASH = "cash", "Cash"
    OTHER = "other", "Other"


class Payment(models.Model):
    """Money that came in for an invoice, in its currency. The ledger is only added to."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=18, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))])
    paid_on = models.DateField()
    method = models.CharField(max_length=10, choices=PaymentMethod, default=PaymentMethod.TRANSFER)
    reference = models.CharField(max_length=100, blank=True, help_text="What the bank statement says.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        ordering = ["paid_on", "pk"]
        constraints = [models.CheckConstraint(name="payment_is_more_than_nothing", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.amount} on {self.paid_on}"
