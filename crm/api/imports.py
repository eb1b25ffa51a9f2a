"""/api/v1/imports/: upload a file of any kind, map it, check it, run it, watch it, take it back."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_add
from crm.actions.imports import (
    cancel_import,
    check_import,
    forget_mapping,
    map_import,
    read_again,
    revert_import,
    run_import,
    start_import,
    use_mapping,
)
from crm.api.views import ReadViewSet
from crm.filters import ImportFilter
from crm.hooks import importers
from crm.hooks.importers import Habits, Importer
from crm.imports.downloads import errors_file
from crm.imports.previews import changes_of
from crm.models import Import, ImportLine, ImportMapping


class ImportSerializer(serializers.ModelSerializer):
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Import
        fields = [
            "id", "kind", "file_name", "status", "problem", "encoding", "separator", "sheets", "sheet", "columns",
            "day_first", "decimal_comma", "mapping", "policy", "known", "doubtful", "creates_related", "assigns_by_rules",
            "starts_journeys", "consent", "total", "handled", "percent", "created_count", "updated_count", "unchanged_count", "error_count",
            "skipped_count", "reverted_count", "kept_count", "owner", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class UploadSerializer(serializers.Serializer):
    """`kind` names what is in the file (see `imports/kinds/`). Encoding, separator and sheet are found unless given."""

    file = serializers.FileField(allow_empty_file=True)
    kind = serializers.CharField(default="crm.contact")
    encoding = serializers.CharField(required=False, default="", allow_blank=True)
    separator = serializers.CharField(required=False, default="", allow_blank=True, trim_whitespace=False)
    sheet = serializers.CharField(required=False, default="", allow_blank=True)


class ReadAgainSerializer(serializers.Serializer):
    encoding = serializers.CharField(required=False, default="", allow_blank=True)
    separator = serializers.CharField(required=False, default="", allow_blank=True, trim_whitespace=False)
    sheet = serializers.CharField(required=False, default="", allow_blank=True)


class ClaimSerializer(serializers.Serializer):
    source = serializers.CharField(max_length=100)  # type: ignore[assignment]
    given_on = serializers.DateField()
    purpose = serializers.CharField(required=False)
    topic = serializers.IntegerField(required=False, allow_null=True)
    text = serializers.CharField(required=False, allow_blank=True)


class MappingSerializer(serializers.Serializer):
    """`mapping`: number of the column, counted from 0, or its name → target; "" or absent leaves the column out."""

    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True), help_text="The targets of a kind are listed by `imports/kinds/`."
    )
    policy = serializers.ChoiceField(Import.Policy.choices, default=Import.Policy.BOTH)
    known = serializers.ChoiceField(Import.Known.choices, default=Import.Known.OVERWRITE)
    doubtful = serializers.ChoiceField(Import.Doubtful.choices, default=Import.Doubtful.SKIP)
    creates_related = serializers.BooleanField(default=True)
    assigns_by_rules = serializers.BooleanField(
        default=False, help_text="Leads: those that the file names no owner for."
    )
    starts_journeys = serializers.BooleanField(default=False)
    day_first = serializers.BooleanField(required=False, allow_null=True, default=None)
    decimal_comma = serializers.BooleanField(required=False, allow_null=True, default=None)
    consent = ClaimSerializer(required=False, allow_null=True)
    save_as = serializers.CharField(required=False, allow_blank=True, max_length=80)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        columns = {name: str(index) for index, name in enumerate(self.context["columns"])}
        return {**data, "mapping": {columns.get(name, name): field for name, field in data["mapping"].items()}}


class UseMappingSerializer(serializers.Serializer):
    saved = serializers.IntegerField(help_text="The id of a saved mapping (`imports/mappings/`).")


class SavedMappingSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportMapping
        fields = ["id", "kind", "name", "fields", "options", "owner", "used_at"]
        read_only_fields = fields


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportLine
        fields = ["number", "verdict", "problem", "values", "record_id", "like_id", "undone"]


class TargetSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()


class KindSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    recognised = serializers.CharField()
    targets = TargetSerializer(many=True)


class FieldChangeSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField()
    after = serializers.CharField()


class ChangeSerializer(serializers.Serializer):
    """What a line would do: field by field, from what to what."""

    number = serializers.IntegerField()
    verdict = serializers.CharField()
    record_id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    changed = FieldChangeSerializer(many=True)


EMPTY = serializers.Serializer


class ImportViewSet(ReadViewSet):
    """Create by multipart upload of `file`; then `map`, `check`, `run`; poll the import for its progress."""

    queryset = Import.objects.all()
    serializer_class = ImportSerializer
    answer_serializer_class = ImportSerializer
    filterset_class = ImportFilter
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        must_be_able_to_add(request.user, Import)
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        file = said.pop("file")
        return self.answer(start_import(file, file.name, request.user, **said), 201)  # type: ignore[arg-type]

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.action == "map" and self.kwargs.get("pk"):
            context["columns"] = self.get_object().columns
        return context

    @extend_schema(responses=KindSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def kinds(self, request: Request) -> Response:
        """What you may import, and what the columns of each may become."""
        habits = Habits(request.user)  # type: ignore[arg-type]
        return Response([_kind(importer, habits) for importer in importers.open_to(request.user)])

    @extend_schema(request=ReadAgainSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReadAgainSerializer)
    def read(self, request: Request, pk: str | None = None) -> Response:
        """Read the file in another encoding, with another separator, or another sheet of it."""
        return self.acted(read_again, request)

    @extend_schema(request=MappingSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"], serializer_class=MappingSerializer)
    def map(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(map_import, request)

    @extend_schema(request=UseMappingSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"], url_path="use-mapping", serializer_class=UseMappingSerializer)
    def use_mapping(self, request: Request, pk: str | None = None) -> Response:
        """Map the columns as a saved mapping says."""
        of = self.get_object()
        self.must_be_editable(of)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        offered = ImportMapping.objects.offered_to(request.user, of.kind)
        kept = get_object_or_404(offered, pk=form.validated_data["saved"])
        return self.answer(use_mapping(of, mapping=kept, by=request.user))  # type: ignore[arg-type]

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"], serializer_class=EMPTY)
    def check(self, request: Request, pk: str | None = None) -> Response:
        """The dry run: every line is judged, nobody is touched."""
        return self.acted(check_import, request, status=202)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"], serializer_class=EMPTY)
    def run(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(run_import, request, status=202)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"], serializer_class=EMPTY)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_import, request)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"], serializer_class=EMPTY)
    def revert(self, request: Request, pk: str | None = None) -> Response:
        """Take it back: what it made goes into the bin, what it changed gets its old values, unless touched since."""
        return self.acted(revert_import, request, status=202)

    @extend_schema(
        parameters=[OpenApiParameter("verdict", str), OpenApiParameter("undone", str)],
        responses={200: LineSerializer(many=True)},
        operation_id="imports_lines",
    )
    @action(detail=True, methods=["get"], serializer_class=LineSerializer)
    def lines(self, request: Request, pk: str | None = None) -> Response:
        """The lines; `?verdict=error` those that could not be used, `?undone=kept` those that a revert left."""
        lines = self.get_object().lines.all()
        for name in ("verdict", "undone"):
            if wanted := request.query_params.get(name):
                lines = lines.filter(**{name: wanted})
        page = self.paginate_queryset(lines)
        return self.get_paginated_response(LineSerializer(page, many=True).data)

    @extend_schema(responses=ChangeSerializer(many=True))
    @action(detail=True, methods=["get"], serializer_class=ChangeSerializer, pagination_class=None)
    def preview(self, request: Request, pk: str | None = None) -> Response:
        """Of a checked import: what the first lines would make and change, field by field."""
        of = self.get_object()
        lines = of.lines.filter(verdict__in=["create", "update"]).order_by("number")[:20]
        return Response(ChangeSerializer(changes_of(of, list(lines), request.user), many=True).data)  # type: ignore[arg-type]

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], serializer_class=EMPTY)
    def errors(self, request: Request, pk: str | None = None) -> Any:
        """The lines with errors in the format of the file, each with its reason: mend it, import it again."""
        return errors_file(self.get_object())


class ImportMappingViewSet(ReadViewSet):
    """The mappings that were saved under a name: everybody who imports that kind may use them."""

    resource = "crm.import"

    queryset = ImportMapping.objects.exclude(name="").order_by("name", "pk")
    serializer_class = SavedMappingSerializer
    filterset_fields = ["kind"]

    def get_queryset(self) -> Any:
        kinds = [importer.name for importer in importers.open_to(self.request.user)]
        return super().get_queryset().filter(kind__in=kinds)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        forget_mapping(self.get_object(), by=request.user)  # type: ignore[arg-type]
        return Response(status=204)


def _kind(importer: Importer, habits: Habits) -> dict[str, Any]:
    targets = [{"name": t.name, "label": str(t.label), "kind": t.kind} for t in importer.targets(habits)]
    return {
        "name": importer.name,
        "label": str(importer.label),
        "recognised": str(importer.recognised),
        "targets": targets,
    }
