"""Journeys and their people under /api/v1/: journeys with their draft, publish, pause, resume, stop; participants."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadViewSet, RecordViewSet
from crm.models import Campaign, Contact, User
from journeys import graph
from journeys.actions import journeys as actions
from journeys.actions.participants import add_contacts
from journeys.filters import JourneyFilter, ParticipantFilter
from journeys.models import Journey, Participant


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
        """Raises NotAllowed where it runs or has run: it is stopped and archived instead."""
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
