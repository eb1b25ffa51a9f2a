"""One email or text to one segment: now, or at a time."""

from datetime import datetime

from django.db import models
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models import Record
from marketing.models.emails import MarketingEmail
from marketing.models.texts import TextMessage


class Send(FSMModelMixin, Record):
    """A direct send. Its messages are made in one set when it is due; each then keeps its own truth in `Message`."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        STARTED = "started", "Started"
        CANCELLED = "cancelled", "Cancelled"

    email = models.ForeignKey("marketing.MarketingEmail", models.PROTECT, null=True, blank=True, related_name="sends")
    text_message = models.ForeignKey(
        "marketing.TextMessage", models.PROTECT, null=True, blank=True, related_name="sends"
    )
    content_version = models.PositiveIntegerField()
    segment = models.ForeignKey("marketing.Segment", models.PROTECT, related_name="sends")
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="sends")
    due_at = models.DateTimeField()
    status = FSMField(max_length=10, choices=Status.choices, default=Status.SCHEDULED, protected=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    queued_count = models.PositiveIntegerField(default=0, editable=False)

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
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(status="scheduled"), name="send_due")]

    def __str__(self) -> str:
        return f"{self.content} to {self.segment}"

    @property
    def content(self) -> MarketingEmail | TextMessage:
        return self.email or self.text_message  # type: ignore[return-value]

    @property
    def content_type(self) -> str:
        """How delivery names the content."""
        return "marketing.email" if self.email_id else "marketing.text"

    @property
    def send_key(self) -> str:
        """What all messages of this send share; an address gets one of them."""
        return f"send:{self.pk}"

    @transition(status, source=Status.SCHEDULED, target=Status.STARTED)
    def start(self, now: datetime) -> None:
        self.started_at = now

    @transition(status, source=[Status.SCHEDULED, Status.STARTED], target=Status.CANCELLED)
    def cancel(self) -> None:
        """What has not gone out yet will not."""
