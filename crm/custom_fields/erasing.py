"""Deleting a field for good: its values are taken out of the records, some thousands at a time, then the definition goes."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, transaction

from crm.models import CustomField

AT_ONCE = 2_000
"""Few enough that SQLite's one writer is free again within a fifth of a second."""


def work_on_deletions() -> None:
    for field in CustomField.objects.filter(emptied_up_to__isnull=False):
        while _take_some(field.pk):
            pass


@transaction.atomic
def _take_some(pk: int) -> bool:
    """One batch of records; False when there are no more. The row's lock keeps a second worker from the same batch."""
    field = CustomField.objects.select_for_update().filter(pk=pk, emptied_up_to__isnull=False).first()
    if field is None:
        return False
    model: Any = apps.get_model(field.kind)
    rows = model._base_manager.filter(pk__gt=field.emptied_up_to).order_by("pk")
    last = (
        rows.values_list("pk", flat=True)[AT_ONCE - 1 : AT_ONCE].first()
        or rows.order_by("-pk").values_list("pk", flat=True).first()
    )
    if last is None and field.index_state != field.Index.NONE:
        return False  # its index goes first; the sweep comes again
    if last is None:
        field.delete()
        return False
    _without(model._meta.db_table, field.key, field.emptied_up_to or 0, last)
    CustomField.objects.filter(pk=pk).update(emptied_up_to=last)
    return True


def _without(table: str, key: str, after: int, last: int) -> None:
    """In SQL, so that only this key goes whatever others write; the version counts on: an open form shall notice."""
    quoted = connection.ops.quote_name(table)
    if connection.vendor == "postgresql":
        rest, has = "custom - %s", "custom ? %s"
        told: list[Any] = [key, key]
    else:
        rest, has = "json_remove(custom, %s)", "json_type(custom, %s) IS NOT NULL"
        told = [f'$."{key}"'] * 2
    with connection.cursor() as sql:
        sql.execute(
            f"UPDATE {quoted} SET custom = {rest}, version = version + 1 WHERE {has} AND id > %s AND id <= %s",
            [*told, after, last],
        )
