"""/api/v1/bulk-runs/: one action on many records; progress, results, cancel, revert, and the file of an export."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.bulk import action_named, cancel_run, revert_run, start_run
from crm.api.views import ReadViewSet
from crm.bulk.sheets import MEDIA_TYPES
from crm.errors import Invalid
from crm.hooks import records
from crm.models import BulkItem, BulkRun
from crm.queries.lists import rows_of


class BulkRunSerializer(serializers.ModelSerializer):
    class Meta:
        model = BulkRun
        fields = [
            "id", "kind", "action", "values", "words", "status", "problem", "total", "handled", "done_count",
            "skipped_count", "failed_count", "reverts", "file_name", "owner", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class StartSerializer(serializers.Serializer):
    """`ids`, or `query`: the query string of a list, “” for everything; `expected` is how many that should be."""

    kind = serializers.CharField(help_text="Like crm.contact.")
    action = serializers.CharField(help_text="Like assign, edit, tag, untag, delete, restore, export.")
    ids = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=10_000)
    query = serializers.CharField(required=False, allow_blank=True)
    values = serializers.DictField(required=False, default=dict)
    expected = serializers.IntegerField(required=False)


class BulkItemSerializer(serializers.ModelSerializer):
    record = serializers.IntegerField(source="record_id")

    class Meta:
        model = BulkItem
        fields = ["number", "record", "verdict", "sentence"]


class BulkRunViewSet(ReadViewSet):
    """Create one and it begins; a few rows are done at once, more are carried on as a job."""

    queryset = BulkRun.objects.all()
    serializer_class = BulkRunSerializer
    answer_serializer_class = BulkRunSerializer
    filterset_fields = ["status", "kind", "action"]

    @extend_schema(request=StartSerializer, responses={201: BulkRunSerializer})
    def create(self, request: Request) -> Response:
        form = StartSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        user: Any = request.user
        run = start_run(
            asked["kind"], asked["action"], _rows(asked, user), values=asked["values"], by=user,
            expected=asked.get("expected"),
        )  # fmt: skip
        return self.answer(run, 201)

    @extend_schema(request=None, responses=BulkRunSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_run, request)

    @extend_schema(request=None, responses={201: BulkRunSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def revert(self, request: Request, pk: str | None = None) -> Response:
        """Answers the run that reverts this one."""
        return self.acted(revert_run, request, status=201)

    @extend_schema(parameters=[], responses={200: BulkItemSerializer(many=True)}, operation_id="bulk_runs_results")
    @action(detail=True, methods=["get"], serializer_class=BulkItemSerializer)
    def results(self, request: Request, pk: str | None = None) -> Response:
        """What became of each row; `?verdict=skipped` those that were left out."""
        items = self.get_object().items.exclude(verdict="")
        if verdict := request.query_params.get("verdict"):
            items = items.filter(verdict=verdict)
        page = self.paginate_queryset(items)
        return self.get_paginated_response(BulkItemSerializer(page, many=True).data)

    @extend_schema(responses={200: OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], serializer_class=serializers.Serializer)
    def file(self, request: Request, pk: str | None = None) -> FileResponse:
        """The file of an export, for whoever made it."""
        run = self.get_object()
        if not run.file or run.owner != request.user:
            raise Http404
        media_type = MEDIA_TYPES[run.file_name.rpartition(".")[2]]
        return FileResponse(run.file.open("rb"), as_attachment=True, filename=run.file_name, content_type=media_type)


def _rows(asked: dict[str, Any], user: Any) -> Any:
    chosen = action_named(asked["kind"], asked["action"])
    if ("ids" in asked) == ("query" in asked):
        raise Invalid("Give either ids, or the query of a list.", field="ids")
    model: Any = records.get(asked["kind"]).model
    if chosen.from_bin:
        return model.objects.in_bin_reachable_by(user, "view").filter(pk__in=asked.get("ids", []))
    if "ids" in asked:
        return model.objects.visible_to(user).filter(pk__in=asked["ids"])
    return rows_of(asked["kind"], user, QueryDict(asked["query"]))
