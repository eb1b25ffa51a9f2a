"""The pages of the catalogue: products with their prices; managers change them, everybody reads them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.web.editing import RecordForm, create_record, edit_record
from crm.web.frame import render_record
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.pages import done, render_form
from crm.web.requests import SignedIn
from sales.actions.products import activate_product, retire_product, set_price
from sales.document_filters import ProductFilter
from sales.models import PriceList, PriceListItem, Product, TaxRate
from sales.web.documents import ask_and_act, carry_out, possible, seen, tone_of

COLUMNS = (
    Column(gettext_lazy("Product"), "name", sort="name", is_title=True),
    Column(gettext_lazy("Number"), "number", sort="number"),
    Column(gettext_lazy("Status"), template="sales/documents/_status.html", sort="status"),
    Column(gettext_lazy("Unit"), "unit"),
    Column(gettext_lazy("Tax"), "tax_rate"),
    Column(gettext_lazy("Prices"), template="sales/products/_prices.html", kind="number"),
)


class ProductForm(RecordForm):
    class Meta:
        model = Product
        fields = ["name", "number", "unit", "tax_rate", "description"]
        widgets = {"description": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tax_rate"].queryset = TaxRate.objects.alive()  # type: ignore[attr-defined]


class PriceForm(forms.Form):
    """The price of one product in one list."""

    price_list = forms.ModelChoiceField(PriceList.objects.none(), label=gettext_lazy("Price list"))
    price = forms.DecimalField(
        label=gettext_lazy("Price of one unit"), max_digits=18, decimal_places=4, help_text=gettext_lazy("Without tax.")
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["price_list"].queryset = PriceList.objects.alive().filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["price"].widget = forms.TextInput({"inputmode": "decimal"})


@login_required
def products(request: SignedIn) -> HttpResponse:
    may_add = request.user.may("sales.product", "add")
    new = reverse("sales:product-new") if may_add else ""
    actions = [
        (_("Price lists"), reverse("sales:price-lists"), "coin"),
        (_("Tax rates"), reverse("sales:tax-rates"), "receipt"),
    ]
    page = ListPage(
        title=_("Products"),
        queryset=Product.objects.visible_to(request.user)
        .select_related("tax_rate")
        .prefetch_related("prices__price_list"),
        columns=COLUMNS,
        row_url=lambda product: product.get_absolute_url(),
        filterset_class=ProductFilter,
        new_url=new,
        new_label=_("New product"),
        actions=actions,
        empty=Empty(
            _("No products yet"),
            _("What you sell, with its price in each currency. Quotes are filled from here.")
            if may_add
            else _("A sales manager writes the catalogue. Until then, quotes take write-ins."),
            _("New product") if may_add else "",
            new,
            "package",
        ),
    )
    return render_list(request, page)


@login_required
def product(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Product.objects.select_related("tax_rate", "created_by"), pk, request.user)
    may_change = Product.objects.editable_by(request.user).filter(pk=pk).exists()
    context: dict[str, Any] = {
        "product": found,
        "tone": tone_of(found),
        "can": possible(found) if may_change else set(),
        "may_change": may_change,
        "prices": found.prices.select_related("price_list").order_by("price_list__name"),
    }
    return render_record(request, found, "sales/products/detail.html", **context)


@login_required
def new_product(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, Product)
    form = ProductForm(request.POST or None)
    if form.is_valid():
        made = create_record(form, request)
        return done(
            request, _("{} is a draft. Give it a price, then activate it.").format(made), made.get_absolute_url()
        )
    return render_form(
        request, form, title=_("New product"), submit=_("Create the product"), back=reverse("sales:products")
    )


@login_required
def edit_product(request: SignedIn, pk: int) -> HttpResponse:
    found = seen(Product, request, pk)
    return edit_record(request, ProductForm, found, title=_("Edit {}").format(found), back=found.get_absolute_url())


@login_required
@require_POST
def activate(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(request, seen(Product, request, pk), activate_product, _("{} can be sold now."))


@login_required
@require_POST
def retire(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(
        request, seen(Product, request, pk), retire_product, _("{} is no longer sold. Old documents keep it.")
    )


@login_required
def price(request: SignedIn, pk: int) -> HttpResponse:
    """Set the product's price in a list; a price that is there already is replaced."""
    found = seen(Product, request, pk)
    chosen = request.GET.get("list", "")
    item = PriceListItem.objects.filter(product=found, price_list=int(chosen)).first() if chosen.isdigit() else None
    initial = {"price_list": item.price_list_id, "price": f"{item.price.normalize():f}"} if item else {}
    form = PriceForm(request.POST or None, initial=initial)
    return ask_and_act(
        request,
        found,
        form,
        set_price,
        title=_("Price of {}").format(found),
        submit=_("Set the price"),
        said=_("The price of {} is set."),
    )
