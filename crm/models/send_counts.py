"""How many messages of a send are in which state: rows that triggers keep, so that a live page adds up a few numbers."""

from django.db import models


class SendCount(models.Model):
    """`n` messages of a send (`send_key`) that look alike. Kept by database triggers (crm/delivery/send_counts.py).

    On PostgreSQL each statement adds rows of what it changed (`n` may be negative), so that no two writers wait for each
    other, and a job folds them into one (`is_whole`); the truth is always the sum. `reason` is empty for what failed: the
    words of mail servers differ from mail to mail.
    """

    send_key = models.CharField(max_length=100)
    variant = models.CharField(max_length=1, blank=True, default="")
    status = models.CharField(max_length=10)
    reason = models.CharField(max_length=300, blank=True, default="")
    heard = models.PositiveSmallIntegerField(default=0)
    n = models.BigIntegerField()
    is_whole = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["send_key"], name="send_count_by_send"),
            models.Index(fields=["send_key"], condition=models.Q(is_whole=False), name="send_count_to_fold"),
        ]

    def __str__(self) -> str:
        return f"{self.send_key}: {self.n} {self.status}"
