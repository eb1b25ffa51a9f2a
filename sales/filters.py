"""Filters of opportunities that are no field; those of the fields: crm/field_filters.py. And the people that forms offer."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.field_filters import YesNoFilter, asker_of
from crm.models import User
from sales.models import Competitor
from sales.models.deal_people import deals_worked_on
from sales.queries.rivals import named_in


def active_users(request: Any) -> QuerySet:
    return User.objects.filter(is_active=True)


def competitors() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Competitor.objects.alive().values_list("pk", "name")]


class OpportunityFilter(filters.FilterSet):
    """Beside the fields of an opportunity. `closes_until` is the older name of “estimated_close__to”."""

    offered = ("stalled", "competitor", "on_team")

    closes_until = filters.DateFilter(field_name="estimated_close", lookup_expr="lte", label=_("Closes until"))
    competitor = filters.ChoiceFilter(method="only_against", label=_("Competitor"), choices=competitors)
    on_team = YesNoFilter(method="only_on_team", label=_("I am on its sales team"))
    stalled = YesNoFilter(method="only_stalled", label=_("Too long in one stage"))

    def only_against(self, rows: Any, name: str, competitor: str) -> QuerySet:
        return rows.filter(named_in(int(competitor)))

    def only_on_team(self, rows: Any, name: str, is_on_it: bool) -> QuerySet:
        mine = deals_worked_on(asker_of(self).user)
        return rows.filter(pk__in=mine) if is_on_it else rows.exclude(pk__in=mine)

    def only_stalled(self, rows: Any, name: str, is_stalled: bool) -> QuerySet:
        return rows.stalled(asker_of(self).now) if is_stalled else rows
