"""How many records have a value of a custom field. Asked only where somebody changes definitions, never on a record's page."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Q, QuerySet

from crm.custom_fields.sql import CustomValue, HasChoices
from crm.models import CustomField


def records_with(field: CustomField) -> QuerySet:
    """Those in the bin, too: they may come back."""
    model: Any = apps.get_model(field.kind)
    return model._base_manager.filter(custom__has_key=field.key)


def is_used(field: CustomField) -> bool:
    return records_with(field).exists()


def count_of(field: CustomField) -> int:
    return records_with(field).count()


def count_of_choice(field: CustomField, value: str) -> int:
    rows = records_with(field)
    if field.type == field.Type.CHOICES:
        return rows.filter(Q(HasChoices(field.key, (value,)))).count()
    return rows.alias(_said=CustomValue(field.type, field.key)).filter(_said=value).count()


def counts_of(kind: str) -> dict[str, int]:
    """For every key that any record of the kind has: how many have it. One reading of the table."""
    table = connection.ops.quote_name(apps.get_model(kind)._meta.db_table)
    keys = (
        "jsonb_object_keys(custom) AS held(key)" if connection.vendor == "postgresql" else "json_each(custom) AS held"
    )
    with connection.cursor() as sql:
        sql.execute(f"SELECT held.key, count(*) FROM {table}, {keys} GROUP BY held.key")
        return dict(sql.fetchall())
