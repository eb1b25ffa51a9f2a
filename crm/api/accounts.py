"""/api/v1/accounts/"""

from rest_framework import serializers

from crm.api.alike import AsksFirst
from crm.api.custom import CustomMixin
from crm.api.fields import SeenField
from crm.api.filtering import OF_ITS_KIND
from crm.api.merging import MergeMixin
from crm.api.records import ActivationMixin, KindViewSet
from crm.models import Account, Contact


class AccountSerializer(CustomMixin, serializers.ModelSerializer):
    parent = SeenField(Account, required=False, allow_null=True)  # type: ignore[assignment]
    primary_contact = SeenField(Contact, required=False, allow_null=True)

    class Meta:
        model = Account
        fields = [
            "id", "name", "number", "parent", "primary_contact", "industry", "website", "email", "phone", "street",
            "postal_code", "city", "region", "country", "vat_id", "employees", "annual_revenue", "currency",
            "description", "custom", "is_active", "owner", "team", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version"]


class AccountViewSet(AsksFirst, MergeMixin, ActivationMixin, KindViewSet):
    """Companies and organisations we sell to."""

    duplicate_kind = "crm.account"
    filterset_class = OF_ITS_KIND
    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    answer_serializer_class = AccountSerializer
