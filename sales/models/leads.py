"""A lead: somebody who may buy, worked by one person until it is qualified or disqualified."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models import Record
from crm.models.merges import IS_MERGED, Mergeable
from crm.models.records import RecordQuerySet
from sales.models.assignment import Unassigned
from sales.models.choices import BudgetStatus, Need, PreferredContact, Priority, PurchaseProcess, Rating, Timeframe


class LeadStatus(models.TextChoices):
    OPEN = "open", _("Open")
    QUALIFIED = "qualified", _("Qualified")
    DISQUALIFIED = "disqualified", _("Disqualified")


class Progress(models.TextChoices):
    """How far an open lead has come."""

    NEW = "new", _("New")
    CONTACTED = "contacted", _("Contacted")


class SourceKind(models.TextChoices):
    WEB = "web", _("Website")
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone call")
    EVENT = "event", _("Event or fair")
    REFERRAL = "referral", _("Referral")
    PARTNER = "partner", _("Partner")
    ADVERTISEMENT = "advertisement", _("Advertisement")
    LIST = "list", _("Bought or found list")
    OTHER = "other", _("Other")


class DisqualifyReason(models.TextChoices):
    LOST = "lost", _("Lost")
    CANNOT_CONTACT = "cannot_contact", _("Cannot be reached")
    NO_INTEREST = "no_longer_interested", _("No longer interested")
    CANCELLED = "cancelled", _("Cancelled")


class LeadQuerySet(RecordQuerySet):
    def open(self) -> Self:
        return self.filter(status=LeadStatus.OPEN)

    def nobodys(self) -> Self:
        """Open ones without an owner that wait in no team's queue either."""
        return self.open().filter(owner=None, team=None, deleted_at=None)

    def waiting(self) -> Self:
        """Those that the rules have found nobody for, and try again."""
        return self.nobodys().exclude(unassigned_because="")


class Lead(FSMModelMixin, Mergeable, Record):
    """One person's interest, always about a contact. A person has one open lead; new interest goes on to it.

    What is known of the company stands here until there is an account, which begins with it.

    `details` is a snapshot of why it was handed over, e.g. {"score": 85, "reasons": ["Registered …", …]}.
    `assignment_rule` gave it to its owner; of a lead that is nobody's it is the rule whose people it waits for, with
    `unassigned_because` and, of whom and until when, `unassigned_details` (sales/queries/assignment_words.py).
    """

    topic = models.CharField(max_length=300)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="leads")
    account = models.ForeignKey("crm.Account", models.SET_NULL, null=True, blank=True, related_name="leads")
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="leads")
    source = models.CharField(max_length=200, blank=True, help_text=_("What brought it, in words."))
    source_kind = models.CharField(max_length=13, choices=SourceKind, blank=True)
    rating = models.CharField(max_length=4, choices=Rating, default=Rating.WARM)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    progress = models.CharField(max_length=9, choices=Progress, default=Progress.NEW)
    status = FSMField(choices=LeadStatus, default=LeadStatus.OPEN, protected=True, max_length=12)
    disqualify_reason = models.CharField(max_length=20, choices=DisqualifyReason, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    assignment_rule = models.ForeignKey(
        "sales.AssignmentRule", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    unassigned_because = models.CharField(
        _("unassigned because"), max_length=8, choices=Unassigned, blank=True, editable=False
    )
    unassigned_details = models.JSONField(default=dict, blank=True, editable=False)
    assignment_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    budget_amount = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.ForeignKey("crm.Currency", models.PROTECT, null=True, blank=True, related_name="+")
    budget_status = models.CharField(max_length=12, choices=BudgetStatus, blank=True)
    need = models.CharField(max_length=8, choices=Need, blank=True)
    timeframe = models.CharField(_("purchase timeframe"), max_length=14, choices=Timeframe, blank=True)
    purchase_process = models.CharField(max_length=12, choices=PurchaseProcess, blank=True)
    decision_maker = models.BooleanField(_("decides on the purchase"), default=False)
    is_fit = models.BooleanField(_("fits us"), default=False)
    is_interested = models.BooleanField(_("interest confirmed"), default=False)
    preferred_contact = models.CharField(
        _("prefers to be reached by"), max_length=5, choices=PreferredContact, blank=True
    )
    follow_up_on = models.DateField(_("to be followed up on"), null=True, blank=True)
    qualify_by = models.DateField(_("to be qualified by"), null=True, blank=True)
    qualification_notes = models.TextField(blank=True)
    estimated_revenue = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    estimated_close = models.DateField(null=True, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    website = models.URLField(blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    description = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True, editable=False)

    objects = LeadQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "status", "-assigned_at"], name="lead_by_owner"),
            models.Index(fields=["owner", "created_at", "id"], name="lead_new_by_owner"),
            models.Index(fields=["owner", "contact"], name="lead_path_to_contact", condition=Q(deleted_at=None)),
            models.Index(fields=["status", "-created_at"], name="lead_by_status"),
            models.Index(fields=["status", "id"], name="lead_by_status_alone"),
            models.Index(fields=["topic", "id"], name="lead_by_topic"),
            models.Index(fields=["company_name", "id"], name="lead_by_company"),
            models.Index(fields=["created_at", "id"], name="lead_by_creation"),
            models.Index(fields=["updated_at", "id"], name="lead_by_change"),
            models.Index(fields=["closed_at", "id"], name="lead_by_end", condition=~Q(closed_at=None)),
            models.Index(fields=["campaign", "status"], name="lead_by_campaign", condition=~Q(campaign=None)),
            models.Index(fields=["contact", "-created_at"], name="lead_by_contact"),
            models.Index(
                fields=["unassigned_because", "id"],
                name="lead_nobodys",
                condition=Q(owner=None, team=None, status="open", deleted_at=None),
            ),
            models.Index(fields=["merged_into"], name="lead_merged", condition=IS_MERGED),
        ]
        constraints = [
            models.UniqueConstraint(
                name="lead_one_open_per_contact", fields=["contact"], condition=Q(status="open", deleted_at=None)
            ),
            models.CheckConstraint(
                name="lead_closed_at_tells_the_status",
                condition=Q(status="open", closed_at=None) | (~Q(status="open") & ~Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="lead_disqualified_with_a_reason",
                condition=(Q(status="disqualified") & ~Q(disqualify_reason=""))
                | (~Q(status="disqualified") & Q(disqualify_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.topic

    def get_absolute_url(self) -> str:
        return reverse("sales:lead", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status == LeadStatus.OPEN

    @property
    def score(self) -> int | None:
        return self.details.get("score")

    @property
    def reasons(self) -> list[str]:
        return self.details.get("reasons", [])

    @transition(status, source=LeadStatus.OPEN, target=LeadStatus.QUALIFIED)
    def qualify(self) -> None:
        self.closed_at = timezone.now()

    @transition(status, source=LeadStatus.OPEN, target=LeadStatus.DISQUALIFIED)
    def disqualify(self, reason: str) -> None:
        self.disqualify_reason, self.closed_at = reason, timezone.now()

    @transition(status, source=[LeadStatus.QUALIFIED, LeadStatus.DISQUALIFIED], target=LeadStatus.OPEN)
    def reactivate(self) -> None:
        self.disqualify_reason, self.closed_at = "", None
