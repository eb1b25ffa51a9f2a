"""Journeys and their people under /api/v1/: journeys with their draft, publish, pause, resume, stop; participants."""

from __future__ import annotations

import json
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.fields import SeenField
from crm.api.views import ReadViewSet, RecordViewSet
from crm.models import Campaign, Contact, User
from journeys import graph
from journeys.actions import journeys as actions
from journeys.actions.moving import ask_to_move
from journeys.actions.participants import add_contacts
from journeys.filters import JourneyFilter, ParticipantFilter
from journeys.models import Journey, JourneyVersion, Participant
from journeys.queries.moving import older_of

MOST_VALUES = 20_000


class JourneySerializer(serializers.ModelSerializer):
    """`draft` is the definition (journeys/graph.py); `problems` is what keeps it from being published."""

    campaign = serializers.PrimaryKeyRelatedField(queryset=Campaign.objects.alive(), required=False, allow_null=True)
    draft = serializers.JSONField(required=False)
    layout = serializers.JSONField(required=False)
    problems = serializers.SerializerMethodField()
    live_version = serializers.IntegerField(source="live_version.number", read_only=True, allow_null=True)

    class Meta:
        model = Journey
        fields = [
            "id",
            "name",
            "status",
            "campaign",
            "draft",
            "layout",
            "problems",
            "live_version",
            "went_live_at",
            "ended_at",
            "owner",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["status", "went_live_at", "ended_at", "owner", "version"]

    def validate_draft(self, draft: Any) -> Any:
        """The shape only; a draft may be unfinished."""
        graph.parse(draft)
        return draft

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_problems(self, journey: Journey) -> list[dict[str, str]]:
        if isinstance(self.parent, serializers.ListSerializer):
            return []
        return [{"node": p.node, "message": p.message, "path": p.path} for p in graph.check(journey.draft)]


class NothingSerializer(serializers.Serializer):
    """A command that needs no words."""


class AddSerializer(serializers.Serializer):
    contacts = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=1000)


class MoveSerializer(serializers.Serializer):
    from_version = serializers.IntegerField(min_value=1)
    places = serializers.DictField(child=serializers.CharField(max_length=40, allow_blank=True), allow_empty=False)


class SpotSerializer(serializers.Serializer):
    """`fate`: the step stays as it was, says something else now (changed), or is gone."""

    node = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()
    fate = serializers.ChoiceField(choices=["stays", "changed", "gone"])
    target = serializers.CharField()


class OlderSerializer(serializers.Serializer):
    version = serializers.IntegerField(source="version.number")
    count = serializers.IntegerField()
    is_being_moved = serializers.BooleanField(source="move")
    spots = SpotSerializer(many=True)


class EnterSerializer(serializers.Serializer):
    """One person, by id or by address, and the values that come along: conditions and messages know them as `trigger`."""

    contact = SeenField(Contact, required=False)
    email = serializers.EmailField(required=False)
    values = serializers.DictField(required=False, default=dict)
    key = serializers.CharField(
        required=False, max_length=70, help_text="The same key twice lets nobody in twice, however late it comes."
    )

    def validate_values(self, values: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(values)) > MOST_VALUES:
            raise serializers.ValidationError(f"These are more than {MOST_VALUES:,} letters.")
        return values

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        if ("contact" in facts) == ("email" in facts):
            raise serializers.ValidationError("Name one person: by “contact” or by “email”.")
        if "email" in facts:
            people = Contact.objects.visible_to(self.context["request"].user).alive()
            found = people.filter(email_normal=facts["email"].strip().lower()).order_by("pk").first()
            if found is None:
                raise serializers.ValidationError({"email": f"There is no contact with the address {facts['email']}."})
            facts["contact"] = found
        return facts


