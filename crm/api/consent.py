"""/api/v1/consents/, suppressions/, topics/ and consent-purposes/: who may be written to, and why."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.depths import Depth, depth_of
from crm.actions.consent import give_consent, withdraw_consent
from crm.actions.suppressions import lift, suppress
from crm.api.views import ReadViewSet
from crm.delivery.purposes import must_be_known
from crm.errors import CrmError, Forbidden
from crm.models import Channel, Consent, ConsentPurpose, Suppression, Topic, User

RESOURCE = "crm.consent"


class ConsentSerializer(serializers.ModelSerializer):
    channel = serializers.CharField(source="point.channel", read_only=True)
    address = serializers.CharField(source="point.value", read_only=True)

    class Meta:
        model = Consent
        fields = [
            "id", "channel", "address", "purpose", "topic", "granted", "source", "text_shown", "proof", "given_at",
            "recorded_at", "recorded_by", "is_current",
        ]  # fmt: skip
        read_only_fields = fields


class AnswerSerializer(serializers.Serializer):
    """One yes or no. `source` says where it was said; `given_at` is empty for now, and never in the future."""

    channel = serializers.ChoiceField(choices=Channel.choices, default="email")
    purpose = serializers.CharField(max_length=20, default="commercial")
    topic = serializers.PrimaryKeyRelatedField(queryset=Topic.objects.all(), required=False, allow_null=True)
    granted = serializers.BooleanField()
    source = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a field named like an attribute of fields
    text_shown = serializers.CharField(required=False, allow_blank=True, default="", max_length=20_000)
    proof = serializers.DictField(required=False, default=dict)
    given_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_purpose(self, key: str) -> str:
        try:
            return must_be_known(key)
        except CrmError as problem:
            raise serializers.ValidationError(problem.message) from None

    def validate_given_at(self, moment: Any) -> Any:
        if moment and moment > timezone.now():
            raise serializers.ValidationError("Consent cannot have been given in the future.")
        return moment


class AddressAnswerSerializer(AnswerSerializer):
    address = serializers.CharField(max_length=254)


class StandingSerializer(serializers.Serializer):
    """`why_not` is empty where a message of this purpose (and topic) goes out; `last` is what was said last."""

    purpose = serializers.CharField(source="purpose.key")
    topic: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    why_not = serializers.CharField()
    last = ConsentSerializer()


class SuppressionSerializer(serializers.ModelSerializer):
    channel = serializers.CharField(source="point.channel", read_only=True)
    address = serializers.CharField(source="point.value", read_only=True)

    class Meta:
        model = Suppression
        fields = [
            "id", "channel", "address", "cause", "reason", "strikes", "since", "until", "set_by", "lifted_at",
            "lifted_reason", "lifted_by",
        ]  # fmt: skip
        read_only_fields = fields


class AddressStandingSerializer(serializers.Serializer):
    channel = serializers.CharField()
    address = serializers.CharField(source="value")
    do_not_contact = serializers.BooleanField(source="is_flagged")
    lines = StandingSerializer(many=True)
    suppressions = SuppressionSerializer(many=True)


class SuppressSerializer(serializers.Serializer):
    channel = serializers.ChoiceField(choices=Channel.choices, default="email")
    address = serializers.CharField(max_length=254)
    reason = serializers.CharField(max_length=300)
    until = serializers.DateTimeField(required=False, allow_null=True)


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=250)


class TopicSerializer(serializers.ModelSerializer):
    class Meta:
        model = Topic
        fields = ["id", "name", "description", "purpose", "needs_yes", "is_offered", "is_active", "position"]


class PurposeSerializer(serializers.ModelSerializer):
    """`rule`: opt_in needs a yes, opt_out needs that nobody said no, free asks nobody."""

    class Meta:
        model = ConsentPurpose
        fields = ["id", "key", "name", "description", "rule", "is_offered", "is_active", "position"]


class ConsentFilter(filters.FilterSet):
    address = filters.CharFilter(method="at")
    channel = filters.ChoiceFilter(field_name="point__channel", choices=Channel.choices)

    class Meta:
        model = Consent
        fields = ["purpose", "topic", "granted", "is_current"]

    def at(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(point__value=value.strip().lower())


class SuppressionFilter(filters.FilterSet):
    address = filters.CharFilter(method="at")
    is_lifted = filters.BooleanFilter(field_name="lifted_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Suppression
        fields = ["cause"]

    def at(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(point__value=value.strip().lower())


def write_down(address: str, answer: dict[str, Any], *, by: User) -> Consent:
    decide = give_consent if answer["granted"] else withdraw_consent
    return decide(
        address,
        channel=answer["channel"],
        purpose=answer["purpose"],
        topic=answer.get("topic"),
        source=answer["source"],
        text_shown=answer["text_shown"],
        proof=answer["proof"],
        at=answer.get("given_at"),
        by=by,
    )


class LedgerViewSet(ReadViewSet):
    """Seen by roles that read consent; changed by those that may do so for every address."""

    resource = RESOURCE

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        user: Any = self.request.user
        return rows if user.may(RESOURCE, "view") else rows.none()

    def must_reach(self, verb: str) -> User:
        user: Any = self.request.user
        if depth_of(user, RESOURCE, verb) != Depth.ALL:
            raise Forbidden("Your role does not let you do this with consent.")
        return user

    def valid(self, request: Request) -> dict[str, Any]:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class ConsentViewSet(LedgerViewSet):
    """The ledger: lines are added, never changed. `GET contacts/{id}/consent/` says what they mean for a person."""

    queryset = Consent.objects.select_related("point").order_by("-pk")
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter

    @extend_schema(request=AddressAnswerSerializer, responses={201: ConsentSerializer})
    def create(self, request: Request) -> Response:
        user = self.must_reach("add")
        form = AddressAnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        answer = form.validated_data
        return self.answer(write_down(answer["address"], answer, by=user), 201)


class SuppressionViewSet(LedgerViewSet):
    """Addresses that are not written to, and those that were not."""

    queryset = Suppression.objects.select_related("point").order_by("-pk")
    serializer_class = SuppressionSerializer
    answer_serializer_class = SuppressionSerializer
    filterset_class = SuppressionFilter

    @extend_schema(request=SuppressSerializer, responses={201: SuppressionSerializer})
    def create(self, request: Request) -> Response:
        user = self.must_reach("add")
        form = SuppressSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        made = suppress(
            asked["address"], channel=asked["channel"], reason=asked["reason"], until=asked.get("until"), by=user
        )
        return self.answer(made, 201)

    @extend_schema(request=ReasonSerializer, responses={200: SuppressionSerializer})
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def lift(self, request: Request, pk: str | None = None) -> Response:
        """Write to the address again; the reason stays."""
        held = self.get_object()
        user = self.must_reach("change")
        return self.answer(lift(held, reason=self.valid(request)["reason"], by=user))


class SettingsViewSet(LedgerViewSet):
    """Made and changed, not deleted: what is not used any more is set aside by `is_active`."""

    def create(self, request: Request) -> Response:
        self.must_reach("add")
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.answer(form.save(), 201)

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        record = self.get_object()
        self.must_reach("change")
        form = self.get_serializer(record, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        return self.answer(form.save())


class TopicViewSet(SettingsViewSet):
    queryset = Topic.objects.all()
    serializer_class = TopicSerializer
    filterset_fields = ["purpose", "is_active"]


class PurposeViewSet(SettingsViewSet):
    queryset = ConsentPurpose.objects.all()
    serializer_class = PurposeSerializer
    filterset_fields = ["is_active"]

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """The key stays, and so does that the three built-in ones are used."""
        purpose = self.get_object()
        fixed = {"key"} | ({"is_active"} if purpose.is_built_in else set())
        asked: Any = request.data
        if changed := [name for name in fixed & set(asked) if asked[name] != getattr(purpose, name)]:
            raise serializers.ValidationError(dict.fromkeys(changed, "This cannot be changed."))
        return super().partial_update(request, pk)
