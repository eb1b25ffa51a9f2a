"""Filters that are no field of their kind, and those of resources that are no kind of record. Fields: crm/field_filters.py."""

from __future__ import annotations

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.field_filters import YesNoFilter, asker_of
from crm.hooks import importers
from crm.models import Activity, Campaign, Import, Interaction, User
from crm.search.finding import narrow


class ContactFilter(filters.FilterSet):
    """Beside the fields of a contact. Without `prospects` everybody is meant; the reps' list leaves prospects out."""

    offered, covered = ("prospects",), ("is_prospect",)

    prospects = filters.ChoiceFilter(
        label=_("Prospects"),
        method="by_prospect",
        choices=[("only", _("Only prospects")), ("with", _("Prospects, too")), ("without", _("Without prospects"))],
        empty_label=None,
        null_label=None,
    )

    def by_prospect(self, rows: QuerySet, name: str, which: str) -> QuerySet:
        return rows if which == "with" else rows.filter(is_prospect=which == "only")


class ActivityFilter(filters.FilterSet):
    """Beside the fields of an activity."""

    offered = ("late",)

    late = YesNoFilter(label=_("Overdue"), method="by_lateness")

    def by_lateness(self, rows: QuerySet, name: str, is_late: bool) -> QuerySet:
        late = Q(status=Activity.Status.OPEN, due_at__lt=asker_of(self).now)
        return rows.filter(late if is_late else ~late)


class CampaignFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="search")
    status = filters.ChoiceFilter(label=_("Status"), choices=Campaign.Status.choices)

    class Meta:
        model = Campaign
        fields = ["q", "status"]

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return narrow(rows, text)


class InteractionFilter(filters.FilterSet):
    kind = filters.CharFilter(label=_("Kind"))
    contact = filters.NumberFilter(label=_("Contact (id)"))
    campaign = filters.NumberFilter(label=_("Campaign (id)"))
    since = filters.IsoDateTimeFilter(label=_("Since"), field_name="occurred_at", lookup_expr="gte")

    class Meta:
        model = Interaction
        fields = ["kind", "contact", "campaign", "since"]


class ImportFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(
        label=_("What"), choices=lambda: [(one.name, one.label) for one in importers.all_importers()]
    )
    status = filters.ChoiceFilter(label=_("Status"), choices=Import.Status.choices)
    owner = filters.ModelChoiceFilter(label=_("By"), queryset=lambda request: User.objects.filter(is_active=True))

    class Meta:
        model = Import
        fields = ["kind", "status", "owner"]
