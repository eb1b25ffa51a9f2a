"""/api/v1/sender-domains/ and mailbox-rates/: what the deliverability page shows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.depths import may
from crm.actions.deliverability import check_domain
from crm.api.views import ReadViewSet
from crm.models import MailboxRate, SenderDomain
from crm.queries.deliverability import domains_of_senders, is_vouched_for, rate_seen

RESOURCE = "crm.sender"


class PublishSerializer(serializers.Serializer):
    """The record to publish."""

    kind = serializers.CharField()
    name = serializers.CharField()
    value = serializers.CharField()


class FindingSerializer(serializers.Serializer):
    """`check` is spf, dkim, dmarc, mx or reverse; `state` is good, weak, bad or open (nobody can say)."""

    check = serializers.CharField()
    state = serializers.CharField()
    says = serializers.ListField(child=serializers.CharField())
    wrong = serializers.ListField(child=serializers.CharField())
    publish = PublishSerializer(allow_null=True)


class SenderDomainSerializer(serializers.ModelSerializer):
    """`is_authenticated` is null while it is not known; `problem` says why nothing could be found out."""

    findings = FindingSerializer(many=True)
    is_authenticated = serializers.SerializerMethodField()

    class Meta:
        model = SenderDomain
        fields = [
            "id", "domain", "selectors", "sending_hosts", "is_authenticated", "asked_at", "checked_at", "problem", "findings",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_authenticated(self, domain: SenderDomain) -> bool | None:
        return is_vouched_for(domain)


class MailboxRateSerializer(serializers.ModelSerializer):
    """Of the thirty days before `counted_at`; the shares are per cent. `bounced` are all, `soft_bounced` of them say nothing
    about the address; `bounce_percent` is the share of the others, which relays judge by. `state` is open where too little was sent to say."""

    bounce_percent = serializers.SerializerMethodField()
    soft_bounce_percent = serializers.SerializerMethodField()
    complaint_percent = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = MailboxRate
        fields = [
            "id", "provider", "sent", "bounced", "soft_bounced", "complained", "bounce_percent", "soft_bounce_percent",
            "complaint_percent", "state", "counted_at",
        ]  # fmt: skip

    def get_bounce_percent(self, row: MailboxRate) -> str:
        return str(rate_seen(row).bounces)

    def get_soft_bounce_percent(self, row: MailboxRate) -> str:
        return str(rate_seen(row).soft)

    def get_complaint_percent(self, row: MailboxRate) -> str:
        return str(rate_seen(row).complaints)

    def get_state(self, row: MailboxRate) -> str:
        return rate_seen(row).state


class SenderDomainViewSet(ReadViewSet):
    """Domains that senders write from."""

    resource = RESOURCE
    queryset = SenderDomain.objects.order_by("domain")
    serializer_class = SenderDomainSerializer

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if not may(self.request.user, RESOURCE, "view"):
            return rows.none()
        return rows.filter(domain__in=domains_of_senders())

    @extend_schema(request=None, responses={200: SenderDomainSerializer})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str | None = None) -> Response:
        """Look it up again, by a job; `checked_at` tells when it was done."""
        user: Any = request.user
        return self.answer(check_domain(self.get_object(), by=user))


class MailboxRateViewSet(ReadViewSet):
    resource = RESOURCE
    queryset = MailboxRate.objects.order_by("provider")
    serializer_class = MailboxRateSerializer

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if may(self.request.user, RESOURCE, "view") else rows.none()
