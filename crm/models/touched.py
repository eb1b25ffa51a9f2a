"""Which contacts changed, written by database triggers, so that plain edits, bulk updates and COPY are all seen."""

from django.db import models

from crm.log.columns import LogEpoch, WriterXid


class Touched(models.Model):
    """Something that rules may test on this contact changed. Read by cursor like the log; swept when all have read it.

    No foreign key: the contact may be gone already. Made by crm/log/triggers.py, or by hand with `touch`.
    """

    epoch = models.IntegerField(db_default=LogEpoch(), editable=False)
    xid = models.BigIntegerField(db_default=WriterXid(), editable=False)
    contact_id = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "touched"
        indexes = [models.Index(fields=["epoch", "xid", "id"], name="touched_by_position")]

    def __str__(self) -> str:
        return f"contact {self.contact_id}"
