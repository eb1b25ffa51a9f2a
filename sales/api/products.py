"""/api/v1/products/, price-lists/ and tax-rates/: the catalogue."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.errors import Invalid
from sales.actions.products import activate_product, retire_product, set_price
from sales.api.fields import Seen
from sales.api.lines import Amount
from sales.document_filters import PriceListFilter, ProductFilter, TaxRateFilter
from sales.models import PriceList, PriceListItem, Product, TaxRate


class PriceSerializer(serializers.ModelSerializer):
    price = Amount(read_only=True)
    currency = serializers.CharField(source="price_list.currency_id", read_only=True)

    class Meta:
        model = PriceListItem
        fields = ["price_list", "currency", "price"]
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer):
    """`status` moves by activate and retire; prices are set on the price list."""

    tax_rate = Seen(TaxRate, required=False, allow_null=True)
    prices = PriceSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "name",
            "number",
            "description",
            "unit",
            "tax_rate",
            "status",
            "prices",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["status", "version", "created_at", "updated_at"]


class ProductViewSet(RecordViewSet):
    queryset = Product.objects.prefetch_related("prices__price_list").order_by("-pk")
    serializer_class = ProductSerializer
    answer_serializer_class = ProductSerializer
    filterset_class = ProductFilter

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def activate(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(activate_product, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def retire(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(retire_product, request)


class ItemSerializer(serializers.ModelSerializer):
    product = Seen(Product)
    price = Amount()

    class Meta:
        model = PriceListItem
        fields = ["product", "price"]


class PriceListSerializer(serializers.ModelSerializer):
    """`items` given on a write replace the prices of the products they name; others stay."""

    items = ItemSerializer(many=True, required=False)

    class Meta:
        model = PriceList
        fields = ["id", "name", "currency", "is_default", "is_active", "items", "version", "created_at", "updated_at"]
        read_only_fields = ["version", "created_at", "updated_at"]

    def create(self, validated_data: dict[str, Any]) -> PriceList:
        return self._saved(super().create, validated_data)

    def update(self, instance: PriceList, validated_data: dict[str, Any]) -> PriceList:
        return self._saved(lambda data: super(PriceListSerializer, self).update(instance, data), validated_data)

    @transaction.atomic
    def _saved(self, save: Any, validated_data: dict[str, Any]) -> PriceList:
        items = validated_data.pop("items", [])
        price_list: PriceList = save(validated_data)
        user = self.context["request"].user
        for index, item in enumerate(items):
            try:
                set_price(item["product"], price_list=price_list, price=item["price"], by=user)
            except Invalid as problem:
                raise Invalid(problem.message, field=f"items/{index}/{problem.field}") from None
        return price_list


class PriceListViewSet(RecordViewSet):
    queryset = PriceList.objects.prefetch_related("items").order_by("-pk")
    serializer_class = PriceListSerializer
    filterset_class = PriceListFilter

    def perform_destroy(self, record: PriceList) -> None:
        record.is_default = False
        record.save(update_fields=["is_default"])
        super().perform_destroy(record)


class TaxRateSerializer(serializers.ModelSerializer):
    class Meta:
        model = TaxRate
        fields = ["id", "name", "percent", "country", "version", "created_at", "updated_at"]
        read_only_fields = ["version", "created_at", "updated_at"]


class TaxRateViewSet(RecordViewSet):
    queryset = TaxRate.objects.order_by("-pk")
    serializer_class = TaxRateSerializer
    filterset_class = TaxRateFilter
