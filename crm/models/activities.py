"""What people do with people: task, call, appointment, email, note. One table, a kind, a `regarding`."""

from datetime import date

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from crm.models.records import Record


class Activity(Record):
    """One activity, planned or done. `regarding` is the record it is about: a lead, an opportunity, an account."""

    class Kind(models.TextChoices):
        TASK = "task", "Task"
        CALL = "call", "Phone call"
        APPOINTMENT = "appointment", "Appointment"
        EMAIL = "email", "Email"
        NOTE = "note", "Note"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        WAITING = "waiting", "Waiting to be sent"
        """An email that goes out by itself: nobody has anything to do about it."""

    class Direction(models.TextChoices):
        OUT = "out", "Outgoing"
        IN = "in", "Incoming"

    class Priority(models.TextChoices):
        LOW = "low", _lazy("Low")
        NORMAL = "normal", _lazy("Normal")
        HIGH = "high", _lazy("High")

    class Reminder(models.TextChoices):
        AT_ONCE = "0m", _lazy("When it is due")
        MINUTES_5 = "5m", _lazy("5 minutes before")
        MINUTES_15 = "15m", _lazy("15 minutes before")
        HALF_HOUR = "30m", _lazy("Half an hour before")
        HOUR = "1h", _lazy("An hour before")
        DAY = "1d", _lazy("A day before")
        WEEK = "1w", _lazy("A week before")

    kind = models.CharField(max_length=12, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    outcome = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="For an appointment: when it starts.")
    ends_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    reminder = models.CharField(max_length=3, choices=Reminder, blank=True)
    reminded_of = models.DateTimeField(null=True, editable=False)
    """The due time that the owner was reminded of: one that is moved is told again."""
    guest_invited_at = models.DateTimeField(null=True, editable=False)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, blank=True, related_name="activities")
    account = models.ForeignKey("crm.Account", models.CASCADE, null=True, blank=True, related_name="activities")
    series = models.ForeignKey(
        "crm.ActivitySeries", models.SET_NULL, null=True, blank=True, editable=False, related_name="occurrences"
    )
    recurs_at = models.DateTimeField(null=True, editable=False)
    """The moment at which the rule of its series has it, wherever it was moved since (RECURRENCE-ID)."""
    regarding_type = models.ForeignKey(ContentType, models.PROTECT, null=True, blank=True, related_name="+")
    regarding_id = models.PositiveBigIntegerField(null=True, blank=True)
    regarding = GenericForeignKey("regarding_type", "regarding_id")

    class Meta:
        ordering = ["-due_at", "-pk"]
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["owner", "status", "due_at"], name="activity_by_owner"),
            models.Index(fields=["owner", "due_at", "id"], name="activity_due_by_owner"),
            models.Index(fields=["due_at", "id"], name="activity_by_due"),
            models.Index(
                fields=["reminder", "due_at"],
                name="activity_to_remind",
                condition=models.Q(status="open") & ~models.Q(reminder=""),
            ),
            models.Index(fields=["done_at", "id"], name="activity_by_done"),
            models.Index(fields=["subject", "id"], name="activity_by_subject"),
            models.Index(fields=["status", "id"], name="activity_by_status"),
            models.Index(fields=["created_at", "id"], name="activity_by_creation"),
            models.Index(fields=["updated_at", "id"], name="activity_by_change"),
            models.Index(fields=["contact", "-created_at"], name="activity_by_contact"),
            models.Index(fields=["regarding_type", "regarding_id"], name="activity_by_regarding"),
        ]
        constraints = [
            models.CheckConstraint(
                name="activity_ends_after_it_starts",
                condition=models.Q(ends_at=None) | models.Q(due_at=None) | models.Q(ends_at__gte=models.F("due_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_urgent(self) -> bool:
        return self.status == self.Status.OPEN and self.priority == self.Priority.HIGH

    def clean(self) -> None:
        super().clean()
        if self.due_at and self.ends_at and self.ends_at < self.due_at:
            raise ValidationError(_("It cannot end before it starts."))

    @property
    def is_late(self) -> bool:
        return self.status == self.Status.OPEN and self.due_at is not None and self.due_at < timezone.now()

    @property
    def due_day(self) -> date | None:
        """The day it is due in the reader's zone."""
        return timezone.localdate(self.due_at) if self.due_at else None

    def get_absolute_url(self) -> str:
        return reverse("crm:activity", args=[self.pk])
