"""/api/v1/stakeholders/ and /api/v1/deal-members/: who has a say in a deal, and who of us works on it."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to
from crm.api.views import ReadViewSet
from crm.models import Contact, User
from sales.actions.deal_people import put_on_team, remove_stakeholder, set_stakeholder, take_off_team
from sales.api.fields import Seen
from sales.models import DealMember, Opportunity, Stakeholder


class StakeholderSerializer(serializers.ModelSerializer):
    """Posted again for the same person and deal, role and note are changed."""

    opportunity = Seen(Opportunity)
    contact = Seen(Contact)

    class Meta:
        model = Stakeholder
        fields = ["id", "opportunity", "contact", "role", "note", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []


class MemberSerializer(serializers.ModelSerializer):
    """Posted again for the same person and deal, the role is changed."""

    opportunity = Seen(Opportunity)
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))

    class Meta:
        model = DealMember
        fields = ["id", "opportunity", "user", "role", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []


class StakeholderFilter(filters.FilterSet):
    opportunity = filters.NumberFilter()
    contact = filters.NumberFilter()

    class Meta:
        model = Stakeholder
        fields = ["opportunity", "contact", "role"]


class MemberFilter(filters.FilterSet):
    opportunity = filters.NumberFilter()
    user = filters.NumberFilter()

    class Meta:
        model = DealMember
        fields = ["opportunity", "user", "role"]


class OfDeal(mixins.DestroyModelMixin, ReadViewSet):
    """Within reach is what stands on a deal that the user sees; it is changed by who may change the deal."""

    resource = "sales.opportunity"
    who = ""
    put: Any
    take: Any

    def get_queryset(self) -> Any:
        deals = Opportunity.objects.visible_to(self.request.user).order_by()
        return super().get_queryset().filter(opportunity__in=deals)

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = dict(form.validated_data)
        deal = facts.pop("opportunity")
        must_be_able_to(request.user, "change", deal)
        return self.answer(type(self).put(deal, facts.pop(self.who), **facts, by=request.user), 201)

    def perform_destroy(self, instance: Any) -> None:
        must_be_able_to(self.request.user, "change", instance.opportunity)
        type(self).take(instance, by=self.request.user)


class StakeholderViewSet(OfDeal):
    queryset = Stakeholder.objects.select_related("contact", "opportunity").order_by("-pk")
    serializer_class = StakeholderSerializer
    filterset_class = StakeholderFilter
    who, put, take = "contact", staticmethod(set_stakeholder), staticmethod(remove_stakeholder)

    def get_queryset(self) -> Any:
        people = Contact.objects.visible_to(self.request.user).order_by()
        return super().get_queryset().filter(contact__in=people)


class MemberViewSet(OfDeal):
    queryset = DealMember.objects.select_related("user", "opportunity").order_by("-pk")
    serializer_class = MemberSerializer
    filterset_class = MemberFilter
    who, put, take = "user", staticmethod(put_on_team), staticmethod(take_off_team)
