"""/api/v1/quotes/, orders/ and invoices/. Quotes are written as drafts; everything else moves by commands."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to, must_be_able_to_add
from crm.api.sharing import Shareable
from crm.api.views import ReadViewSet, RecordViewSet
from crm.models import Account, Contact, Currency
from sales.actions.invoices import cancel_invoice, create_invoice, pay_invoice
from sales.actions.orders import cancel_order, create_order, fulfil_order
from sales.actions.quotes import activate_quote, change_quote, close_quote, create_quote, delete_quote, revise_quote
from sales.api.fields import Seen
from sales.api.lines import Amount, MadeLineSerializer, line_inputs
from sales.document_filters import InvoiceFilter, OrderFilter, QuoteFilter
from sales.models import Invoice, Opportunity, Order, Payment, PaymentMethod, PriceList, Quote
from sales.web.documents import pdf_answer

CUSTOMER = ["account", "contact", "opportunity", "currency", "owner"]
BILLING = [
    "billing_name",
    "billing_street",
    "billing_postal_code",
    "billing_city",
    "billing_country",
    "billing_vat_id",
    "notes",
]
FOOT = ["discount_percent", "discount_amount", "freight"]
TOTALS = ["detail_total", "discount_total", "tax_total", "total", "base_total"]
BOOKKEEPING = ["version", "created_at", "updated_at"]


class Totals(serializers.ModelSerializer):
    """The foot of a document: total = detail − discount + freight + tax; `base_total` in the company's currency."""

    freight = Amount(required=False)
    discount_amount = Amount(required=False)
    discount_percent = Amount(max_digits=5, decimal_places=2, required=False)
    detail_total = Amount(read_only=True)
    discount_total = Amount(read_only=True)
    tax_total = Amount(read_only=True)
    total = Amount(read_only=True)
    base_total = Amount(read_only=True)


class QuoteSerializer(Totals):
    """From an `opportunity` a quote takes customer, currency and, unless `lines` are given, its lines."""

    account = Seen(Account, required=False, allow_null=True)
    contact = Seen(Contact, required=False, allow_null=True)
    opportunity = Seen(Opportunity, required=False, allow_null=True)
    currency = serializers.PrimaryKeyRelatedField(queryset=Currency.objects.all(), required=False)
    price_list = Seen(PriceList, required=False, allow_null=True)
    billing_name = serializers.CharField(required=False, max_length=200)
    lines = MadeLineSerializer(many=True, required=False)

    class Meta:
        model = Quote
        fields = [
            "id", "number", "revision", "status", "close_reason", *CUSTOMER, "price_list", "valid_until", "activated_on", "closed_on",
            *BILLING, *FOOT, *TOTALS, "lines", *BOOKKEEPING,
        ]  # fmt: skip
        read_only_fields = ["number", "revision", "status", "close_reason", "activated_on", "closed_on", *BOOKKEEPING]


class OrderSerializer(Totals):
    lines = MadeLineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "id", "number", "status", "quote", *CUSTOMER, "ordered_on", "fulfilled_on", "cancelled_on",
            *BILLING, *FOOT, *TOTALS, "lines", *BOOKKEEPING,
        ]  # fmt: skip
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer):
    amount = Amount()

    class Meta:
        model = Payment
        fields = ["id", "amount", "paid_on", "method", "reference", "created_at"]
        read_only_fields = fields


class InvoiceSerializer(Totals):
    lines = MadeLineSerializer(many=True, read_only=True)
    payments = PaymentSerializer(many=True, read_only=True)
    paid_total = Amount(read_only=True)
    open_total = Amount(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id", "number", "status", "order", *CUSTOMER, "invoiced_on", "due_on", "paid_on", "cancelled_on",
            *BILLING, *FOOT, *TOTALS, "paid_total", "open_total", "payments", "lines", *BOOKKEEPING,
        ]  # fmt: skip
        read_only_fields = fields


class CloseSerializer(serializers.Serializer):
    reason = serializers.ChoiceField(choices=["lost", "cancelled"])


class CreateOrderSerializer(serializers.Serializer):
    """`revenue` is in the deal's currency, without tax; left out, the quote's net total."""

    won_on = serializers.DateField(required=False)
    close_opportunity = serializers.BooleanField(default=True)
    revenue = Amount(required=False, min_value=0, decimal_places=2)
    description = serializers.CharField(required=False, allow_blank=True)


