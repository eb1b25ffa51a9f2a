"""A quote: numbered once, revised under the same number, editable only as a draft."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django_fsm import FSMField, FSMModelMixin, transition

from sales.models.documents import Document, DocumentLine


class QuoteStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    WON = "won", "Won"
    CLOSED = "closed", "Closed"


class CloseReason(models.TextChoices):
    LOST = "lost", "Lost"
    CANCELLED = "cancelled", "Cancelled"
    REVISED = "revised", "Revised"


class Quote(FSMModelMixin, Document):
    """An offer. Draft → Active (sent, locked) → Won, or Closed with a reason. `number` is kept by its revisions."""

    number = models.CharField(max_length=20, editable=False)
    revision = models.PositiveSmallIntegerField(default=0, editable=False)
    opportunity = models.ForeignKey("sales.Opportunity", models.PROTECT, null=True, blank=True, related_name="quotes")
    price_list = models.ForeignKey("sales.PriceList", models.PROTECT, null=True, blank=True, related_name="+")
    valid_until = models.DateField(null=True, blank=True)
    status = FSMField(default=QuoteStatus.DRAFT, choices=QuoteStatus.choices, protected=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason, blank=True, editable=False)
    activated_on = models.DateField(null=True, blank=True, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)

    class Meta(Document.Meta):
        ordering = ["-pk"]
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(fields=["number", "revision"], name="quote_number_once_per_revision"),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(status__in=["draft", "active"], deleted_at=None),
                name="quote_one_open_revision",
            ),
            models.CheckConstraint(
                name="quote_closed_has_a_reason",
                condition=Q(status="closed", closed_on__isnull=False) & ~Q(close_reason="")
                | ~Q(status="closed") & Q(close_reason=""),
            ),
            models.CheckConstraint(
                name="quote_activated_has_a_day",
                condition=Q(status="draft") | Q(activated_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["opportunity", "-id"], name="quote_by_opportunity"),
            models.Index(fields=["account", "-id"], name="quote_by_account"),
            models.Index(fields=["owner", "status"], name="quote_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.number} rev. {self.revision}" if self.revision else self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:quote", args=[self.pk])

    @property
    def status_words(self) -> str:
        """“Closed” alone says too little."""
        return self.get_close_reason_display() or self.get_status_display()

    @property
    def is_editable(self) -> bool:
        return self.status == QuoteStatus.DRAFT

    @transition(status, source=QuoteStatus.DRAFT, target=QuoteStatus.ACTIVE)
    def activate(self, on: date) -> None:
        self.activated_on = on

    @transition(status, source=QuoteStatus.ACTIVE, target=QuoteStatus.WON)
    def win(self, on: date) -> None:
        self.closed_on = on

    @transition(status, source=QuoteStatus.ACTIVE, target=QuoteStatus.CLOSED)
    def close(self, reason: str, on: date) -> None:
        self.close_reason, self.closed_on = reason, on


class QuoteLine(DocumentLine):
    """A line of a quote; `made_from` is the deal's line it was copied from, `revised_from` the line of the revision before."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    made_from = models.ForeignKey(
        "sales.OpportunityLine", models.SET_NULL, null=True, blank=True, related_name="quote_lines"
    )
    revised_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="revisions")

    class Meta(DocumentLine.Meta):
        pass
