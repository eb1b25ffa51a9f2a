"""What the resources of kinds of record share: assign; accounts and contacts can be deactivated, too."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to
from crm.actions.activation import deactivate_record, reactivate_record
from crm.actions.assignment import assign_record
from crm.actions.following import follow_record, unfollow_record
from crm.api.sharing import Shareable
from crm.api.views import RecordViewSet
from crm.models import Team, User
from crm.queries.history import history_of


class AssignSerializer(serializers.Serializer):
    """Somebody, or the team in whose queue it waits."""

    owner = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True, default=None
    )
    team = serializers.PrimaryKeyRelatedField(
        queryset=Team.objects.all(), required=False, allow_null=True, default=None
    )


class DeactivateSerializer(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class ChangeSerializer(serializers.Serializer):
    name = serializers.CharField()
    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class EventSerializer(serializers.Serializer):
    """`verb` is made, changed, deleted, binned or restored; `by` is empty for Tandem itself."""

    at = serializers.DateTimeField()
    by: Any = serializers.PrimaryKeyRelatedField(source="who", read_only=True)
    verb = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field named like an attribute of fields
    about = serializers.CharField()
    changes = ChangeSerializer(many=True)


class HistorySerializer(serializers.Serializer):
    events = EventSerializer(many=True)
    before = serializers.IntegerField(help_text="Give it back as ?before= to read on; 0 at the end.")


HISTORY_PARAMETERS = (
    OpenApiParameter("field", str, description="Only changes of this field."),
    OpenApiParameter("by", int, description="Only changes of this person."),
    OpenApiParameter("before", int, description="Continue a page."),
)


class KindViewSet(Shareable, RecordViewSet):
    """A kind of record (crm/hooks/records.py)."""

    @action(detail=True, methods=["post"], serializer_class=AssignSerializer)
    def assign(self, request: Request, pk: str | None = None) -> Response:
        must_be_able_to(request.user, "assign", self.get_object())
        return self.acted(assign_record, request)

    @extend_schema(parameters=[*HISTORY_PARAMETERS], responses=HistorySerializer)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def history(self, request: Request, pk: str | None = None) -> Response:
        """Who changed what, when, from what to what, from where; newest first."""
        asked = request.query_params
        numbers = {name: int(text) for name in ("by", "before") if (text := asked.get(name, "")).isdecimal()}
        only = asked.get("field", "")
        page = history_of(
            self.get_object(), request.user, only=only, by=numbers.get("by"), before=numbers.get("before", 0)
        )
        return Response(HistorySerializer(page).data)

    @action(detail=True, methods=["post", "delete"], serializer_class=serializers.Serializer)
    def follow(self, request: Request, pk: str | None = None) -> Response:
        """POST: be told when something happens with it. DELETE: stop."""
        record = self.get_object()
        user: Any = request.user
        if request.method == "DELETE":
            unfollow_record(record._meta.label_lower, record.pk, by=user)
        else:
            follow_record(record, by=user)
        return Response(status=204)


class ActivationMixin:
    """Accounts and contacts: inactive ones are read-only until they are reactivated."""

    acted: Any

    @action(detail=True, methods=["post"], serializer_class=DeactivateSerializer)
    def deactivate(self, request: Request, pk: str | None = None) -> Response:
        answer: Response = self.acted(deactivate_record, request)
        return answer

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def reactivate(self, request: Request, pk: str | None = None) -> Response:
        answer: Response = self.acted(reactivate_record, request)
        return answer
