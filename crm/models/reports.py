"""What came back: bounces and complaints, from a mailbox or an email service; the raw report first, then what it was judged to be."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeliveryReport(models.Model):
    """One report. It is committed as it came; a reader judges it afterwards, and says in `said` what became of it.

    `key` is made of the report, so that one that comes twice is one row. `kind`, `address`, `code` and `reason` are what an
    email service says of its event already; of a mail they are found when it is judged.
    """

    class Kind(models.TextChoices):
        NONE = "", _("Not known yet")
        HARD = "hard", _("Bounced for good")
        SOFT = "soft", _("Could not be reached for now")
        COMPLAINT = "complaint", _("Complained")
        LEFT = "left", _("Unsubscribed")
        OTHER = "other", _("Nothing to do")

    class Became(models.TextChoices):
        WAITING = "waiting", _("Waits")
        TAKEN = "taken", _("Taken")
        IGNORED = "ignored", _("Nothing to do")
        ASIDE = "aside", _("Set aside")

    key = models.CharField(max_length=80, unique=True)
    source = models.CharField(_("came by"), max_length=30, help_text=_("“mailbox”, or the email service."))
    raw = models.BinaryField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, blank=True)
    address = models.CharField(_("address"), max_length=254, blank=True)
    ref = models.CharField(max_length=300, blank=True, help_text=_("What the service calls the message."))
    code = models.CharField(_("code"), max_length=12, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    message = models.ForeignKey(
        "crm.Message", models.SET_NULL, null=True, related_name="reports", verbose_name=_("message")
    )
    became = models.CharField(_("what became of it"), max_length=10, choices=Became, default=Became.WAITING)
    said = models.CharField(_("in words"), max_length=300, blank=True)
    occurred_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("came in"), auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(became="waiting"), name="report_waiting"),
            models.Index(fields=["received_at"], name="report_by_time"),
            models.Index(fields=["became", "-id"], name="report_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.address or self.source}"