class JourneyViewSet(RecordViewSet):
    """Build a journey by its draft, publish it, hold it, end it."""

    queryset = Journey.objects.select_related("live_version")
    serializer_class = JourneySerializer
    answer_serializer_class = JourneySerializer
    filterset_class = JourneyFilter

    def perform_update(self, form: Any) -> Any:
        values = form.validated_data
        if "draft" in values or "layout" in values:
            actions.save_draft(
                form.instance,
                draft=values.pop("draft", form.instance.draft),
                layout=values.pop("layout", None),
                by=self._user,
            )
            form.instance.refresh_from_db()
        return super().perform_update(form)

    def perform_destroy(self, record: Journey) -> None:
        """Into the bin; one that runs is stopped first: who is inside leaves, and what is not sent is cancelled."""
        actions.delete_journey(record, by=self._user)

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def publish(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.publish_journey, request)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def pause(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.pause_journey, request)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def resume(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.resume_journey, request)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def finish(self, request: Request, pk: str | None = None) -> Response:
        """Nobody comes in any more; when the last one has left, it is completed."""
        return self.acted(actions.finish_journey, request)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def reopen(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.reopen_journey, request)

    @extend_schema(responses=OlderSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="older-versions", pagination_class=None, filterset_class=None)
    def older_versions(self, request: Request, pk: str | None = None) -> Response:
        """Who is still on an older version, step by step, and which step of the newest survives of it."""
        return Response(OlderSerializer(older_of(self.get_object()), many=True).data)

    @action(detail=True, methods=["post"], serializer_class=MoveSerializer)
    def move(self, request: Request, pk: str | None = None) -> Response:
        """Take the people of an older version along: {step: step of the newest version}, "" lets them out."""
        journey = self.get_object()
        self.must_be_editable(journey)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = get_object_or_404(JourneyVersion, journey=journey, number=form.validated_data["from_version"])
        move = ask_to_move(version, places=form.validated_data["places"], by=self._user)
        return Response({"id": move.pk, "to_version": move.to_version.number}, status=202)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def stop(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.stop_journey, request)

    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def archive(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(actions.archive_journey, request)

    @action(detail=True, methods=["post"], serializer_class=AddSerializer)
    def add(self, request: Request, pk: str | None = None) -> Response:
        """Let contacts in by hand; whom you do not see is left out."""
        journey = self.get_object()
        self.must_be_editable(journey)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        seen = Contact.objects.visible_to(request.user).filter(pk__in=form.validated_data["contacts"])
        came = add_contacts(journey, contacts=list(seen.values_list("pk", flat=True)), by=self._user)
        return Response({"added": came})

    @action(detail=True, methods=["post"], serializer_class=EnterSerializer)
    def enter(self, request: Request, pk: str | None = None) -> Response:
        """The journey's door for other programs. Answers 1 where the person came in or waits for a turn, else 0."""
        journey = self.get_object()
        self.must_be_editable(journey)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = form.validated_data
        key = facts.get("key") or request.headers.get("Idempotency-Key", "")[:70]
        people = [facts["contact"].pk]
        came = add_contacts(journey, contacts=people, by=self._user, key=key, values=facts["values"])
        return Response({"added": came, "contact": facts["contact"].pk})


class ParticipantSerializer(serializers.ModelSerializer):
    journey_version = serializers.IntegerField(source="version.number", read_only=True)

    class Meta:
        model = Participant
        fields = [
            "id",
            "journey",
            "journey_version",
            "contact",
            "node",
            "visit",
            "status",
            "outcome",
            "problem",
            "trigger",
            "reached_at",
            "due_at",
            "entered_at",
            "arrived_at",
            "left_at",
        ]


class ParticipantViewSet(ReadViewSet):
    """Who is where in which journey. Only those whom you see as contacts."""

    resource = "journeys.journey"
    queryset = Participant.objects.select_related("version")
    serializer_class = ParticipantSerializer
    filterset_class = ParticipantFilter

    def answer(self, record: Participant, status: int = 200) -> Response:
        """Without an ETag: participants are moved by the engine, not saved by clients."""
        return Response(self.get_serializer(record).data, status=status)
