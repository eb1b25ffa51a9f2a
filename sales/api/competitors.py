"""/api/v1/competitors/ and /api/v1/deal-competitors/: who else sells, and in which deals they stand."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to
from crm.actions.records import create_record
from crm.api.filtering import OF_ITS_KIND
from crm.api.records import KindViewSet
from crm.api.views import ReadViewSet
from crm.hooks import records
from sales.actions.competitors import put_into_deal, take_out_of_deal
from sales.api.fields import Seen
from sales.models import Competitor, Opportunity, Rivalry


class CompetitorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Competitor
        fields = [
            "id", "name", "website", "products", "strengths", "weaknesses", "owner", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version", "created_at", "updated_at"]
        validators: list[Any] = []


class CompetitorViewSet(KindViewSet):
    queryset = Competitor.objects.order_by("name", "pk")
    serializer_class = CompetitorSerializer
    answer_serializer_class = CompetitorSerializer
    filterset_class = OF_ITS_KIND

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_record(records.get("sales.competitor"), dict(form.validated_data), by=user)


class RivalrySerializer(serializers.ModelSerializer):
    """One competitor in one deal; posted again, the note is changed."""

    opportunity = Seen(Opportunity)
    competitor = Seen(Competitor)

    class Meta:
        model = Rivalry
        fields = ["id", "opportunity", "competitor", "note", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []


class RivalryFilter(filters.FilterSet):
    class Meta:
        model = Rivalry
        fields = ["opportunity", "competitor"]


class RivalryViewSet(mixins.DestroyModelMixin, ReadViewSet):
    """Within reach is what stands in a deal that the user sees."""

    queryset = Rivalry.objects.order_by("-pk")
    resource = "sales.opportunity"
    serializer_class = RivalrySerializer
    filterset_class = RivalryFilter

    def get_queryset(self) -> Any:
        deals = Opportunity.objects.visible_to(self.request.user).order_by()
        return super().get_queryset().filter(opportunity__in=deals)

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = dict(form.validated_data)
        deal, user = facts["opportunity"], request.user
        must_be_able_to(user, "change", deal)
        standing = put_into_deal(facts["competitor"], deal, note=facts.get("note"), by=user)  # type: ignore[arg-type]
        return self.answer(standing, 201)

    def perform_destroy(self, instance: Rivalry) -> None:
        take_out_of_deal(instance, by=self.request.user)  # type: ignore[arg-type]
