"""Segments over the API."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import see_or_404
from crm.api.rules import StoredRuleField
from crm.api.views import RecordViewSet
from crm.models import Contact
from crm.rules.preview import preview
from crm.rules.use import words
from marketing.actions.segments import (
    add_members,
    ask_for_refresh,
    change_segment,
    choose_people,
    create_segment,
    delete_segment,
    remove_members,
)
from marketing.filters import SegmentFilter
from marketing.models import Segment, SegmentChoice, SegmentMember
from marketing.queries.segment_pages import over_time, overlap
from marketing.queries.segments import members, why
from marketing.uses import uses_of

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
        if kind != Segment.Kind.STATIC and rule is None:
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


class ChoiceSerializer(serializers.ModelSerializer):
    """Somebody in or out by hand. `is_included` false keeps out."""

    contact = PersonSerializer()

    class Meta:
        model = SegmentChoice
        fields = ["contact", "is_included", "by", "at"]


class ChooseSerializer(ContactsSerializer):
    """`is_included` true puts them in, false keeps them out."""

    is_included = serializers.BooleanField()


class SizeSerializer(serializers.Serializer):
    """At the end of an hour; of a day where there are many hours."""

    at = serializers.DateTimeField()
    members = serializers.IntegerField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()


class OverlapSerializer(serializers.Serializer):
    only_a = serializers.IntegerField(help_text="In this segment alone.")
    both = serializers.IntegerField()
    only_b = serializers.IntegerField(help_text="In the other alone.")


class UseSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    is_live = serializers.BooleanField(help_text="It acts on who enters and leaves now.")


class WhySerializer(serializers.Serializer):
    """`reason` is the rule, each part with its answer: {words, holds, inner: […], proof: [{words, at, url}], more}; null for a list."""

    is_member = serializers.BooleanField()
    entered_at = serializers.DateTimeField(allow_null=True)
    chosen = serializers.BooleanField(allow_null=True, help_text="Put in by hand, kept out by hand, or null.")
    in_scope = serializers.BooleanField()
    is_alive = serializers.BooleanField()
    reason = serializers.JSONField(allow_null=True)


class SegmentViewSet(RecordViewSet):
    reads = ("preview",)
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    answer_serializer_class = SegmentSerializer
    filterset_class = SegmentFilter

    def get_serializer_class(self) -> Any:
        choosing = {"choose": ChooseSerializer, "unchoose": ContactsSerializer}
        return choosing.get(self.action) or super().get_serializer_class()

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

    @extend_schema(responses=ChoiceSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, serializer_class=ChoiceSerializer)
    def choices(self, request: Request, pk: str | None = None) -> Response:
        """Who is in or out by hand, whatever the rule says; the last chosen first."""
        seen = Contact.objects.visible_to(request.user).values("pk")
        rows = SegmentChoice.objects.filter(segment=self.get_object(), contact__in=seen).select_related("contact")
        page = self.paginate_queryset(rows.order_by("-at", "-pk"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=ChooseSerializer, responses=SegmentSerializer)
    @choices.mapping.post
    def choose(self, request: Request, pk: str | None = None) -> Response:
        """Put contacts in by hand, or keep them out."""
        return self.acted(self._with_fresh(choose_people), request)

    @extend_schema(request=ContactsSerializer, responses=SegmentSerializer)
    @choices.mapping.delete
    def unchoose(self, request: Request, pk: str | None = None) -> Response:
        """Let the rule decide again about these contacts."""
        return self.acted(self._with_fresh(partial(choose_people, is_included=None)), request)

    @extend_schema(responses=SizeSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None, serializer_class=SizeSerializer)
    def sizes(self, request: Request, pk: str | None = None) -> Response:
        """How many were in, came and went, by the hour or the day; the last 400 of them."""
        return Response(self.get_serializer(over_time(self.get_object()).points, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("with", int, required=True, description="The other segment.")],
        responses=OverlapSerializer,
    )
    @action(
        detail=True, methods=["get"], filterset_class=None, pagination_class=None, serializer_class=OverlapSerializer
    )
    def compare(self, request: Request, pk: str | None = None) -> Response:
        """How many are in both, and in one alone."""
        other = see_or_404(Segment, self._id_in("with"), request.user)
        return Response(self.get_serializer(overlap(self.get_object(), other, request.user)).data)

    @extend_schema(
        parameters=[OpenApiParameter("contact", int, required=True, description="About whom.")], responses=WhySerializer
    )
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None, serializer_class=WhySerializer)
    def why(self, request: Request, pk: str | None = None) -> Response:
        """Why is this contact in, or not? Each part of the rule with its answer."""
        segment = self.get_object()
        user: Any = request.user
        contact = see_or_404(Contact, self._id_in("contact"), user)
        told = why(segment, contact, timezone.now(), reader=user)
        answer = {
            "is_member": told.member is not None,
            "entered_at": told.member and told.member.entered_at,
            "chosen": told.choice and told.choice.is_included,
            "in_scope": told.in_scope,
            "is_alive": told.is_alive,
            "reason": told.reason and asdict(told.reason),
        }
        return Response(self.get_serializer(answer).data)

    @extend_schema(responses=UseSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None, serializer_class=UseSerializer)
    def uses(self, request: Request, pk: str | None = None) -> Response:
        """Where it is used; what is at work now comes first."""
        segment = self.get_object()
        return Response(self.get_serializer(uses_of([segment.pk]).get(segment.pk, []), many=True).data)

    def _id_in(self, name: str) -> int:
        value = self.request.query_params.get(name, "")
        if not value.isdigit():
            raise serializers.ValidationError({name: "Name it by its id."})
        return int(value)

    def _with_fresh(self, command: Any) -> Any:
        """A command that answers a number, answering the segment instead."""

        def act(segment: Segment, **values: Any) -> Segment:
            command(segment, **values)
            return Segment.objects.get(pk=segment.pk)

        return act
