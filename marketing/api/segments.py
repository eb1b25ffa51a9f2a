"""Segments over the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.rules import StoredRuleField
from crm.api.views import RecordViewSet
from crm.models import Contact
from crm.rules.preview import preview
from crm.rules.use import words
from marketing.actions.segments import (
    add_members,
    ask_for_refresh,
    change_segment,
    create_segment,
    delete_segment,
    remove_members,
)
from marketing.filters import SegmentFilter
from marketing.models import Segment, SegmentMember
from marketing.queries.segments import members

CONFIRMED = OpenApiParameter("confirmed", bool, description="Change the rule although something live uses the segment.")


class SegmentSerializer(serializers.ModelSerializer):
    """`words` is the rule as a sentence. `kind` is chosen once; a list (static) has no rule."""

    rule = StoredRuleField(required=False, allow_null=True)
    words = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = [
            "id", "name", "description", "kind", "rule", "words", "status", "problem", "member_count", "built_at",
            "refreshed_at", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "problem", "member_count", "built_at", "refreshed_at", "owner", "version"]

    def get_words(self, segment: Segment) -> str:
        return words(segment.rule) if segment.rule else ""

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        kind = self.instance.kind if self.instance else data.get("kind", Segment.Kind.DYNAMIC)
        if self.instance and data.pop("kind", kind) != kind:
            raise serializers.ValidationError({"kind": "The kind of a segment is chosen once."})
        rule = data.get("rule", self.instance.rule if self.instance else None)
        if kind == Segment.Kind.DYNAMIC and rule is None:
            raise serializers.ValidationError({"rule": "A segment needs a rule; a list has kind “static”."})
        if kind == Segment.Kind.STATIC and rule is not None:
            raise serializers.ValidationError({"rule": "A list has no rule; it is filled by hand."})
        return data


class PreviewSerializer(serializers.Serializer):
    rule = StoredRuleField()


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ["id", "first_name", "last_name", "email", "country"]


class PreviewAnswerSerializer(serializers.Serializer):
    words = serializers.CharField()
    count = serializers.IntegerField()
    sample = PersonSerializer(many=True)


class MemberSerializer(serializers.ModelSerializer):
    contact = PersonSerializer()

    class Meta:
        model = SegmentMember
        fields = ["contact", "entered_at"]


class ContactsSerializer(serializers.Serializer):
    contacts = serializers.ListField(child=serializers.IntegerField(), max_length=10_000)


class SegmentViewSet(RecordViewSet):
    reads = ("preview",)
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    answer_serializer_class = SegmentSerializer
    filterset_class = SegmentFilter

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_segment(**form.validated_data, by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        is_confirmed = self.request.query_params.get("confirmed") == "true"
        return change_segment(form.instance, **form.validated_data, by=user, is_confirmed=is_confirmed)

    @extend_schema(parameters=[CONFIRMED])
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Another rule for a segment in live use is answered 409, with `enter`, `leave` and `uses`, unless it is confirmed."""
        return super().update(request, *args, **kwargs)

    @extend_schema(parameters=[CONFIRMED])
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Another rule for a segment in live use is answered 409, with `enter`, `leave` and `uses`, unless it is confirmed."""
        return super().partial_update(request, *args, **kwargs)

    def perform_destroy(self, record: Segment) -> None:
        user: Any = self.request.user
        delete_segment(record, by=user)

    @extend_schema(request=None, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def refresh(self, request: Request, pk: str | None = None) -> Response:
        """Refresh the whole segment as soon as a worker is free."""
        return self.acted(ask_for_refresh, request)

    @extend_schema(request=PreviewSerializer, responses=PreviewAnswerSerializer)
    @action(detail=False, methods=["post"], serializer_class=PreviewSerializer)
    def preview(self, request: Request) -> Response:
        """What a rule would give now: the exact count, ten people, and the rule in words."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(
            PreviewAnswerSerializer(preview(form.validated_data["rule"], timezone.now(), request.user)).data
        )

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, serializer_class=MemberSerializer)
    def members(self, request: Request, pk: str | None = None) -> Response:
        page = self.paginate_queryset(members(self.get_object(), request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=ContactsSerializer, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], url_path="add-members", serializer_class=ContactsSerializer)
    def add_members(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(self._with_fresh(add_members), request)

    @extend_schema(request=ContactsSerializer, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], url_path="remove-members", serializer_class=ContactsSerializer)
    def remove_members(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(self._with_fresh(remove_members), request)

    def _with_fresh(self, command: Any) -> Any:
        """A command that answers a number, answering the segment instead."""

        def act(segment: Segment, **values: Any) -> Segment:
            command(segment, **values)
            return Segment.objects.get(pk=segment.pk)

        return act
