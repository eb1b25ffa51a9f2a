"""Sends over the API: asked for at an email or a text, watched, paused, stopped, approved; tests of variants."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadViewSet
from crm.errors import Invalid
from crm.models import Contact, Sender
from marketing.actions import approvals, experiments, send_control
from marketing.actions.experiments import Plan, Way
from marketing.api.insights import InsightActions
from marketing.filters import SendFilter
from marketing.models import Experiment, MarketingEmail, Segment, Send
from marketing.queries import reasons
from marketing.queries.experiments import numbers_of
from marketing.queries.results import results_of


class VariantSerializer(serializers.Serializer):
    """What is left out is as in the email that is sent; `share` is a weight."""

    subject = serializers.CharField(required=False, allow_blank=True, max_length=200)
    email = serializers.PrimaryKeyRelatedField(queryset=MarketingEmail.objects.none(), required=False, allow_null=True)
    sender = serializers.PrimaryKeyRelatedField(queryset=Sender.objects.all(), required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    share = serializers.IntegerField(required=False, min_value=1, max_value=100)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        emails = MarketingEmail.objects.alive().visible_to(self.context["request"].user)
        fields["email"].queryset = emails  # type: ignore[attr-defined]
        return fields


class ExperimentRequestSerializer(serializers.Serializer):
    """A test of 2 to 10 variants: of whom, what counts, for how long, how sure."""

    variants = VariantSerializer(many=True)
    metric = serializers.ChoiceField(choices=Experiment.Metric.choices, required=False)
    goal_kind = serializers.CharField(required=False, allow_blank=True)
    sample_percent = serializers.IntegerField(required=False, min_value=1, max_value=100)
    hours = serializers.IntegerField(required=False, min_value=1, max_value=720)
    confidence = serializers.ChoiceField(choices=[90, 95, 99], required=False)
    is_automatic = serializers.BooleanField(required=False)


class SendRequestSerializer(serializers.Serializer):
    """To one `segment` or several `segments`, without the `excluded`. `due_at` is empty for now.

    With `timing` “local” it is the time that each reader's clock shows.
    """

    segment = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.none(), required=False)
    segments = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.none(), many=True, required=False)
    excluded = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.none(), many=True, required=False)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    timing = serializers.ChoiceField(choices=Send.Timing.choices, required=False)
    rate_per_hour = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    experiment = ExperimentRequestSerializer(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        segments = Segment.objects.alive().visible_to(self.context["request"].user)
        fields["segment"].queryset = segments  # type: ignore[attr-defined]
        for name in ("segments", "excluded"):
            fields[name].child_relation.queryset = segments  # type: ignore[attr-defined]
        return fields

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if asked := data.pop("experiment", None):
            ways = [Way(**way) for way in asked.pop("variants")]
            data["experiment"] = Plan(ways=ways, **asked)
        return data


class SendSerializer(serializers.ModelSerializer):
    """`segment` is the first of `segments`."""

    segment = serializers.SerializerMethodField()

    class Meta:
        model = Send
        fields = [
            "id", "email", "text_message", "content_version", "segment", "segments", "excluded", "campaign", "due_at",
            "timing", "rate_per_hour", "expires_at", "status", "started_at", "paused_at", "audience_count",
            "queued_count", "decided_by", "decided_at", "decision_reason", "owner", "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_segment(self, send: Send) -> int | None:
        return next(iter(sorted(segment.pk for segment in send.segments.all())), None)


class ResultsSerializer(serializers.Serializer):
    """Numbers of messages; those with `_all` count machines too."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField()
    opened_all = serializers.IntegerField()
    clicked = serializers.IntegerField()
    clicked_all = serializers.IntegerField()
    replied = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    complained = serializers.IntegerField()
    bounced = serializers.IntegerField()
    bounced_hard = serializers.IntegerField()
    bounced_soft = serializers.IntegerField()
    not_sent = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.ListField())


class ExperimentRowSerializer(serializers.Serializer):
    """`hits` of the `people` who were reached; `value` is revenue in the base currency."""

    letter = serializers.CharField()
    people = serializers.IntegerField()
    hits = serializers.IntegerField()
    value = serializers.CharField()


