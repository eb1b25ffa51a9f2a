"""One email or text to people of segments: now, at a time, or when each of them reads."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models import Record
from marketing.models.emails import MarketingEmail
from marketing.models.texts import TextMessage


class Send(FSMModelMixin, Record):
    """A direct send. Its messages are made in one set when it is due; each then keeps its own truth in `Message`.

    `due_at` is when the messages are made. At the reader's own time they are made earlier than the first reader's clock
    shows `wall_clock`, and each message then has its own due time.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waits for approval"
        SCHEDULED = "scheduled", "Scheduled"
        STARTED = "started", "Started"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        REJECTED = "rejected", "Rejected"

    class Timing(models.TextChoices):
        AT_ONCE = "at_once", "To everybody at the same moment"
        LOCAL = "local", "When it is this time where the reader lives"
        USUAL = "usual", "At the hour at which each reader usually opens or clicks"

    email = models.ForeignKey("marketing.MarketingEmail", models.PROTECT, null=True, blank=True, related_name="sends")
    text_message = models.ForeignKey(
        "marketing.TextMessage", models.PROTECT, null=True, blank=True, related_name="sends"
    )
    content_version = models.PositiveIntegerField()
    purpose = models.CharField(
        max_length=20,
        editable=False,
        help_text="With topic and sender as they were when it was asked for, and agreed to.",
    )
    topic = models.ForeignKey("crm.Topic", models.PROTECT, null=True, editable=False, related_name="+")
    sender = models.ForeignKey("crm.Sender", models.PROTECT, null=True, editable=False, related_name="+")
    segments = models.ManyToManyField("marketing.Segment", related_name="sends")
    excluded = models.ManyToManyField("marketing.Segment", related_name="sends_without", blank=True)
    to_words = models.CharField(
        max_length=300, default="", editable=False, help_text="The segments by name, as they were then."
    )
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="sends")
    due_at = models.DateTimeField()
    timing = models.CharField(max_length=10, choices=Timing, default=Timing.AT_ONCE)
    wall_clock = models.DateTimeField(
        null=True, editable=False, help_text="What the reader's own clock shows then, kept as though it were UTC."
    )
    rate_per_hour = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    expires_at = models.DateTimeField(null=True, blank=True, help_text="What has not gone out by then stays unsent.")
    status = FSMField(max_length=10, choices=Status.choices, default=Status.SCHEDULED, protected=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    audience_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="Who would have got it when asked."
    )
    queued_count = models.PositiveIntegerField(default=0, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    decision_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["-due_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="send_has_one_content",
                condition=models.Q(email=None, text_message__isnull=False)
                | models.Q(email__isnull=False, text_message=None),
            ),
            models.CheckConstraint(
                name="send_started_has_a_time",
                condition=~models.Q(status="started") | models.Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="send_local_has_a_clock", condition=~models.Q(timing="local") | models.Q(wall_clock__isnull=False)
            ),
            models.CheckConstraint(
                name="send_paused_since", condition=~models.Q(status="paused") | models.Q(paused_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status="scheduled"), name="send_due"),
            models.Index(fields=["status"], condition=models.Q(status="waiting"), name="send_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.content} to {self.to_words}"

    @property
    def content(self) -> MarketingEmail | TextMessage:
        return self.email or self.text_message  # type: ignore[return-value]

    @property
    def content_type(self) -> str:
        """How delivery names the content."""
        return "marketing.email" if self.email_id else "marketing.text"

    @property
    def channel(self) -> str:
        return "email" if self.email_id else "sms"

    @property
    def send_key(self) -> str:
        """What all messages of this send share; an address gets one of them."""
        return f"send:{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.status in (self.Status.CANCELLED, self.Status.REJECTED)

    @transition(status, source=Status.SCHEDULED, target=Status.WAITING)
    def wait(self) -> None:
        """Somebody must agree first."""

    @transition(status, source=Status.WAITING, target=Status.SCHEDULED)
    def approve(self) -> None:
        """It goes out at its time."""

    @transition(status, source=Status.WAITING, target=Status.REJECTED)
    def reject(self) -> None:
        """It never goes out."""

    @transition(status, source=Status.SCHEDULED, target=Status.STARTED)
    def start(self, now: datetime) -> None:
        self.started_at = now

    @transition(status, source=Status.STARTED, target=Status.PAUSED)
    def pause(self, now: datetime) -> None:
        self.paused_at = now

    @transition(status, source=Status.PAUSED, target=Status.STARTED)
    def resume(self) -> None:
        self.paused_at = None

    @transition(
        status, source=[Status.WAITING, Status.SCHEDULED, Status.STARTED, Status.PAUSED], target=Status.CANCELLED
    )
    def cancel(self) -> None:
        """What has not gone out yet will not."""
