"""/api/v1/custom-fields/: the definitions. Values are read and written on the records, as `custom`."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.custom_fields import (
    change_custom_field,
    create_custom_field,
    delete_custom_field,
    restore_custom_field,
    retire_custom_field,
)
from crm.api.views import RecordViewSet
from crm.models import CustomField


class ChoiceSerializer(serializers.Serializer):
    """`value` is stored and never changes; without one it is made of the label."""

    value = serializers.CharField(required=False)
    label = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a field named like an attribute of fields
    colour = serializers.CharField(required=False, allow_blank=True)
    is_retired = serializers.BooleanField(required=False, default=False)


class CustomFieldSerializer(serializers.ModelSerializer):
    """`name` is how filters, rules and errors call it; `type` stays once a record has a value."""

    key = serializers.CharField(max_length=40, required=False)
    choices = ChoiceSerializer(many=True, required=False)
    default = serializers.JSONField(required=False, allow_null=True)
    name = serializers.CharField(read_only=True)

    class Meta:
        model = CustomField
        fields = [
            "id", "kind", "key", "name", "label", "type", "to", "choices", "help_text", "is_required", "default", "places",
            "lowest", "highest", "group", "order", "is_listed", "is_indexed", "index_state", "index_problem", "is_retired",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["order", "index_state", "index_problem", "is_retired"]
        validators: list[Any] = []


class CustomFieldFilter(filters.FilterSet):
    class Meta:
        model = CustomField
        fields = ["kind", "type", "is_retired"]


class CustomFieldViewSet(RecordViewSet):
    """What a company adds to accounts, contacts, leads and opportunities."""

    queryset = CustomField.objects.all()
    serializer_class = CustomFieldSerializer
    answer_serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilter

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_custom_field(**form.validated_data, by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        return change_custom_field(form.instance, **form.validated_data, by=user)

    def perform_destroy(self, record: Any) -> None:
        """Only a retired one; a job takes its values out of the records."""
        user: Any = self.request.user
        delete_custom_field(record, by=user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def retire(self, request: Request, pk: str | None = None) -> Response:
        """Hide it everywhere; its values stay."""
        return self.acted(retire_custom_field, request)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def restore(self, request: Request, pk: str | None = None) -> Response:  # type: ignore[override]
        """Show a retired field again, with the values that it had."""
        return self.acted(restore_custom_field, request)
