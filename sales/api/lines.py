"""Lines as a client reads and writes them; errors carry their path, like lines/0/quantity."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sales.actions.lines import LineInput
from sales.api.fields import Seen
from sales.models import Product, TaxRate


class Amount(serializers.DecimalField):
    """An amount or a number, with no more zeros than it needs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 18, "decimal_places": 4, "normalize_output": True, **kwargs})


class ProductLineSerializer(serializers.Serializer):
    """What is left out comes from the product and the price list. With an `id` an existing line is changed."""

    id = serializers.IntegerField(required=False)
    product = Seen(Product, required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True)
    unit = serializers.CharField(required=False, allow_blank=True, max_length=30)
    quantity = Amount(max_digits=14, required=False)
    unit_price = Amount(required=False, help_text="Of one unit, without tax; else the price list's.")
    discount_percent = Amount(max_digits=5, decimal_places=2, required=False)
    discount_amount = Amount(required=False)
    tax_rate = Seen(TaxRate, required=False, allow_null=True, help_text="Left out: the product's. Null: no tax.")
    tax_percent = Amount(max_digits=5, decimal_places=2, read_only=True)
    net = Amount(read_only=True)
    tax = Amount(read_only=True)


class MadeLineSerializer(ProductLineSerializer):
    """A line of a document, with the line it was made from."""

    made_from = serializers.IntegerField(source="made_from_id", read_only=True, allow_null=True)


def line_inputs(validated: list[dict[str, Any]] | None) -> list[LineInput] | None:
    return None if validated is None else [LineInput(**line) for line in validated]
