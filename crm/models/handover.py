"""What was handed over to sales, by key: the same key always gets the same receipt."""

from django.conf import settings
from django.db import models


class HandoverReceipt(models.Model):
    """The stored answer of the desk (crm/hooks/handover.py). `lead` is an id of sales, unknown to crm."""

    key = models.CharField(max_length=120, primary_key=True)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="handovers")
    lead = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    is_new = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
