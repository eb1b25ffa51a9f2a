"""What is planned next about each of some deals, as the reader sees it: one query for a page of cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from crm.models import Activity
from sales.models import Opportunity


def next_steps(deals: Iterable[Opportunity], user: Any) -> dict[int, Activity]:
    """The open activity that is due first, by the key of the deal; those without a day come last."""
    keys = [deal.pk for deal in deals]
    if not keys:
        return {}
    first = Window(RowNumber(), partition_by="regarding_id", order_by=[F("due_at").asc(nulls_last=True), "pk"])
    rows = Activity.objects.visible_to(user).alive().filter(regarding_type=_deal(), regarding_id__in=keys)
    rows = rows.filter(status=Activity.Status.OPEN).order_by().annotate(number=first)
    return {step.regarding_id: step for step in rows.filter(number=1)}  # type: ignore[misc]


def _deal() -> ContentType:
    return ContentType.objects.get_for_model(Opportunity)
