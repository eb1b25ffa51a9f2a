"""What bulk work leaves behind goes in time: files after a week, the rows of a run when it can no longer be reverted."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.bulk.export import forget_parts
from crm.models import BulkItem, BulkRun
from crm.models.bulk import REVERTIBLE_FOR

FILES_KEPT = timedelta(days=7)
AT_ONCE = 5000


def tidy_bulk_work(now: datetime) -> bool:
    """One short turn; answers whether there is more to do."""
    for run in BulkRun.objects.exclude(file="").filter(finished_at__lt=now - FILES_KEPT)[:50]:
        run.file.delete(save=False)
        BulkRun.objects.filter(pk=run.pk).update(file="")
    for run in BulkRun.objects.filter(action="export", status__in=["failed", "cancelled"], file="").order_by("-pk")[
        :50
    ]:
        forget_parts(run)
    old = BulkItem.objects.filter(of__created_at__lt=now - REVERTIBLE_FOR).exclude(of__status="running")
    ids = list(old.order_by().values_list("pk", flat=True)[:AT_ONCE])
    BulkItem.objects.filter(pk__in=ids).delete()
    return len(ids) == AT_ONCE
