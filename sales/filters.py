"""Filters of opportunities that are no field; those of the fields: crm/field_filters.py. And the people that forms offer."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.field_filters import YesNoFilter, asker_of
from crm.models import User


def active_users(request: Any) -> QuerySet:
    return User.objects.filter(is_active=True)


class OpportunityFilter(filters.FilterSet):
    """Beside the fields of an opportunity. `closes_until` is the older name of “estimated_close__to”."""

    offered = ("stalled",)

    closes_until = filters.DateFilter(field_name="estimated_close", lookup_expr="lte", label=_("Closes until"))
    stalled = YesNoFilter(method="only_stalled", label=_("Two weeks in one stage"))

    def only_stalled(self, rows: Any, name: str, is_stalled: bool) -> QuerySet:
        return rows.stalled(asker_of(self).now) if is_stalled else rows