class FulfilSerializer(serializers.Serializer):
    fulfilled_on = serializers.DateField(required=False)


class CreateInvoiceSerializer(serializers.Serializer):
    invoiced_on = serializers.DateField(required=False)
    due_on = serializers.DateField(required=False)


class PaySerializer(serializers.Serializer):
    """Without `amount` the rest that is open."""

    amount = Amount(required=False)
    paid_on = serializers.DateField(required=False)
    method = serializers.ChoiceField(choices=PaymentMethod.choices, required=False)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=100)


class PdfRenderer(BaseRenderer):
    """Lets a client ask for application/pdf; an error is still said as a problem."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data if isinstance(data, bytes) else json.dumps(data).encode()


class Printing(Shareable, ReadViewSet):
    """GET or POST …/pdf/ answers the document itself."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, request=None)
    @action(
        detail=True, methods=["get", "post"], renderer_classes=[PdfRenderer], serializer_class=serializers.Serializer
    )
    def pdf(self, request: Request, pk: str | None = None) -> HttpResponse:
        return pdf_answer(self.get_object())


class QuoteViewSet(Printing, RecordViewSet):
    queryset = Quote.objects.select_related("currency", "contact", "owner").prefetch_related("lines").order_by("-pk")
    serializer_class = QuoteSerializer
    answer_serializer_class = QuoteSerializer
    filterset_class = QuoteFilter

    def perform_create(self, form: Any) -> Any:
        fields = dict(form.validated_data)
        user: Any = self.request.user
        opportunity = fields.get("opportunity")
        if opportunity:
            opportunity.must_be_editable_by(user)
        lines = line_inputs(fields.pop("lines", None if opportunity else []))
        return create_quote(lines=lines, by=user, **fields)

    def perform_update(self, form: Any) -> Any:
        fields = dict(form.validated_data)
        user: Any = self.request.user
        if "owner" in fields and fields["owner"] != form.instance.owner:
            must_be_able_to(user, "assign", form.instance)
        return change_quote(form.instance, lines=line_inputs(fields.pop("lines", None)), by=user, **fields)

    def perform_destroy(self, record: Quote) -> None:
        user: Any = self.request.user
        delete_quote(record, by=user)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def activate(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(activate_quote, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def revise(self, request: Request, pk: str | None = None) -> Response:
        """Answers the new revision."""
        return self.acted(revise_quote, request, status=201)

    @action(detail=True, methods=["post"], serializer_class=CloseSerializer)
    def close(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(close_quote, request)

    @extend_schema(responses={201: OrderSerializer})
    @action(detail=True, methods=["post"], url_path="create-order", serializer_class=CreateOrderSerializer)
    def create_order(self, request: Request, pk: str | None = None) -> Response:
        """Answers the order; the quote is won and, unless `close_opportunity` is false, so is its deal."""
        must_be_able_to_add(request.user, Order)
        deal = self.get_object().opportunity
        wish: Any = request.data
        if deal and deal.is_open and wish.get("close_opportunity", True):
            deal.must_be_editable_by(request.user)
        self.answer_serializer_class = OrderSerializer  # type: ignore[assignment]
        return self.acted(create_order, request, status=201)


class OrderViewSet(Printing):
    queryset = (
        Order.objects.select_related("currency", "contact", "owner", "quote").prefetch_related("lines").order_by("-pk")
    )
    serializer_class = OrderSerializer
    answer_serializer_class = OrderSerializer
    filterset_class = OrderFilter

    @action(detail=True, methods=["post"], serializer_class=FulfilSerializer)
    def fulfil(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(fulfil_order, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_order, request)

    @extend_schema(responses={201: InvoiceSerializer})
    @action(detail=True, methods=["post"], url_path="create-invoice", serializer_class=CreateInvoiceSerializer)
    def create_invoice(self, request: Request, pk: str | None = None) -> Response:
        """Answers the invoice."""
        must_be_able_to_add(request.user, Invoice)
        self.answer_serializer_class = InvoiceSerializer  # type: ignore[assignment]
        return self.acted(create_invoice, request, status=201)


class InvoiceViewSet(Printing):
    queryset = (
        Invoice.objects.select_related("currency", "contact", "owner", "order")
        .prefetch_related("lines", "payments")
        .order_by("-pk")
    )
    serializer_class = InvoiceSerializer
    answer_serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter

    @action(detail=True, methods=["post"], serializer_class=PaySerializer)
    def pay(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(pay_invoice, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_invoice, request)
