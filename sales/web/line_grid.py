"""The grid of lines on a form: any number of rows, in the order they stand in, each with its errors at its place."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from crm.errors import Invalid
from crm.models import Currency
from crm.web.forms import RecordInput
from sales.actions.lines import LineInput
from sales.models import PriceList, Product, TaxRate
from sales.pricing import DocumentTotals, Line, LineTotals, price_document, price_line
from sales.queries.prices import prices_of

ZERO = Decimal(0)


class DiscountField(forms.CharField):
    """“10 %” or “50”: per cent or an amount, as people write it. Cleans to (percent, amount)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=24, **options)

    def clean(self, value: Any) -> tuple[Decimal, Decimal]:
        text = super().clean(value).replace(" ", "")
        try:
            number = Decimal(text.removesuffix("%") or "0")
        except InvalidOperation:
            raise forms.ValidationError(_("Write a discount like 10 % or 50.")) from None
        if not number.is_finite() or number < 0:
            raise forms.ValidationError(_("A discount cannot be less than zero."))
        return (number, ZERO) if text.endswith("%") else (ZERO, number)

    @staticmethod
    def written(percent: Decimal, amount: Decimal) -> str:
        return f"{plain(percent)} %" if percent else plain(amount) if amount else ""


def plain(number: Decimal | None) -> str:
    """12.5000 → “12.5”, as one types it."""
    return "" if number is None else f"{number.normalize():f}"


@dataclass(frozen=True)
class Catalogue:
    """What rows choose from, read once for all of them."""

    products: dict[str, Product]
    rates: dict[str, TaxRate]
    prices: dict[int, Decimal]
    price_list_id: int | None

    @classmethod
    def of(cls, price_list: PriceList | None, *, typed: Iterable[str] = (), kept: Iterable[int] = ()) -> Catalogue:
        """The products that the rows name (`kept`: those on saved lines), the tax rates, the prices.

        Never the whole catalogue: a product is found by typing a part of its name. Whether it may be put on a line is
        for the action to say.
        """
        asked = [pk for pk in typed if pk.isascii() and pk.isdigit() and len(pk) < 19]
        rows = Product.objects.filter(pk__in=list(kept)) | Product.objects.alive().filter(pk__in=asked)
        products = {str(product.pk): product for product in rows.select_related("tax_rate").distinct()}
        rates = {str(rate.pk): rate for rate in TaxRate.objects.alive()}
        return cls(
            products,
            rates,
            prices_of([p.pk for p in products.values()], price_list),
            price_list.pk if price_list else None,
        )

    @property
    def rate_choices(self) -> list[tuple[str, Any]]:
        return [("", _("No tax")), *((pk, rate.name) for pk, rate in self.rates.items())]


