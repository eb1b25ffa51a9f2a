"""A yes that still waits for its confirmation by mail (double opt-in)."""

from django.db import models


class OptIn(models.Model):
    """Somebody typed this address and agreed; nothing is in the ledger until whoever reads there confirms.

    `asked` are the answers to be written down: [{"purpose", "topic", "text"}]; `proof` is what the form knew.
    """

    point = models.ForeignKey("crm.ContactPoint", models.CASCADE, related_name="opt_ins")
    key = models.CharField(max_length=80, unique=True)
    asked = models.JSONField(default=list)
    source = models.CharField(max_length=100)
    proof = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    mails = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["point", "-mailed_at"], name="opt_in_by_point")]
        verbose_name = "confirmation"

    def __str__(self) -> str:
        return f"{self.point}"
