"""What was found about the domains we send from, and how the big mailbox providers take our mail: as of the last look."""

from __future__ import annotations

from django.db import models


class SenderDomain(models.Model):
    """One row a domain of a sender. `findings` are those of crm/deliverability/finding.py, with `checked_at` their time.

    `asked_at` is the truth that the job goes by: somebody wants to know since then. `problem` says why nothing was found out.
    """

    domain = models.CharField(max_length=253, unique=True)
    selectors = models.CharField(
        "DKIM selectors",
        max_length=200,
        blank=True,
        help_text="As your mail server or provider names them, such as “s1”; several with a space between.",
    )
    sending_hosts = models.CharField(
        "mails come from",
        max_length=300,
        blank=True,
        help_text="Public addresses or host names, with a space between. Empty: the mail server of EMAIL_URL.",
    )
    asked_at = models.DateTimeField(null=True, editable=False)
    claim = models.CharField(max_length=36, null=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    findings = models.JSONField(default=list, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["domain"]
        indexes = [
            models.Index(fields=["asked_at"], condition=~models.Q(asked_at=None), name="sender_domain_asked"),
        ]

    def __str__(self) -> str:
        return self.domain


class MailboxRate(models.Model):
    """How a mailbox provider took our mail in the thirty days before `counted_at`. Counted anew by the job, never added up."""

    provider = models.CharField(max_length=20, unique=True)
    sent = models.PositiveIntegerField(default=0, help_text="Handed over or refused: what bounces are a share of.")
    bounced = models.PositiveIntegerField(default=0, help_text="Hard and soft ones together.")
    soft_bounced = models.PositiveIntegerField(
        default=0, help_text="Of these, those that say nothing about the address."
    )
    complained = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.provider