class ProductInput(RecordInput):
    """The search box of one row; the rows' products are known already."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(Product.objects.all())
        self.catalogue = catalogue

    def chosen(self, value: Any) -> Product | None:
        return self.catalogue.products.get(str(value))

    @property
    def found_url(self) -> str:
        price_list = self.catalogue.price_list_id
        return reverse("sales:line-products") + (f"?price_list={price_list}" if price_list else "")


class LineForm(forms.Form):
    """One row. `key` names it on the page; the order of rows is the order of the keys in the request."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    product = forms.CharField(label=_("Product"), required=False)
    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    description = forms.CharField(label=_("Description"), required=False, max_length=2000)
    quantity = forms.DecimalField(label=_("Quantity"), initial=1)
    unit = forms.CharField(label=_("Unit"), required=False, max_length=30)
    unit_price = forms.DecimalField(label=_("Price"))
    discount = DiscountField(label=_("Discount"))
    tax_rate = forms.ChoiceField(label=_("Tax"), required=False)

    def __init__(self, catalogue: Catalogue, key: str, data: Any = None, **options: Any) -> None:
        super().__init__(data, prefix=key, **options)
        self.catalogue, self.key = catalogue, key
        self.fields["product"].widget = ProductInput(catalogue)
        self.fields["tax_rate"].choices = catalogue.rate_choices  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if name != "id":
                css = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
                field.widget.attrs.update({"class": css, "aria-label": field.label})
        for name in ("quantity", "unit_price"):
            self.fields[name].widget = forms.TextInput({**self.fields[name].widget.attrs, "inputmode": "decimal"})
        for name in ("quantity", "unit_price", "discount"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.totals: LineTotals | None = None

    def clean_product(self) -> Product | None:
        typed = self.cleaned_data["product"]
        if typed and typed not in self.catalogue.products:
            raise forms.ValidationError(_("Choose a product from the list, or empty the box."))
        return self.catalogue.products.get(typed)

    def clean_tax_rate(self) -> TaxRate | None:
        return self.catalogue.rates.get(self.cleaned_data["tax_rate"])

    @property
    def asked(self) -> Line:
        """What pricing needs; only of a valid row."""
        percent, amount = self.cleaned_data["discount"]
        rate = self.cleaned_data["tax_rate"]
        price, quantity = self.cleaned_data["unit_price"], self.cleaned_data["quantity"]
        return Line(quantity, price, percent, amount, rate.percent if rate else ZERO)

    def as_input(self) -> LineInput:
        data = self.cleaned_data
        percent, amount = data["discount"]
        return LineInput(
            id=data["id"],
            product=data["product"],
            name=data["name"],
            description=data["description"],
            unit=data["unit"],
            quantity=data["quantity"],
            unit_price=data["unit_price"],
            discount_percent=percent,
            discount_amount=amount,
            tax_rate=data["tax_rate"],
        )

    def put_error(self, field: str, message: str) -> None:
        names = {"discount_percent": "discount", "discount_amount": "discount", "tax_percent": "tax_rate"}
        name = names.get(field, field)
        self.add_error(name if name in self.fields and name != "id" else None, message)


class LineGrid:
    """All rows of a form. `data` is the request's POST, or None for what is saved in `lines`."""

    def __init__(
        self, currency: Currency, price_list: PriceList | None, *, lines: Sequence[Any] = (), data: Any = None
    ) -> None:
        self.currency, self.price_list, self.problem = currency, price_list, ""
        keys = [] if data is None else [key for key in data.getlist("line") if key.isalnum()]
        self.catalogue = Catalogue.of(
            price_list,
            typed=[data.get(f"{key}-product", "") for key in keys],
            kept=[line.product_id for line in lines if line.product_id],
        )
        if data is None:
            self.rows = [LineForm(self.catalogue, f"l{line.pk}", initial=as_typed(line)) for line in lines]
            for row, line in zip(self.rows, lines, strict=True):
                row.totals = LineTotals(line.net, ZERO, line.net, line.tax)
        else:
            self.rows = [LineForm(self.catalogue, key, data) for key in keys]

    @cached_property
    def is_valid(self) -> bool:
        """Every row is asked, so that each shows its own errors."""
        wrong = [row for row in self.rows if not row.is_valid()]
        return not wrong

    def inputs(self) -> list[LineInput]:
        return [row.as_input() for row in self.rows]

    def takes(self, problem: Invalid) -> bool:
        """Show the problem at its row, if it is about one."""
        parts = problem.field.split("/")
        if len(parts) == 3 and parts[0] == "lines" and parts[1].isdigit() and int(parts[1]) < len(self.rows):
            self.rows[int(parts[1])].put_error(parts[2], problem.message)
            return True
        if problem.field == "lines":
            self.problem = problem.message
            return True
        return False

    def totals(self, **foot: Decimal) -> DocumentTotals | None:
        """The foot for what is typed; None, with errors at the rows, where it cannot be computed."""
        sound = [row for row in self.rows if row.is_valid() and self._price(row)]
        if len(sound) < len(self.rows):
            return None
        try:
            totals = price_document([row.asked for row in sound], self.currency.decimals, **foot)
        except Invalid as problem:
            self.problem = problem.message
            return None
        for row, line in zip(sound, totals.lines, strict=True):
            row.totals = line
        return totals

    def _price(self, row: LineForm) -> bool:
        try:
            row.totals = price_line(row.asked, self.currency.decimals)
        except Invalid as problem:
            row.put_error(problem.field, problem.message)
            return False
        return True


@dataclass(frozen=True)
class Foot:
    """The totals of a saved document under the names of DocumentTotals."""

    detail: Decimal
    discount: Decimal
    freight: Decimal
    tax: Decimal
    total: Decimal

    @classmethod
    def of(cls, document: Any) -> Foot:
        return cls(document.detail_total, document.discount_total, document.freight, document.tax_total, document.total)


def totals_of(lines: Iterable[Any], currency: Currency) -> DocumentTotals:
    """What saved lines come to, without discount or freight of the whole."""
    return price_document([line.asked for line in lines], currency.decimals)


def new_row(catalogue: Catalogue) -> LineForm:
    row = LineForm(catalogue, f"n{secrets.token_hex(4)}", initial={"quantity": "1"})
    row.fields["product"].widget.attrs["autofocus"] = True
    return row


def filled_row(catalogue: Catalogue, key: str, data: Mapping[str, Any]) -> LineForm:
    """The row after another product was chosen: the product says name, unit, tax and price; the quantity stays."""
    typed = {name: data.get(f"{key}-{name}", "") for name in LineForm.base_fields}
    product = catalogue.products.get(typed["product"])
    if product:
        typed.update(name=product.name, description=product.description, unit=product.unit)
        typed["tax_rate"] = product.tax_rate_id or ""
        typed["unit_price"] = plain(catalogue.prices.get(product.pk))
    return LineForm(catalogue, key, initial=typed)


def as_typed(line: Any) -> dict[str, Any]:
    """A saved line as one would type it."""
    return {
        "id": line.pk,
        "product": line.product_id or "",
        "name": line.name,
        "description": line.description,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "unit_price": plain(line.unit_price),
        "discount": DiscountField.written(line.discount_percent, line.discount_amount),
        "tax_rate": line.tax_rate_id or "",
    }
