"""Privacy: the proof that somebody was erased, and how long which data is kept."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """The proof that a person was anonymised or erased. It names nobody: `address_hash` is a keyed hash of the address,
    so that the question “was this address erased, and when?” can be answered to whoever knows the address."""

    class Mode(models.TextChoices):
        ANONYMISE = "anonymise", _("Anonymise")
        ERASE = "erase", _("Erase")

    contact = models.ForeignKey("crm.Contact", models.SET_NULL, null=True, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode)
    reason = models.CharField(max_length=300)
    address_hash = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict, help_text="Rows by kind of data.")
    kept = models.JSONField(default=dict, help_text="Rows that stay readable, by kind of data.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["address_hash"], name="erasure_by_address")]

    def __str__(self) -> str:
        return f"{self.get_mode_display()}, {self.at:%Y-%m-%d}"


class RetentionRule(models.Model):
    """After how many days a kind of data goes (crm/hooks/retention.py). Without days it is kept for ever."""

    name = models.CharField(max_length=40, primary_key=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, editable=False)
    cleared = models.PositiveBigIntegerField(default=0, editable=False, help_text="Rows that went so far.")

    def __str__(self) -> str:
        return self.name
