"""The filters of catalogue and documents: the same ones for pages, admin and API."""

from __future__ import annotations

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.search.finding import narrow
from sales.filters import active_users
from sales.models import (
    Invoice,
    InvoiceStatus,
    Order,
    OrderStatus,
    PriceList,
    Product,
    ProductStatus,
    Quote,
    QuoteStatus,
    TaxRate,
)


class Searching(filters.FilterSet):
    """A search box over the words that the search knows a record by."""

    q = filters.CharFilter(method="search", label=_("Search"))

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return narrow(queryset, value)


class DocumentFilter(Searching):
    owner = filters.ModelChoiceFilter(queryset=active_users, label=_("Owner"))
    account = filters.NumberFilter(field_name="account", label=_("Account number"))
    contact = filters.NumberFilter(field_name="contact", label=_("Contact number"))
    opportunity = filters.NumberFilter(field_name="opportunity", label=_("Opportunity number"))


class QuoteFilter(DocumentFilter):
    status = filters.ChoiceFilter(choices=QuoteStatus, label=_("Status"))

    class Meta:
        model = Quote
        fields: list[str] = []


class OrderFilter(DocumentFilter):
    status = filters.ChoiceFilter(choices=OrderStatus, label=_("Status"))
    quote = filters.NumberFilter(field_name="quote", label=_("Quote number"))

    class Meta:
        model = Order
        fields: list[str] = []


class InvoiceFilter(DocumentFilter):
    status = filters.ChoiceFilter(choices=InvoiceStatus, label=_("Status"))
    order = filters.NumberFilter(field_name="order", label=_("Order number"))
    overdue = filters.BooleanFilter(method="only_overdue", label=_("Overdue"))

    class Meta:
        model = Invoice
        fields: list[str] = []

    def only_overdue(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        late = Q(status__in=[InvoiceStatus.ACTIVE, InvoiceStatus.PARTLY_PAID], due_on__lt=timezone.localdate())
        return queryset.filter(late) if value else queryset.exclude(late)


class ProductFilter(Searching):
    status = filters.ChoiceFilter(choices=ProductStatus, label=_("Status"))

    class Meta:
        model = Product
        fields: list[str] = []


class PriceListFilter(Searching):
    currency = filters.CharFilter(field_name="currency", lookup_expr="iexact", label=_("Currency"))

    class Meta:
        model = PriceList
        fields: list[str] = []


class TaxRateFilter(Searching):
    searched: tuple[str, ...] = ("name", "country")
    country = filters.CharFilter(lookup_expr="iexact", label=_("Country"))

    class Meta:
        model = TaxRate
        fields: list[str] = []
