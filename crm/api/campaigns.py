"""/api/v1/campaigns/"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.filters import CampaignFilter
from crm.hooks import campaign_results
from crm.models import Campaign


class CampaignSerializer(serializers.ModelSerializer):
    class Meta:
        model = Campaign
        fields = [
            "id", "name", "status", "starts_on", "ends_on", "budget", "currency", "description", "owner", "team", "version",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version"]


class ResultSerializer(serializers.Serializer):
    """One step of the funnel: unique people, and what it is worth where it is worth money."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field named like an attribute of fields
    count = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    currency = serializers.CharField(allow_null=True)


class CampaignViewSet(RecordViewSet):
    """Campaigns: what everything sent, captured and won points to."""

    queryset = Campaign.objects.all()
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter

    @extend_schema(responses={200: ResultSerializer(many=True)})
    @action(
        detail=True, methods=["get"], serializer_class=ResultSerializer, pagination_class=None, filterset_class=None
    )
    def results(self, request: Request, pk: str | None = None) -> Response:
        """From invited to revenue won, in order."""
        campaign = self.get_object()
        return Response([_as_json(result, campaign) for result in campaign_results.all_results()])


def _as_json(result: campaign_results.Result, campaign: Campaign) -> dict[str, Any]:
    amount, currency = (result.money(campaign) if result.money else None) or (None, None)
    return {
        "name": result.name,
        "label": result.label,
        "count": result.count(campaign),
        "amount": None if amount is None else f"{amount:.2f}",
        "currency": currency,
    }
