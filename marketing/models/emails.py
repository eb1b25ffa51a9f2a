"""A marketing email: blocks that a marketer arranges, and the immutable versions that are sent."""

from typing import Any

from django.conf import settings
from django.db import models
from django_fsm import FSMField, FSMModelMixin, transition

from crm.delivery.purposes import purpose_name
from crm.models import Purpose, Record


class MarketingEmail(FSMModelMixin, Record):
    """The block JSON is the only source; making it ready compiles and keeps a version, and only versions are sent.

    Editing a ready email makes it a draft again; what was sent or is being sent keeps its version.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        READY = "ready", "Ready"

    name = models.CharField(max_length=200, help_text="For you; readers never see it.")
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(
        max_length=200, blank=True, help_text="The grey words that an inbox shows behind the subject."
    )
    sender = models.ForeignKey("crm.Sender", models.PROTECT, null=True, blank=True, related_name="+")
    purpose = models.CharField(
        max_length=20,
        default=Purpose.COMMERCIAL,
        help_text="A commercial email needs consent and an unsubscribe link.",
    )
    topic = models.ForeignKey("crm.Topic", models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="emails")
    language = models.CharField(max_length=10, default="en", help_text="Like en or de.")
    adds_utm = models.BooleanField(
        "links carry UTM parameters", default=True, help_text="Where the company's settings name a UTM source."
    )
    utm_campaign = models.CharField(
        "UTM campaign", max_length=100, blank=True, help_text="Empty: the name of the campaign, else of this email."
    )
    blocks = models.JSONField(default=list, blank=True)
    status = FSMField(max_length=10, choices=Status.choices, default=Status.DRAFT, protected=True, editable=False)
    ready_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="The newest version that can be sent; 0 where there is none yet."
    )

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = "email"
        constraints = [
            models.CheckConstraint(
                name="email_ready_has_a_version",
                condition=models.Q(status="draft") | models.Q(ready_version__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_purpose_display(self) -> str:
        """As the company calls it."""
        return purpose_name(self.purpose)

    @transition(status, source=[Status.DRAFT, Status.READY], target=Status.READY)
    def make_ready(self, number: int) -> None:
        """From now on version `number` is what a send or a journey takes."""
        self.ready_version = number

    @transition(status, source=[Status.DRAFT, Status.READY], target=Status.DRAFT)
    def rework(self) -> None:
        """It is being edited; the versions made so far stay."""


class EmailVersion(models.Model):
    """What was checked and compiled, word for word. Never changed; sends and journeys point here by number."""

    email = models.ForeignKey(MarketingEmail, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    html = models.TextField()
    text = models.TextField()
    blocks = models.JSONField(default=list)
    checked = models.JSONField(default=list, help_text="What the check had to say when it was made.")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["email", "number"], name="email_version_once")]

    def __str__(self) -> str:
        return f"{self.email} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValueError where somebody would change a version that exists."""
        if not self._state.adding:
            raise ValueError("A version of an email is never changed; make the email ready again instead.")
        super().save(*args, **kwargs)
