"""/api/v1/leads/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to, must_be_able_to_at_all
from crm.actions.contacts import find_contact
from crm.api.alike import AsksFirst
from crm.api.custom import CustomMixin
from crm.api.filtering import OF_ITS_KIND
from crm.api.merging import MergeMixin
from crm.api.records import KindViewSet
from crm.models import Account, Campaign, Contact, Currency
from sales.actions.leads import (
    capture_lead,
    disqualify_lead,
    open_lead,
    qualify_lead,
    reactivate_lead,
)
from sales.actions.unassigned import assign_by_rules, claim_lead
from sales.api.fields import Seen
from sales.models import DisqualifyReason, Lead
from sales.queries.assignment_words import why_nobody_has

PERSON = ("email", "first_name", "last_name", "phone", "country", "job_title")
BY_RULES = "rules"


class LeadSerializer(CustomMixin, serializers.ModelSerializer):
    """To create one, name the `contact`, or the person: at least an email or a name; known people are found by email.

    It is yours unless you name an `owner` or say `assign: "rules"`: the answer's `owner` and `assignment_rule` tell who got
    it, or `unassigned_why` why nobody did.
    """

    contact = Seen(Contact, required=False)
    campaign = Seen(Campaign, required=False, allow_null=True)
    email = serializers.EmailField(write_only=True, required=False)
    first_name = serializers.CharField(write_only=True, required=False, max_length=100)
    last_name = serializers.CharField(write_only=True, required=False, max_length=100)
    phone = serializers.CharField(write_only=True, required=False, max_length=40)
    country = serializers.CharField(write_only=True, required=False, max_length=2)
    job_title = serializers.CharField(write_only=True, required=False, max_length=100)
    assign = serializers.ChoiceField([BY_RULES], write_only=True, required=False, help_text="Only when it is made.")
    unassigned_why = serializers.SerializerMethodField(help_text="Sentences: why nobody has it.")
    opportunities: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Lead
        fields = [
            "id",
            "topic",
            "contact",
            *PERSON,
            "account",
            "company_name",
            "campaign",
            "source",
            "source_kind",
            "progress",
            "rating",
            "priority",
            "preferred_contact",
            "follow_up_on",
            "qualify_by",
            "status",
            "disqualify_reason",
            "owner",
            "assign",
            "budget_amount",
            "currency",
            "budget_status",
            "need",
            "timeframe",
            "purchase_process",
            "decision_maker",
            "is_fit",
            "is_interested",
            "qualification_notes",
            "estimated_revenue",
            "estimated_close",
            "industry",
            "website",
            "employees",
            "annual_revenue",
            "description",
            "custom",
            "details",
            "opportunities",
            "assigned_at",
            "assignment_rule",
            "unassigned_because",
            "unassigned_why",
            "closed_at",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [
            "account", "status", "disqualify_reason", "details", "assigned_at", "assignment_rule", "unassigned_because",
            "closed_at", "version",
        ]  # fmt: skip

    def get_unassigned_why(self, lead: Lead) -> list[str]:
        return why_nobody_has(lead) if lead.owner_id is None else []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("assign") and values.get("owner"):
            raise serializers.ValidationError(
                {"assign": _("Name an owner, or leave the choice to the rules; not both.")}
            )
        return dict(super().validate(values))


class QualifySerializer(serializers.Serializer):
    account = Seen(Account, required=False, allow_null=True)
    create_account = serializers.BooleanField(default=True)
    despite_match = serializers.BooleanField(default=False, help_text="Make an account even where one has this name.")
    confirm_contact = serializers.BooleanField(default=True)
    create_opportunity = serializers.BooleanField(default=True)
    topic = serializers.CharField(required=False, allow_blank=True, max_length=300)
    estimated_revenue = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=0, required=False)
    currency = serializers.PrimaryKeyRelatedField(queryset=Currency.objects.all(), required=False)
    estimated_close = serializers.DateField(required=False)


class DisqualifySerializer(serializers.Serializer):
    reason = serializers.ChoiceField(choices=DisqualifyReason.choices)


class LeadViewSet(AsksFirst, MergeMixin, KindViewSet):
    duplicate_kind = "crm.contact"
    queryset = Lead.objects.order_by("-pk").prefetch_related("opportunities")
    serializer_class = LeadSerializer
    filterset_class = OF_ITS_KIND
    answer_serializer_class = LeadSerializer

    def values_to_compare(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """A named contact, or a known address, is who it is; anybody else may be somebody we know."""
        if values.get("contact") or find_contact(values.get("email", "")):
            return None
        return super().values_to_compare(values)

    def perform_create(self, form: Any) -> Any:
        """New interest of a person with an open lead goes on to that one, which is then the answer."""
        fields = dict(form.validated_data)
        contact = fields.pop("contact", None)
        person = {name: fields.pop(name) for name in PERSON if name in fields}
        fields["by_rules"] = fields.pop("assign", "") == BY_RULES
        user: Any = self.request.user
        if contact:
            lead, _is_new = open_lead(contact, by=user, **fields)
        else:
            lead, _is_new = capture_lead(company=fields.pop("company_name", ""), by=user, **person, **fields)
        return lead

    def perform_update(self, form: Any) -> Any:
        for name in (*PERSON, "contact", "assign"):
            form.validated_data.pop(name, None)
        return super().perform_update(form)

    @action(detail=True, methods=["post"], serializer_class=QualifySerializer)
    def qualify(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(qualify_lead, request)

    @extend_schema(request=None, responses=LeadSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def claim(self, request: Request, pk: str | None = None) -> Response:
        """Take a lead that nobody has; 409 where somebody was quicker."""
        user: Any = request.user
        must_be_able_to_at_all(user, "change", Lead)
        return self.answer(claim_lead(self.get_object(), by=user))

    @extend_schema(request=None, responses=LeadSerializer)
    @action(detail=True, methods=["post"], url_path="assign-by-rules", serializer_class=serializers.Serializer)
    def assign_by_rules(self, request: Request, pk: str | None = None) -> Response:
        """The rules look for an owner once more; where they find none, `unassigned_because` says why."""
        user: Any = request.user
        lead = self.get_object()
        must_be_able_to(user, "assign", lead)
        assign_by_rules([lead], by=user)
        return self.answer(Lead.objects.get(pk=lead.pk))

    @action(detail=True, methods=["post"], serializer_class=DisqualifySerializer)
    def disqualify(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(disqualify_lead, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def reactivate(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(reactivate_lead, request)
