"""Merging over REST: `contacts/{id}/merge/`, `/api/v1/merges/` with undo, `/api/v1/duplicates/`."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import merged_away, must_be_able_to_at_all, see_or_404
from crm.actions.duplicates import dismiss_duplicate, look_again
from crm.actions.merging import merge_records
from crm.actions.unmerging import undo_merge
from crm.api.authentication import BY_ITS_RECORD
from crm.api.views import ReadViewSet
from crm.models import Duplicate, Merge
from crm.models.duplicates import Strength
from crm.queries.merge_fields import values_of_sides


class MergeRequestSerializer(serializers.Serializer):
    """`other` becomes part of the record of this URL; `take` names the fields whose value is the other's."""

    other = serializers.IntegerField(min_value=1)
    take = serializers.ListField(child=serializers.CharField(max_length=80), default=list)


class MergeSerializer(serializers.ModelSerializer):
    """`report` says, after an undo, what could not be brought back as it was."""

    by: Any = serializers.PrimaryKeyRelatedField(source="merged_by", read_only=True)

    class Meta:
        model = Merge
        fields = [
            "id", "kind", "winner_id", "loser_id", "title", "part_of", "merged_at", "by", "undone_at", "undone_by", "report",
        ]  # fmt: skip


class MergeMixin:
    """Kinds of which two can become one."""

    @extend_schema(responses={201: MergeSerializer})
    @action(detail=True, methods=["post"], serializer_class=MergeRequestSerializer)
    def merge(self: Any, request: Request, pk: str | None = None) -> Response:
        """Make another record part of this one; answers the merge, by which it can be undone."""
        winner = self.get_object()
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        user: Any = request.user
        loser = see_or_404(type(winner), form.validated_data["other"], user)
        values = values_of_sides(winner, loser, form.validated_data["take"])
        merge = merge_records(winner, loser, values, by=user)
        return Response(MergeSerializer(merge).data, status=201)

    @extend_schema(responses={301: OpenApiResponse(description="It was merged into the record of `Location`.")})
    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        model = self.get_queryset().model
        if into := merged_away(model, kwargs["pk"], request.user):
            address = self.reverse_action("detail", args=[into.pk])
            said = {"detail": f"It was merged into {into.pk}.", "merged_into": into.pk}
            return Response(said, status=301, headers={"Location": address})
        answer: Response = super().retrieve(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class MergeFilter(filters.FilterSet):
    in_force = filters.BooleanFilter(field_name="undone_at", lookup_expr="isnull")

    class Meta:
        model = Merge
        fields = ["kind", "winner_id", "loser_id"]


class MergeViewSet(ReadViewSet):
    """What was merged, of the records that the reader sees."""

    resource = BY_ITS_RECORD
    queryset = Merge.objects.order_by("-pk")
    serializer_class = MergeSerializer
    answer_serializer_class = MergeSerializer
    filterset_class = MergeFilter

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def undo(self, request: Request, pk: str | None = None) -> Response:
        """Part them again. 409 where a later merge stands on it, 403 where the role does not reach it."""
        user: Any = request.user
        return self.answer(undo_merge(self.get_object(), by=user))


class DuplicateSerializer(serializers.ModelSerializer):
    strength = serializers.SerializerMethodField()
    reasons = serializers.ListField(source="reason_keys", child=serializers.CharField())

    class Meta:
        model = Duplicate
        fields = ["id", "kind", "first_id", "second_id", "strength", "reasons", "status", "found_by", "found_at"]

    def get_strength(self, pair: Duplicate) -> str:
        return Strength(pair.strength).name.lower()


class DuplicateFilter(filters.FilterSet):
    class Meta:
        model = Duplicate
        fields = ["kind", "status", "strength"]


class DuplicateViewSet(ReadViewSet):
    """Pairs that may be one, of which the reader sees both. `POST contacts/{first_id}/merge/` makes them one."""

    resource = "crm.duplicate"
    queryset = Duplicate.objects.order_by("-strength", "-pk")
    serializer_class = DuplicateSerializer
    answer_serializer_class = DuplicateSerializer
    filterset_class = DuplicateFilter

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def dismiss(self, request: Request, pk: str | None = None) -> Response:
        """They are no duplicates, for ever."""
        return self._judged(request, dismiss_duplicate)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def reopen(self, request: Request, pk: str | None = None) -> Response:
        return self._judged(request, look_again)

    def _judged(self, request: Request, judge: Any) -> Response:
        must_be_able_to_at_all(request.user, "change", Duplicate)
        pair = self.get_object()
        judge(pair, by=request.user)
        pair.refresh_from_db()
        return self.answer(pair)
