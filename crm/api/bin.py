"""/api/v1/bin/: what was deleted and can come back. A record's own `restore` does the same by the record's id."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.bin import label_of, restore_record, rows_along
from crm.api.views import ReadViewSet
from crm.errors import Forbidden
from crm.models import Deletion, User


class DeletionSerializer(serializers.ModelSerializer):
    """`kind` and `record` name what was deleted (“crm.contact”, 5), `along` what went with it (“sales.lead:7”)."""

    kind = serializers.SerializerMethodField()
    record = serializers.IntegerField(source="record_id")
    along = serializers.SerializerMethodField()

    class Meta:
        model = Deletion
        fields = ["id", "kind", "record", "name", "state", "along", "deleted_by", "deleted_at", "settled_by", "settled_at"]  # fmt: skip

    def get_kind(self, deletion: Deletion) -> str:
        return label_of(deletion)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_along(self, deletion: Deletion) -> list[str]:
        return [f"{label}:{pk}" for label, pk in rows_along(deletion)]


class DeletionFilter(filters.FilterSet):
    q = filters.CharFilter(field_name="name", lookup_expr="icontains")
    kind = filters.CharFilter(method="of_kind", help_text="Like crm.contact.")
    deleted_by = filters.ModelChoiceFilter(queryset=User.objects.all())

    class Meta:
        model = Deletion
        fields = ["q", "kind", "deleted_by"]

    def of_kind(self, rows: Any, name: str, label: str) -> Any:
        app, _, model = label.partition(".")
        return rows.filter(record_type__app_label=app, record_type__model=model)


class BinViewSet(ReadViewSet):
    """What rests in the bin; `restore` brings it back whole."""

    queryset = Deletion.objects.in_bin().order_by("-pk")
    serializer_class = DeletionSerializer
    answer_serializer_class = DeletionSerializer
    filterset_class = DeletionFilter

    def get_queryset(self) -> Any:
        user: Any = self.request.user
        if not user.may("crm.deletion", "view"):
            raise Forbidden("Your role does not let you look into the bin.")
        return super().get_queryset()

    @extend_schema(request=None, responses=DeletionSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def restore(self, request: Request, pk: str | None = None) -> Response:
        deletion, user = self.get_object(), request.user
        if not Deletion.objects.restorable_by(user).filter(pk=deletion.pk).exists():
            raise Forbidden("Your role does not let you restore this record.")
        restore_record(deletion, by=user)  # type: ignore[arg-type]
        return self.answer(Deletion.objects.get(pk=deletion.pk))
