"""/api/v1/account-roles/: what people are at companies beside their own."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.account_roles import add_account_role, change_account_role, remove_account_role
from crm.api.fields import SeenField
from crm.api.views import ReadViewSet
from crm.models import Account, AccountRole, Contact


class AccountRoleSerializer(serializers.ModelSerializer):
    """`contact` and `account` are given once, when it is made."""

    contact = SeenField(Contact)
    account = SeenField(Account)

    class Meta:
        model = AccountRole
        fields = ["id", "contact", "account", "role", "starts_on", "ends_on", "created_at"]
        validators: list[Any] = []  # the action says it in a sentence


class AccountRoleFilter(filters.FilterSet):
    contact = filters.NumberFilter()
    account = filters.NumberFilter()

    class Meta:
        model = AccountRole
        fields = ["contact", "account"]


class AccountRoleViewSet(mixins.DestroyModelMixin, ReadViewSet):
    """Seen by those who see both the person and the company; changed by those who may change one of them."""

    queryset = AccountRole.objects.select_related("contact", "account").order_by("-pk")
    resource = "crm.contact"
    serializer_class = AccountRoleSerializer
    filterset_class = AccountRoleFilter

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = dict(form.validated_data)
        user: Any = request.user
        return self.answer(add_account_role(facts.pop("contact"), facts.pop("account"), **facts, by=user), 201)

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        held = self.get_object()
        form = self.get_serializer(held, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        facts = {name: value for name, value in form.validated_data.items() if name not in ("contact", "account")}
        user: Any = request.user
        return self.answer(change_account_role(held, **facts, by=user))

    def perform_destroy(self, held: AccountRole) -> None:
        user: Any = self.request.user
        remove_account_role(held, by=user)