class ExperimentSerializer(serializers.ModelSerializer):
    """The test of a send with its numbers now. `words` says what they say, and by which test."""

    rows = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = [
            "metric", "goal_kind", "sample_percent", "hours", "confidence", "is_automatic", "status", "decides_at",
            "winner", "decided_at", "decided_by", "rows", "words",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ExperimentRowSerializer(many=True))
    def get_rows(self, experiment: Experiment) -> list[dict[str, Any]]:
        return experiments.kept(self._numbers(experiment))["rows"]

    def get_words(self, experiment: Experiment) -> str:
        return self._numbers(experiment).words

    def _numbers(self, experiment: Experiment) -> Any:
        if not hasattr(self, "_counted"):
            self._counted = numbers_of(experiment)
        return self._counted


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class WinnerSerializer(serializers.Serializer):
    winner = serializers.CharField(max_length=1)


class GroupOfReasonSerializer(serializers.Serializer):
    """`group` is what became of the messages, `reason` the words that some of these groups have."""

    group = serializers.CharField(source="key")
    reason = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField(source="n")


class PersonToldSerializer(serializers.Serializer):
    contact = serializers.IntegerField()
    address = serializers.CharField()
    words = serializers.CharField()


class SendReasonsSerializer(serializers.Serializer):
    groups = GroupOfReasonSerializer(many=True)
    person = PersonToldSerializer(allow_null=True)


class SendViewSet(InsightActions, ReadViewSet):
    queryset = Send.objects.prefetch_related("segments", "excluded")
    serializer_class = SendSerializer
    answer_serializer_class = SendSerializer
    filterset_class = SendFilter

    @extend_schema(request=None, responses={200: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(send_control.cancel_send, request)

    @extend_schema(request=None, responses={200: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def pause(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(send_control.pause_send, request)

    @extend_schema(request=None, responses={200: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def resume(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(send_control.resume_send, request)

    @extend_schema(request=None, responses={200: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def approve(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(approvals.approve_send, request)

    @extend_schema(request=ReasonSerializer, responses={200: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def reject(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(approvals.reject_send, request)

    @extend_schema(responses={200: ResultsSerializer})
    @action(detail=True, methods=["get"], serializer_class=ResultsSerializer)
    def results(self, request: Request, pk: str | None = None) -> Response:
        return Response(asdict(results_of(self.get_object())))

    @extend_schema(
        parameters=[OpenApiParameter("contact", int, description="Only what became of this person’s message.")],
        responses={200: SendReasonsSerializer},
    )
    @action(detail=True, methods=["get"], serializer_class=SendReasonsSerializer)
    def reasons(self, request: Request, pk: str | None = None) -> Response:
        """Who got it and why the others did not, counted by reason; with `contact` the answer for one person."""
        send = self.get_object()
        asked = request.query_params.get("contact", "")
        if not asked:
            return Response(SendReasonsSerializer({"groups": reasons.groups_of(send), "person": None}).data)
        seen = Contact.objects.visible_to(request.user)
        found = seen.filter(pk=int(asked)).first() if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
        if found is None:
            raise Invalid("This contact does not exist.", field="contact")
        person = reasons.why(send, [found])[0]
        told = {"contact": person.contact.pk, "address": person.address, "words": person.words}
        return Response(SendReasonsSerializer({"groups": reasons.groups_of(send), "person": told}).data)

    @extend_schema(responses={200: ExperimentSerializer})
    @action(detail=True, methods=["get"], serializer_class=ExperimentSerializer)
    def experiment(self, request: Request, pk: str | None = None) -> Response:
        """The test of its variants, counted now."""
        return Response(ExperimentSerializer(_experiment_of(self.get_object())).data)

    @extend_schema(request=WinnerSerializer, responses={200: ExperimentSerializer})
    @action(detail=True, methods=["post"], serializer_class=WinnerSerializer)
    def winner(self, request: Request, pk: str | None = None) -> Response:
        """Choose it by hand: the others get it at once."""
        send = self.get_object()
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        user: Any = request.user
        chosen = experiments.choose_winner(_experiment_of(send), form.validated_data["winner"], by=user)
        return Response(ExperimentSerializer(chosen).data)


def _experiment_of(send: Send) -> Experiment:
    experiment = Experiment.objects.filter(send=send).select_related("send").first()
    if experiment is None:
        raise Invalid("This send tests no variants.")
    return experiment
