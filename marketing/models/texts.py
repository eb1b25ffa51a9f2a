"""A text message (SMS) and the versions of its words."""

from django.db import models

from crm.delivery.purposes import purpose_name
from crm.models import Purpose, Record


class TextMessage(Record):
    """A text with tokens. Every change of its words is a new version; a running send keeps the one it began with."""

    name = models.CharField(max_length=200, help_text="For you; readers never see it.")
    text = models.TextField(max_length=1000)
    sender = models.ForeignKey("crm.Sender", models.PROTECT, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=20, default=Purpose.COMMERCIAL)
    topic = models.ForeignKey("crm.Topic", models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="texts")
    ready_version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = "text message"

    def __str__(self) -> str:
        return self.name

    def get_purpose_display(self) -> str:
        """As the company calls it."""
        return purpose_name(self.purpose)


class TextVersion(models.Model):
    """The words of a text message as they were at one time."""

    message = models.ForeignKey(TextMessage, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="text_version_once")]

    def __str__(self) -> str:
        return f"{self.message} v{self.number}"
