"""With what mails are read: one row for each combination that was met, a few hundred in all; hits point at it."""

from django.db import models


class MailClient(models.Model):
    """`device` is phone, tablet, computer or unknown; `client` a mail program or browser (crm/delivery/devices.py)."""

    device = models.CharField(max_length=10)
    client = models.CharField(max_length=60, blank=True)
    system = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "client", "system"], name="mail_client_once")]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.client, self.system, self.device]))
