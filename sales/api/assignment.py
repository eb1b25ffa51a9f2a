"""/api/v1/assignment-rules/: who gets which lead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_at_all
from crm.api.rules import StoredRuleField
from crm.api.views import RecordViewSet
from sales.actions.unassigned import ask_for_another_try
from sales.models import AssignmentRule
from sales.queries.dry_run import dry_run
from sales.queries.rule_lines import in_words


class AssignmentRuleSerializer(serializers.ModelSerializer):
    """`when` is a rule over leads; null: every lead. `words` says which leads the rule is for, "" for all of them."""

    when = StoredRuleField(of="sales.lead", required=False, allow_null=True)
    words = serializers.SerializerMethodField()

    class Meta:
        model = AssignmentRule
        fields = [
            "id", "name", "order", "is_active", "campaign", "when", "words", "distribution", "users", "team",
            "respects_hours", "waits", "last_owner",
        ]  # fmt: skip
        read_only_fields = ["last_owner"]

    def get_words(self, rule: AssignmentRule) -> str:
        return in_words(rule)


class PeriodSerializer(serializers.Serializer):
    days = serializers.IntegerField(min_value=1, max_value=90, default=1, help_text="Counted back from now.")


class TriedSerializer(serializers.Serializer):
    """`owner` is who would get it, by name, "" for nobody; `why` says why they would, or why nobody would."""

    lead: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    rule: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    owner = serializers.CharField()
    why = serializers.CharField()


class AssignmentRuleViewSet(RecordViewSet):
    """Whatever changes the rules has the waiting leads tried again."""

    queryset = AssignmentRule.objects.order_by("order", "pk").select_related("campaign").prefetch_related("users")
    serializer_class = AssignmentRuleSerializer
    restore: Any = None
    """A rule is deleted at once; there is nothing to bring back."""

    def perform_create(self, form: Any) -> Any:
        saved = super().perform_create(form)
        ask_for_another_try()
        return saved

    def perform_update(self, form: Any) -> Any:
        saved = super().perform_update(form)
        ask_for_another_try()
        return saved

    def perform_destroy(self, record: AssignmentRule) -> None:
        super().perform_destroy(record)
        ask_for_another_try()

    @extend_schema(request=None, parameters=[PeriodSerializer], responses=TriedSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="dry-run", pagination_class=None)
    def dry_run(self, request: Request) -> Response:
        """What the rules would have done with the leads of the last days that you see, at most 500; it changes nothing."""
        must_be_able_to_at_all(request.user, "view", AssignmentRule)
        form = PeriodSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        run = dry_run(request.user, now - timedelta(days=form.validated_data["days"]), now)
        return Response(TriedSerializer(run.rows, many=True).data)
