"""The table of touched contacts is a short memory: what every reader of it has read is swept away."""

from __future__ import annotations

from django.db.models import Q

from crm.log import quiet
from crm.log.reading import readers
from crm.models import LogCursor, Touched


def sweep() -> int:
    """Delete the rows behind the slowest reader; answers how many. A reader that never ran holds everything."""
    names = [reader.name for reader in readers.values() if reader.table is Touched]
    cursors = list(LogCursor.objects.filter(pk__in=names).order_by("epoch", "xid", "position"))
    if len(cursors) < len(names):
        return 0
    rows = Touched.objects.all()
    if cursors:
        last = cursors[0]
        rows = rows.filter(
            Q(epoch__lt=last.epoch)
            | Q(epoch=last.epoch, xid__lt=last.xid)
            | Q(epoch=last.epoch, xid=last.xid, pk__lte=last.position)
        )
    gone: int = rows.delete()[0]
    quiet.sweep()
    return gone
