"""A marketing email: blocks that a marketer arranges, and the immutable versions that are sent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django_fsm import FSMField, FSMModelMixin, transition

from crm.delivery.purposes import purpose_name
from crm.models import Purpose, Record

called = RegexValidator(
    r"^(?=.*[a-z])[a-z0-9-]+\Z", "Small letters, digits and hyphens, with at least one letter: order-confirmation."
)


class MarketingEmail(FSMModelMixin, Record):
    """The block JSON is the only source; making it ready compiles and keeps a version, and only versions are sent.

    Editing a ready email makes it a draft again; what was sent or is being sent keeps its version.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        READY = "ready", "Ready"

    class Kind(models.TextChoices):
        BLOCKS = "blocks", "Blocks: arranged in the designer"
        HTML = "html", "HTML of your own: sent as it is"

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
    language = models.CharField(
        max_length=10, default="en", help_text="Like en or de: what readers get of whose language there is no version."
    )
    api_name = models.CharField(
        "name for the API",
        max_length=60,
        blank=True,
        validators=[called],
        help_text="What a program calls it that sends it, e.g. order-confirmation. It stays when the email is renamed.",
    )
    adds_utm = models.BooleanField(
        "links carry UTM parameters", default=True, help_text="Where the company's settings name a UTM source."
    )
    utm_campaign = models.CharField(
        "UTM campaign", max_length=100, blank=True, help_text="Empty: the name of the campaign, else of this email."
    )
    brand = models.ForeignKey(
        "marketing.Brand",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="emails",
        help_text="Empty: the default.",
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BLOCKS, editable=False)
    blocks = models.JSONField(default=list, blank=True)
    html = models.TextField(blank=True, editable=False, help_text="Of an email of the kind HTML, word for word.")
    content_blocks = models.ManyToManyField("marketing.ContentBlock", related_name="emails", editable=False)
    media = models.ManyToManyField("marketing.MediaFile", related_name="emails", editable=False)
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
            models.UniqueConstraint(
                fields=["api_name"],
                condition=~models.Q(api_name="") & models.Q(deleted_at=None),
                name="email_api_name_once",
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


class EmailTranslation(models.Model):
    """The email in another language. A reader whose language it is gets this one; its fields mean the same."""

    email = models.ForeignKey(MarketingEmail, models.CASCADE, related_name="translations")
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    blocks = models.JSONField(default=list, blank=True)
    html = models.TextField(blank=True)

    class Meta:
        ordering = ["language"]
        constraints = [models.UniqueConstraint(fields=["email", "language"], name="email_translation_once")]

    def __str__(self) -> str:
        return f"{self.email} ({self.language})"


class EmailRevision(models.Model):
    """How a draft stood: kept while people work on it, so that nothing that was saved is lost.

    `is_aside`: never saved as the draft; kept because somebody else had saved first.
    """

    email = models.ForeignKey(MarketingEmail, models.CASCADE, related_name="revisions")
    language = models.CharField(max_length=10, blank=True, help_text="Empty: of the email itself.")
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    html = models.TextField(blank=True)
    is_aside = models.BooleanField(default=False)
    began_at = models.DateTimeField(auto_now_add=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["email", "language", "-at"], name="email_revision_by_email")]

    def __str__(self) -> str:
        return f"{self.email} at {self.at}"


class EmailSeat(models.Model):
    """Who has the designer of an email open; what has not been heard of for a minute is empty."""

    email = models.ForeignKey(MarketingEmail, models.CASCADE, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "user"], name="email_seat_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.email}"


class EmailVersion(models.Model):
    """What was checked and compiled, word for word. Never changed; sends and journeys point here by number."""

    email = models.ForeignKey(MarketingEmail, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    html = models.TextField()
    text = models.TextField()
    blocks = models.JSONField(default=list)
    translations = models.JSONField(default=dict, help_text="By language: subject, html and text.")
    asks = models.JSONField(default=dict, help_text="What is asked about its readers: rules by name, and lists.")
    wants = models.JSONField(
        default=dict,
        blank=True,
        help_text="The values that a program gives with it, by name (marketing/blocks/wants.py).",
    )
    postal_address = models.CharField(max_length=300, blank=True)
    media = models.ManyToManyField("marketing.MediaFile", related_name="versions", editable=False)
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
