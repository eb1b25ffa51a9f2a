"""Scoring models over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.pagination import ByKey
from crm.api.rules import StoredRuleField
from crm.api.views import RecordViewSet
from marketing.actions.scores import (
    ask_for_recompute,
    change_scoring_model,
    create_scoring_model,
    delete_scoring_model,
)
from marketing.filters import ScoringModelFilter
from marketing.models import Score, ScoringModel, ScoringRule
from marketing.queries.scores import best


class ScoringRuleSerializer(serializers.ModelSerializer):
    """`when` is a rule; plain behaviour counts each time, at most `limit` times, anything else once."""

    when = StoredRuleField()

    class Meta:
        model = ScoringRule
        fields = ["label", "when", "points", "limit"]


class ScoringModelSerializer(serializers.ModelSerializer):
    """`rules`, where given, replace those of the model. `computed_at` is empty until everybody was scored once."""

    rules = ScoringRuleSerializer(many=True, required=False)

    class Meta:
        model = ScoringModel
        fields = [
            "id", "name", "description", "is_active", "warm_at", "ready_at", "rules", "computed_at",
            "recompute_due_at", "recomputed", "recompute_total", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["owner", "version"]


class ScoreSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="contact", read_only=True)
    grade = serializers.CharField(read_only=True)

    class Meta:
        model = Score
        fields = ["contact", "name", "points", "grade", "reasons", "reached_at", "updated_at"]


class BestFirst(ByKey):
    ordering: Any = ("-points", "-id")


class ScoringModelViewSet(RecordViewSet):
    queryset = ScoringModel.objects.prefetch_related("rules")
    serializer_class = ScoringModelSerializer
    answer_serializer_class = ScoringModelSerializer
    filterset_class = ScoringModelFilter

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_scoring_model(**form.validated_data, by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        return change_scoring_model(form.instance, **form.validated_data, by=user)

    def perform_destroy(self, record: ScoringModel) -> None:
        user: Any = self.request.user
        delete_scoring_model(record, by=user)

    @extend_schema(request=None, responses=ScoringModelSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def recompute(self, request: Request, pk: str | None = None) -> Response:
        """Compute every score anew; `recomputed` of `recompute_total` tells how far it is."""
        return self.acted(ask_for_recompute, request)

    @extend_schema(responses=ScoreSerializer(many=True))
    @action(
        detail=True, methods=["get"], filterset_class=None, serializer_class=ScoreSerializer, pagination_class=BestFirst
    )
    def scores(self, request: Request, pk: str | None = None) -> Response:
        """The people with points, the best first, each with the reasons."""
        page = self.paginate_queryset(best(self.get_object(), request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
