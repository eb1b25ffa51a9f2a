"""What every resource whose records can be shared has: `{id}/shares`, `{id}/share`, `{id}/unshare`."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.shares import revoke_share, share_record
from crm.models import Share, Team, User


class WhomSerializer(serializers.Serializer):
    """A person or a team: exactly one of them."""

    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    team = serializers.PrimaryKeyRelatedField(queryset=Team.objects.all(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("user" in attrs) == ("team" in attrs):
            raise serializers.ValidationError("Give either a user or a team.")
        return attrs


class ShareSerializer(WhomSerializer):
    can_change = serializers.BooleanField(default=False)
    until = serializers.DateTimeField(required=False, allow_null=True)


class SharedSerializer(serializers.ModelSerializer):
    class Meta:
        model = Share
        fields = ["user", "team", "can_change", "by", "at", "until"]


class Shareable:
    """Mixed into a viewset of records whose resource has the verb “share”."""

    get_object: Any

    @extend_schema(responses=SharedSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def shares(self, request: Request, pk: str | None = None) -> Response:
        """With whom this record is shared now."""
        return Response(SharedSerializer(_of(self.get_object()), many=True).data)

    @extend_schema(request=ShareSerializer, responses=SharedSerializer(many=True))
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str | None = None) -> Response:
        """Let a person or a team see this record, or change it; sharing again changes what was shared."""
        form = ShareSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = form.validated_data
        user: Any = request.user
        record = self.get_object()
        share_record(
            record,
            with_=facts.get("user") or facts["team"],
            can_change=facts["can_change"],
            until=facts.get("until"),
            by=user,
        )
        return Response(SharedSerializer(_of(record), many=True).data)

    @extend_schema(request=WhomSerializer, responses=SharedSerializer(many=True))
    @action(detail=True, methods=["post"])
    def unshare(self, request: Request, pk: str | None = None) -> Response:
        """Take it back."""
        form = WhomSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user: Any = request.user
        record = self.get_object()
        share = Share.objects.of(record).filter(**form.validated_data).first()
        if share is None:
            raise Http404
        revoke_share(share, record, by=user)
        return Response(SharedSerializer(_of(record), many=True).data)


def _of(record: Any) -> Any:
    return Share.objects.in_force(timezone.now()).of(record)
