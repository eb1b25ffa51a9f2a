"""Out of the bin for good: the rows, their files, tags, shares and history. What remains is who destroyed it, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import router, transaction
from django.db.models import Model, ProtectedError, Q, QuerySet, RestrictedError
from django.db.models.deletion import Collector
from django.utils.translation import gettext as _

from crm.actions.attachments import forget_files
from crm.actions.bin import label_of, rows_along
from crm.audit import changing, current_source
from crm.errors import NotAllowed
from crm.hooks import merging
from crm.models import Attachment, Company, Deletion, Merge, Record, Share, Tagging, User

AT_ONCE = 50
TRY_AGAIN = timedelta(days=7)


@transaction.atomic
def purge_deletion(deletion: Deletion, *, by: User | None, now: datetime) -> Deletion:
    """Destroy a record of the bin and what went along with it. `by` is None where its time was over.

    Raises NotAllowed where something that is not in the bin still needs it: nothing alive is ever torn out.
    """
    deletion = Deletion.objects.select_for_update().get(pk=deletion.pk)
    if deletion.state != Deletion.State.IN_BIN:
        raise NotAllowed(_("“%(name)s” is no longer in the bin.") % {"name": deletion})
    rows: dict[str, list[int]] = {label_of(deletion): [deletion.record_id]}
    for label, pk in rows_along(deletion):
        rows.setdefault(label, []).append(pk)
    with disable_auditlog():
        for label, ids in reversed(rows.items()):
            _must_not_be_needed(deletion, label, ids)
            _destroy(label, ids)
    _keep_receipt(deletion, by, now)
    return deletion


def _must_not_be_needed(deletion: Deletion, label: str, ids: list[int]) -> None:
    """Asks Django what would be torn out with the rows: living records, or rows that forbid it."""
    model = apps.get_model(label)
    collector = Collector(using=router.db_for_write(model))
    try:
        collector.collect(list(model._base_manager.filter(pk__in=ids)))
    except (ProtectedError, RestrictedError) as problem:
        needing = problem.protected_objects if isinstance(problem, ProtectedError) else problem.restricted_objects
        raise NotAllowed(_still_needed(deletion, list(needing))) from problem
    if living := _living(collector):
        raise NotAllowed(_still_needed(deletion, living))


def _living(collector: Collector) -> list[Any]:
    rows: list[Any] = [row for model, some in collector.data.items() if issubclass(model, Record) for row in some]
    quick: list[Any] = [rows for rows in collector.fast_deletes if issubclass(rows.model, Record)]
    rows += [row for some in quick for row in some.filter(deleted_at=None)[:5]]
    return [row for row in rows if row.deleted_at is None]


def _still_needed(deletion: Deletion, rows: list[Any]) -> str:
    names = ", ".join(sorted({f"{row._meta.verbose_name} “{row}”" for row in rows[:3]}))
    more = "…" if len(rows) > 3 else ""
    return _("“%(name)s” cannot be destroyed: it is still needed by the %(names)s%(more)s.") % {
        "name": deletion, "names": names, "more": more,
    }  # fmt: skip


def _destroy(label: str, ids: list[int]) -> None:
    model: Any = apps.get_model(label)
    on = ContentType.objects.get_for_model(model)
    if label in merging.kinds():
        ids = [*ids, *model._base_manager.filter(merged_into__in=ids).values_list("pk", flat=True)]
        Merge.objects.filter(Q(winner_id__in=ids) | Q(loser_id__in=ids), kind=label).delete()
    forget_files(Attachment.objects.filter(record_type=on, record_id__in=ids))
    Share.objects.filter(resource=label, record__in=ids).delete()
    Tagging.objects.filter(record_type=on, record_id__in=ids).delete()
    LogEntry.objects.filter(content_type=on, object_id__in=ids).delete()
    model._base_manager.filter(pk__in=ids).delete()


def _keep_receipt(deletion: Deletion, by: User | None, now: datetime) -> None:
    """Names no person any more: the kind, the number, who and when."""
    model: type[Model] = apps.get_model(label_of(deletion))
    name = f"{str(model._meta.verbose_name).capitalize()} {deletion.record_id}"
    LogEntry.objects.create(
        content_type=deletion.record_type,
        object_pk=str(deletion.record_id),
        object_id=deletion.record_id,
        object_repr=name,
        action=LogEntry.Action.DELETE,
        changes={},
        actor=by,
        actor_email=by.email if by else None,
        additional_data={**(current_source() or {}), "about": "Destroyed for good"},
    )
    deletion.rows.all().delete()
    deletion.state, deletion.name, deletion.problem = Deletion.State.PURGED, name, ""
    deletion.settled_by, deletion.settled_at = by, now
    deletion.save()


def purge_old(now: datetime) -> int:
    """Destroy what has rested longer than the company keeps it, a few at a time; answers how many were tried.

    What is still needed rests on with the reason, and is asked again a week later.
    """
    tried = list(_overdue(now)[:AT_ONCE])
    for deletion in tried:
        try:
            with changing("system", about="The bin"):
                purge_deletion(deletion, by=None, now=now)
        except NotAllowed as problem:
            Deletion.objects.filter(pk=deletion.pk).update(problem=problem.message[:300], tried_at=now)
    return len(tried)


def _overdue(now: datetime) -> QuerySet[Deletion]:
    days = Company.objects.values_list("bin_days", flat=True).first() or 90
    untried = Q(tried_at=None) | Q(tried_at__lt=now - TRY_AGAIN)
    old = Deletion.objects.in_bin().filter(deleted_at__lt=now - timedelta(days=days))
    return old.filter(untried).order_by("deleted_at", "pk")
