"""Which touched rows come from an import, a merge or an undo, and so let nobody into a journey."""

from django.db import models

from crm.log.columns import LogEpoch, WriterXid


class QuietSpan(models.Model):
    """The rows of Touched from `low` to `high`, as far as one transaction wrote them. Made by crm/log/quiet.py."""

    epoch = models.IntegerField(db_default=LogEpoch(), editable=False)
    xid = models.BigIntegerField(db_default=WriterXid(), editable=False)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    cause = models.CharField(max_length=20)

    class Meta:
        indexes = [models.Index(fields=["high"], name="quiet_span_by_end")]

    def __str__(self) -> str:
        return f"{self.low} to {self.high}: {self.cause}"
