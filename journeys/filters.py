"""The filters of journeys, the same for pages, admin and API."""

import django_filters
from django.db.models import QuerySet

from journeys.models import Journey, JourneyStatus, Participant


class JourneyFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains")
    status = django_filters.ChoiceFilter(choices=JourneyStatus.choices)

    class Meta:
        model = Journey
        fields = ["name", "status", "campaign"]


class ParticipantFilter(django_filters.FilterSet):
    goal = django_filters.ChoiceFilter(choices=[("reached", "Reached the goal")], method="by_goal")

    class Meta:
        model = Participant
        fields = ["journey", "contact", "status", "outcome", "node"]

    def by_goal(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.exclude(reached_at=None)
