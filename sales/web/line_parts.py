"""The grid while somebody types: a new row, a row filled from the catalogue, the totals by the server's own pricing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from crm.models import Currency
from crm.search.finding import narrow
from crm.templatetags.ui import money
from crm.web.found import FEW
from crm.web.requests import SignedIn
from sales.models import PriceList, Product
from sales.queries.prices import prices_of
from sales.web.line_grid import Catalogue, DiscountField, LineGrid, filled_row, new_row


@login_required
@require_GET
def row(request: HttpRequest) -> HttpResponse:
    """A blank row; with `key`, that row again with what its product brings along."""
    key = request.GET.get("key", "")
    typed = [request.GET.get(f"{key}-product", "")]
    catalogue = Catalogue.of(_price_list(request.GET.get("price_list", "")), typed=typed)
    form = filled_row(catalogue, key, request.GET) if key.isalnum() else new_row(catalogue)
    answer = render(request, "sales/documents/_grid_row.html", {"row": form, "is_new": not key})
    answer["HX-Trigger-After-Settle"] = "lines-changed"
    return answer


@login_required
@require_GET
def products(request: SignedIn) -> JsonResponse:
    """The first few products that may be put on a line and whose names match, each with its price in this list."""
    price_list = _price_list(request.GET.get("price_list", ""))
    active = Product.objects.sellable().visible_to(request.user)
    found = list(narrow(active, request.GET.get("q", "")).order_by("name", "pk")[:FEW])
    prices = prices_of([product.pk for product in found], price_list)
    return JsonResponse({"found": [_offered(product, prices, price_list) for product in found]})


def _offered(product: Product, prices: dict[int, Decimal], price_list: PriceList | None) -> dict[str, Any]:
    sentence = product.number
    if price_list and product.pk in prices:
        sentence = f"{sentence} · {money(prices[product.pk], price_list.currency_id)}"
    return {"id": product.pk, "title": str(product), "sentence": sentence}


@login_required
@require_POST
def totals(request: HttpRequest) -> HttpResponse:
    """What the lines in the form come to, and what is wrong with them; nothing is saved."""
    currency = Currency.objects.filter(pk=request.POST.get("currency", "")).first()
    if not currency:
        raise Http404
    grid = LineGrid(currency, None, data=request.POST)
    foot = FootForm(request.POST)
    amounts = foot.amounts() if foot.is_valid() else {}
    context = {"grid": grid, "totals": grid.totals(**amounts), "foot": foot, "currency": currency, "is_live": True}
    return render(request, "sales/documents/_grid_totals.html", context)


class FootForm(forms.Form):
    """Discount and freight of the whole document; a deal has neither."""

    discount = DiscountField()
    freight = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)

    def amounts(self) -> dict[str, Decimal]:
        percent, amount = self.cleaned_data["discount"]
        freight = self.cleaned_data["freight"] or Decimal(0)
        return {"discount_percent": percent, "discount_amount": amount, "freight": freight}


def _price_list(pk: str) -> PriceList | None:
    return PriceList.objects.alive().filter(pk=pk).first() if pk.isdigit() else None
