"""The keys with which Tandem signs mail itself (DKIM), where the mail server that takes it does not."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.deliverability import SenderDomain


class SigningKey(models.Model):
    """One key under one selector of a domain. `public_key` is what stands in DNS (DER, base64); the private one is sealed
    (crm/sealed.py) and thrown away when the key stops.

    WAITING → SIGNING when it was found in DNS, back when it is found there no longer; → STOPPED when a newer one signs.
    `problem` says why it does not sign, as of the last look.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waits for its record")
        SIGNING = "signing", _("Signs")
        STOPPED = "stopped", _("Stopped")

    domain = models.ForeignKey(SenderDomain, models.CASCADE, related_name="signing_keys")
    selector = models.CharField(max_length=63)
    public_key = models.TextField()
    sealed_key = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("crm.User", models.SET_NULL, null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True)
    signs_since = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="signing_key_one_per_selector"),
            models.UniqueConstraint(
                fields=["domain"], condition=models.Q(status="signing"), name="signing_key_one_signs_per_domain"
            ),
            models.CheckConstraint(
                condition=models.Q(status="stopped") | ~models.Q(sealed_key=""), name="signing_key_has_its_secret"
            ),
        ]

    def __str__(self) -> str:
        return self.record_name

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain.domain}"

    @property
    def record_value(self) -> str:
        return f"v=DKIM1; k=rsa; p={self.public_key}"
