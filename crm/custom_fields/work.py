"""What a definition leaves to a job: making and dropping its index, taking its values out of the records."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from crm.custom_fields.erasing import work_on_deletions
from crm.custom_fields.indexes import work_on_indexes
from crm.models import CustomField


def is_due(now: datetime) -> bool:
    return CustomField.objects.filter(Q(index_due_at__lte=now) | Q(emptied_up_to__isnull=False)).exists()


def work() -> None:
    work_on_indexes()
    work_on_deletions()
