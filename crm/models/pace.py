"""How much may be sent, to whom and when: the company's rules, and the counters that hold them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models.consent import Channel


class ChannelRule(models.Model):
    """What the company allows on a channel. It holds for commercial messages; what somebody waits for is never held up."""

    channel = models.CharField(max_length=10, choices=Channel, unique=True)
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="In the reader's time zone. 21:00 to 08:00 spans the night."
    )
    quiet_until = models.TimeField(null=True, blank=True)
    most = models.PositiveSmallIntegerField(
        "at most",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Commercial messages to one address.",
    )
    days = models.PositiveSmallIntegerField(
        "within days", default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )

    class Meta:
        verbose_name = "rule of a channel"
        verbose_name_plural = "rules of the channels"
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_have_two_ends",
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.get_channel_display()

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Quiet hours have a beginning and an end."})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": "Quiet hours that never end would hold everything for ever."})


class DomainLimit(models.Model):
    """What one mailbox provider bears of each of our senders: gmail.com, 1,000 an hour."""

    domain = models.CharField(
        max_length=253, unique=True, help_text="What stands behind the @ of the reader's address."
    )
    per_hour = models.PositiveIntegerField("at most an hour", validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["domain"]
        verbose_name = "limit of a mail provider"
        verbose_name_plural = "limits of mail providers"

    def __str__(self) -> str:
        return f"{self.domain}: {self.per_hour} an hour"

    def clean(self) -> None:
        self.domain = self.domain.strip().lower().lstrip("@")


class Lane(models.Model):
    """What stands in the way of one sender on one channel: nothing of theirs is due before `closed_until`."""

    key = models.CharField(max_length=40, unique=True, help_text="Channel and sender: email:3; email:0 without one.")
    closed_until = models.DateTimeField(null=True)
    troubles = models.PositiveSmallIntegerField(default=0, help_text="How often in a row the carrier failed us.")
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.key


class Tally(models.Model):
    """A counter: how many of `subject` in the span of time that begins at `starts_at`. Rows of the past are swept away."""

    subject = models.CharField(max_length=320)
    starts_at = models.DateTimeField()
    number = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "starts_at"], name="tally_once_a_span")]
        indexes = [models.Index(fields=["starts_at"], name="tally_by_time")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.number}"


class HeldSend(models.Model):
    """Messages of this send_key are put aside when their turn comes, until it is resumed."""

    send_key = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.send_key
