"""/api/v1/opportunities/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to
from crm.api.custom import CustomMixin
from crm.api.filtering import OF_ITS_KIND
from crm.api.records import KindViewSet
from crm.models import Account, Campaign, Contact, Currency
from sales.actions.closing import lose_opportunity, reopen_opportunity, win_opportunity
from sales.actions.lines import change_opportunity_lines
from sales.actions.opportunities import (
    assign_opportunity,
    change_opportunity,
    open_opportunity,
)
from sales.actions.processes import abandon_process, choose_process, finish_process, resume_process
from sales.actions.stages import advance_opportunity, move_back, set_stage
from sales.actions.steps import StepsMissing
from sales.api.fields import Seen
from sales.api.lines import ProductLineSerializer, line_inputs
from sales.models import Competitor, LostReason, Opportunity, OpportunityClose, Process, Stage

KEPT_BY_US = [
    "lead",
    "status",
    "stage",
    "stage_since",
    "process_state",
    "estimated_revenue_base",
    "actual_revenue",
    "actual_revenue_base",
    "closed_on",
    "lost_reason",
    "lost_to",
    "version",
    "created_at",
    "updated_at",
]


class CloseSerializer(serializers.ModelSerializer):
    class Meta:
        model = OpportunityClose
        fields = ["status", "reason", "competitor", "revenue", "closed_on", "description", "by", "at"]
        read_only_fields = fields


class OpportunitySerializer(CustomMixin, serializers.ModelSerializer):
    """Stage and status move by their commands. Amounts are in `currency`, those ending in `_base` in the company's."""

    account = Seen(Account, required=False, allow_null=True)
    contact = Seen(Contact, required=False, allow_null=True)
    campaign = Seen(Campaign, required=False, allow_null=True)
    currency = serializers.PrimaryKeyRelatedField(queryset=Currency.objects.all(), required=False)
    process = serializers.PrimaryKeyRelatedField(
        queryset=Process.objects.filter(is_active=True),
        required=False,
        help_text="The sales process it follows; left out, the default one.",
    )
    lines = ProductLineSerializer(
        many=True, required=False, help_text="The products; a list given on a write replaces them."
    )
    closes = CloseSerializer(many=True, read_only=True, help_text="Every close, the newest first, also those undone.")

    class Meta:
        model = Opportunity
        fields = [
            "id",
            "topic",
            "account",
            "contact",
            "campaign",
            "owner",
            "process",
            "rating",
            "priority",
            "currency",
            "revenue_mode",
            "estimated_revenue",
            "estimated_close",
            "probability",
            "forecast_category",
            "budget_amount",
            "budget_status",
            "need",
            "purchase_timeframe",
            "purchase_process",
            "decision_maker",
            "current_situation",
            "customer_need",
            "pain_points",
            "proposed_solution",
            "description",
            "custom",
            "proposal_developed",
            "proposal_reviewed",
            "proposal_presented",
            "final_proposal_ready",
            "decision_expected_on",
            "thank_you_sent",
            "debrief_filed",
            "lines",
            "closes",
            *KEPT_BY_US,
        ]
        read_only_fields = KEPT_BY_US

    def validate_forecast_category(self, value: str) -> str:
        if value in ("won", "lost"):
            raise serializers.ValidationError("Winning and losing set this by themselves.")
        return value


class StageSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(choices=Stage.choices)


class ProcessSerializer(serializers.Serializer):
    process = serializers.PrimaryKeyRelatedField(queryset=Process.objects.all())


class ClosingSerializer(serializers.Serializer):
    """`close_quotes` closes the quotes that are still open, as far as the user may change them; drafts go to the bin."""

    competitor = Seen(Competitor, required=False, allow_null=True)
    closed_on = serializers.DateField(required=False, allow_null=True)
    description = serializers.CharField(required=False, allow_blank=True)
    close_quotes = serializers.BooleanField(default=False)


class WinSerializer(ClosingSerializer):
    revenue = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=0)


class LoseSerializer(ClosingSerializer):
    reason = serializers.ChoiceField(choices=LostReason.choices)
    revenue = serializers.DecimalField(
        max_digits=18, decimal_places=2, min_value=0, required=False, allow_null=True,
        help_text="What still came of it; it counts in no sum.",
    )  # fmt: skip


class OpportunityViewSet(KindViewSet):
    queryset = Opportunity.objects.prefetch_related("lines", "closes").order_by("-pk")
    serializer_class = OpportunitySerializer
    answer_serializer_class = OpportunitySerializer
    filterset_class = OF_ITS_KIND

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        fields = dict(form.validated_data)
        lines = line_inputs(fields.pop("lines", None))
        with transaction.atomic():
            opened = open_opportunity(**fields, by=user)
            return change_opportunity_lines(opened, lines=lines, by=user) if lines else opened

    def perform_update(self, form: Any) -> Any:
        fields = dict(form.validated_data)
        owner, lines = fields.pop("owner", None), line_inputs(fields.pop("lines", None))
        user: Any = self.request.user
        changed = form.instance
        if (process := fields.pop("process", None)) and process != changed.process:
            changed = choose_process(changed, process=process, by=user)
        if owner and owner != changed.owner:
            must_be_able_to(user, "assign", changed)
        if fields or lines is None:
            changed = change_opportunity(changed, by=user, **fields)
        if lines is not None:
            changed = change_opportunity_lines(changed, lines=lines, by=user)
        return assign_opportunity(changed, owner=owner, by=user) if owner else changed

    def acted(self, action: Callable[..., Any], request: Request, *, status: int = 200, **more: Any) -> Response:
        """A stage that lacks something answers 400 with the path of each field."""
        try:
            return super().acted(action, request, status=status, **more)
        except StepsMissing as problem:
            sentence = problem.message
            raise serializers.ValidationError({step.path: [sentence] for step in problem.steps}) from problem

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def advance(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(advance_opportunity, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def back(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(move_back, request)

    @action(detail=True, methods=["post"], url_path="set-stage", serializer_class=StageSerializer)
    def set_stage(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(set_stage, request)

    @action(detail=True, methods=["post"], url_path="finish-process", serializer_class=serializers.Serializer)
    def finish_process(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(finish_process, request)

    @action(detail=True, methods=["post"], url_path="abandon-process", serializer_class=serializers.Serializer)
    def abandon_process(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(abandon_process, request)

    @action(detail=True, methods=["post"], url_path="resume-process", serializer_class=serializers.Serializer)
    def resume_process(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(resume_process, request)

    @action(detail=True, methods=["post"], url_path="choose-process", serializer_class=ProcessSerializer)
    def choose_process(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(choose_process, request)

    @action(detail=True, methods=["post"], serializer_class=WinSerializer)
    def win(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(win_opportunity, request)

    @action(detail=True, methods=["post"], serializer_class=LoseSerializer)
    def lose(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(lose_opportunity, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def reopen(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(reopen_opportunity, request)
