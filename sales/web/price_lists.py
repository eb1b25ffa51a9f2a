"""The pages of price lists and tax rates; managers change them, everybody reads them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.see import must_be_able_to_add, see_or_404
from crm.web.editing import RecordForm, create_record, edit_record
from crm.web.frame import render_record
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.pages import done, render_form
from crm.web.requests import SignedIn
from sales.document_filters import PriceListFilter, TaxRateFilter
from sales.models import PriceList, TaxRate
from sales.web.documents import seen


class PriceListForm(RecordForm):
    class Meta:
        model = PriceList
        fields = ["name", "currency", "is_default", "is_active"]


class TaxRateForm(RecordForm):
    class Meta:
        model = TaxRate
        fields = ["name", "percent", "country"]


@login_required
def price_lists(request: SignedIn) -> HttpResponse:
    may_add = request.user.may("sales.pricelist", "add")
    new = reverse("sales:price-list-new") if may_add else ""
    page = ListPage(
        title=_("Price lists"),
        queryset=PriceList.objects.visible_to(request.user),
        columns=(
            Column(gettext_lazy("Price list"), "name", sort="name", is_title=True),
            Column(gettext_lazy("Currency"), "currency_id", sort="currency"),
            Column(gettext_lazy("Usual one"), lambda row: _("yes") if row.is_default else ""),
            Column(gettext_lazy("In use"), lambda row: _("yes") if row.is_active else _("no")),
        ),
        row_url=lambda price_list: price_list.get_absolute_url(),
        filterset_class=PriceListFilter,
        new_url=new,
        new_label=_("New price list"),
        empty=Empty(
            _("No price lists yet"),
            _("A price list says what each product costs in one currency."),
            _("New price list") if may_add else "",
            new,
            "coin",
        ),
    )
    return render_list(request, page)


@login_required
def price_list(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(PriceList.objects.select_related("currency", "created_by"), pk, request.user)
    context: dict[str, Any] = {
        "price_list": found,
        "items": found.items.select_related("product").filter(product__deleted_at=None),
        "may_change": PriceList.objects.editable_by(request.user).filter(pk=pk).exists(),
    }
    return render_record(request, found, "sales/price_lists/detail.html", **context)


@login_required
def new_price_list(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, PriceList)
    form = PriceListForm(request.POST or None)
    if form.is_valid():
        made = create_record(form, request)
        return done(
            request, _("{} is made. Give the products their prices in it.").format(made), made.get_absolute_url()
        )
    return render_form(
        request, form, title=_("New price list"), submit=_("Create the list"), back=reverse("sales:price-lists")
    )


@login_required
def edit_price_list(request: SignedIn, pk: int) -> HttpResponse:
    found = seen(PriceList, request, pk)
    return edit_record(request, PriceListForm, found, title=_("Edit {}").format(found), back=found.get_absolute_url())


@login_required
def tax_rates(request: SignedIn) -> HttpResponse:
    may_add, may_change = (request.user.may("sales.taxrate", verb) for verb in ("add", "change"))
    new = reverse("sales:tax-rate-new") if may_add else ""
    page = ListPage(
        title=_("Tax rates"),
        queryset=TaxRate.objects.visible_to(request.user),
        columns=(
            Column(gettext_lazy("Tax rate"), "name", sort="name", is_title=True),
            Column(gettext_lazy("Per cent"), "percent", sort="percent", kind="number"),
            Column(gettext_lazy("Country"), "country", sort="country"),
        ),
        row_url=(lambda rate: reverse("sales:tax-rate-edit", args=[rate.pk])) if may_change else None,
        filterset_class=TaxRateFilter,
        new_url=new,
        new_label=_("New tax rate"),
        empty=Empty(
            _("No tax rates yet"),
            _("A tax rate is put on products and lines, like VAT 19 %."),
            _("New tax rate") if may_add else "",
            new,
            "receipt",
        ),
    )
    return render_list(request, page)


@login_required
def new_tax_rate(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, TaxRate)
    form = TaxRateForm(request.POST or None)
    if form.is_valid():
        made = create_record(form, request)
        return done(request, _("{} can be put on products and lines now.").format(made), reverse("sales:tax-rates"))
    return render_form(
        request, form, title=_("New tax rate"), submit=_("Create the rate"), back=reverse("sales:tax-rates")
    )


@login_required
def edit_tax_rate(request: SignedIn, pk: int) -> HttpResponse:
    found = seen(TaxRate, request, pk)
    return edit_record(request, TaxRateForm, found, title=_("Edit {}").format(found), back=reverse("sales:tax-rates"))
