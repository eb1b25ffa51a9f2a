"""An order: what a won quote promised, until it is delivered and invoiced."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django_fsm import FSMField, FSMModelMixin, transition

from sales.models.documents import Document, DocumentLine


class OrderStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    FULFILLED = "fulfilled", "Fulfilled"
    INVOICED = "invoiced", "Invoiced"
    CANCELLED = "cancelled", "Cancelled"


class Order(FSMModelMixin, Document):
    """Active → Fulfilled → Invoiced, or Cancelled. It may be invoiced before it is fulfilled."""

    number = models.CharField(max_length=20, unique=True, editable=False)
    quote = models.ForeignKey("sales.Quote", models.PROTECT, null=True, blank=True, related_name="orders")
    opportunity = models.ForeignKey("sales.Opportunity", models.PROTECT, null=True, blank=True, related_name="orders")
    ordered_on = models.DateField()
    status = FSMField(default=OrderStatus.ACTIVE, choices=OrderStatus.choices, protected=True)
    fulfilled_on = models.DateField(null=True, blank=True, editable=False)
    cancelled_on = models.DateField(null=True, blank=True, editable=False)

    class Meta(Document.Meta):
        ordering = ["-pk"]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                name="order_fulfilled_has_a_day", condition=~Q(status="fulfilled") | Q(fulfilled_on__isnull=False)
            ),
            models.CheckConstraint(
                name="order_cancelled_has_a_day",
                condition=Q(status="cancelled", cancelled_on__isnull=False)
                | ~Q(status="cancelled") & Q(cancelled_on=None),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="order_by_account"),
            models.Index(fields=["owner", "status"], name="order_by_owner"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:order", args=[self.pk])

    @transition(status, source=OrderStatus.ACTIVE, target=OrderStatus.FULFILLED)
    def fulfil(self, on: date) -> None:
        self.fulfilled_on = on

    @transition(status, source=[OrderStatus.ACTIVE, OrderStatus.FULFILLED], target=OrderStatus.INVOICED)
    def invoice(self) -> None:
        """An invoice was made of it."""

    @transition(
        status,
        source=OrderStatus.INVOICED,
        target=OrderStatus.ACTIVE,
        conditions=[lambda order: not order.fulfilled_on],
    )
    def reopen(self) -> None:
        """Its invoice was cancelled before anything was delivered."""

    @transition(
        status, source=OrderStatus.INVOICED, target=OrderStatus.FULFILLED, conditions=[lambda order: order.fulfilled_on]
    )
    def reopen_fulfilled(self) -> None:
        """Its invoice was cancelled; the delivery stands."""

    @transition(status, source=OrderStatus.ACTIVE, target=OrderStatus.CANCELLED)
    def cancel(self, on: date) -> None:
        self.cancelled_on = on


class OrderLine(DocumentLine):
    """A line of an order; `made_from` is the quote's line."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    made_from = models.ForeignKey("sales.QuoteLine", models.SET_NULL, null=True, blank=True, related_name="order_lines")

    class Meta(DocumentLine.Meta):
        pass
