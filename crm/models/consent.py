"""Who may be written to: addresses, the ledger of consent, topics and suppressions."""

from django.conf import settings
from django.db import models


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    SMS = "sms", "SMS"


class Purpose(models.TextChoices):
    COMMERCIAL = "commercial", "Commercial"
    TRANSACTIONAL = "transactional", "Transactional"
    TRACKING = "tracking", "Tracking"


class ContactPoint(models.Model):
    """A normalised address or number. Consent and suppression belong to it, not to the contacts who share it."""

    channel = models.CharField(max_length=10, choices=Channel)
    value = models.CharField(max_length=254)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "value"], name="contact_point_once")]

    def __str__(self) -> str:
        return self.value


class Topic(models.Model):
    """What a person may take or leave within a purpose: newsletter, events, product news."""

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """One entry of the ledger: this address said yes or no to this purpose (and topic), then, there, to this text.

    Entries are never changed; a newer one supersedes the current one.
    """

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True)
    granted = models.BooleanField()
    source = models.CharField(max_length=100)
    text_shown = models.TextField(blank=True)
    proof = models.JSONField(default=dict, blank=True)
    given_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "consent"
        constraints = [
            models.UniqueConstraint(
                fields=["point", "purpose"],
                condition=models.Q(is_current=True, topic=None),
                name="consent_one_current_per_purpose",
            ),
            models.UniqueConstraint(
                fields=["point", "purpose", "topic"],
                condition=models.Q(is_current=True) & ~models.Q(topic=None),
                name="consent_one_current_per_topic",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} {'yes' if self.granted else 'no'} to {self.purpose}"


class Suppression(models.Model):
    """An address we do not write to, whatever it consented to: it bounced, it complained, or somebody said so."""

    class Cause(models.TextChoices):
        BOUNCE = "bounce", "Bounced"
        COMPLAINT = "complaint", "Complained"
        MANUAL = "manual", "Set by hand"

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="suppressions")
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty means for ever.")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["point"], condition=models.Q(lifted_at=None), name="suppression_in_force")]

    def __str__(self) -> str:
        return f"{self.point}: {self.get_cause_display().lower()}"
