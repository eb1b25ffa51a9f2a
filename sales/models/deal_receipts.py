"""What became of a wish for an opportunity (crm/hooks/handover.py): the same key always gets the same receipt."""

from django.conf import settings
from django.db import models


class DealReceipt(models.Model):
    """The stored answer of the desk. Without an opportunity it was refused, for the reason that stands there."""

    class Outcome(models.TextChoices):
        NEW = "new", "New opportunity"
        KNOWN = "known", "Had an open one"
        REFUSED = "refused", "Refused"

    key = models.CharField(max_length=120, primary_key=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    opportunity = models.ForeignKey("sales.Opportunity", models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
