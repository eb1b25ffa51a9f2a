"""The forms of quotes, orders and invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Account, Contact, Currency, User
from crm.web.forms import RecordField, country_choices
from sales.models import Invoice, PaymentMethod, PriceList, Quote
from sales.web.line_grid import DiscountField, plain
from sales.web.opportunity_forms import ClosingForm

Day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NewQuoteForm(forms.Form):
    """A quote that no deal stands behind: for whom, in which currency."""

    currency = forms.ModelChoiceField(Currency.objects.none(), label=_("Currency"))

    def __init__(self, user: User, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        accounts, people = Account.objects.visible_to(user), Contact.objects.visible_to(user)
        self.fields["account"] = RecordField(accounts, label=_("Account"), required=False)
        self.fields["contact"] = RecordField(people, label=_("Contact"), required=False)
        self.order_fields(["account", "contact", "currency"])
        currencies = Currency.objects.filter(pk__in=PriceList.objects.alive().values("currency"))
        self.fields["currency"].queryset = currencies or Currency.objects.all()  # type: ignore[attr-defined]


class QuoteForm(forms.ModelForm):
    """The head and foot of a draft; its lines are a grid beside it."""

    discount = DiscountField(label=_("Discount on everything"), help_text=_("Like 5 % or 100."))
    billing_country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Quote
        fields = [
            "contact", "price_list", "valid_until", "owner",
            "billing_name", "billing_vat_id", "billing_street", "billing_postal_code", "billing_city", "billing_country",
            "freight", "notes",
        ]  # fmt: skip
        widgets = {"valid_until": Day, "notes": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quote = self.instance
        self.fields["version"].initial = quote.version
        self.fields["discount"].initial = DiscountField.written(quote.discount_percent, quote.discount_amount)
        self.fields["freight"].widget = forms.TextInput({"inputmode": "decimal"})
        self.initial["freight"] = plain(quote.freight) if quote.freight else ""
        self.fields["freight"].required = False
        people = Contact.objects.visible_to(user)
        of_the_account = people.filter(account=quote.account_id) if quote.account_id else people.none()
        # Who stands on it stays, also for somebody who works on the deal and does not see the person
        offered = Contact.objects.filter(Q(pk__in=of_the_account.values("pk")) | Q(pk=quote.contact_id))
        self.fields["contact"].queryset = offered  # type: ignore[attr-defined]
        lists = PriceList.objects.alive().filter(currency=quote.currency_id, is_active=True)
        self.fields["price_list"].queryset = lists  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]
        if not Quote.objects.reachable_by(user, "assign").filter(pk=quote.pk).exists():
            del self.fields["owner"]  # who works on the deal of somebody else does not give its quotes away

    def clean_freight(self) -> Decimal:
        return self.cleaned_data.get("freight") or Decimal(0)

    @property
    def changes(self) -> dict[str, Any]:
        """What change_quote takes."""
        data = {name: value for name, value in self.cleaned_data.items() if name not in ("discount", "version")}
        percent, amount = self.cleaned_data["discount"]
        return {**data, "discount_percent": percent, "discount_amount": amount, "version": self.cleaned_data["version"]}


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[("lost", _("Lost: the customer said no")), ("cancelled", _("Cancelled: no longer wanted"))],
    )


class OrderForm(ClosingForm):
    """The customer said yes. What the deal lacks is asked for, and needed only where it is closed, too."""

    won_on = forms.DateField(label=_("Ordered on"), widget=Day)
    close_opportunity = forms.BooleanField(label=_("Close the opportunity as won"), required=False)
    revenue = forms.DecimalField(
        label=_("Actual revenue"), required=False, min_value=0, max_digits=18, decimal_places=2
    )
    description = forms.CharField(label=_("What decided it"), required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, quote: Quote, user: User, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.sentence = ""
        if not (quote.opportunity and quote.opportunity.is_open):
            for name in ("close_opportunity", "revenue", "description"):
                del self.fields[name]
            return
        self.fields["revenue"].help_text = _(
            "In %(currency)s, without tax. Left empty, the quote's net total: %(net)s."
        ) % {
            "currency": quote.currency_id,
            "net": plain(quote.net_total),
        }
        self.ask_for_steps(quote.opportunity, user, must=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("close_opportunity"):
            return {**data, "steps": {}}
        for name, path in getattr(self, "asked", {}).items():
            if not data["steps"].get(path) and name not in self.errors:
                self.add_error(name, _("Close needs this before the deal can be won."))
        return data


class InvoiceForm(forms.Form):
    invoiced_on = forms.DateField(label=_("Date of the invoice"), widget=Day)
    due_on = forms.DateField(label=_("Due on"), widget=Day)


class PaymentForm(forms.Form):
    amount = forms.DecimalField(label=_("Amount"), max_digits=18, decimal_places=4)
    paid_on = forms.DateField(label=_("Received on"), widget=Day)
    method = forms.ChoiceField(label=_("How"), choices=PaymentMethod)
    reference = forms.CharField(
        label=_("Reference"), required=False, max_length=100, help_text=_("What the bank statement says.")
    )

    def __init__(self, invoice: Invoice, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": invoice.currency_id}
        self.fields["amount"].widget = forms.TextInput({"inputmode": "decimal", "data-select": ""})


class LetterForm(forms.Form):
    to = forms.EmailField(label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=200)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea({"rows": 9}))
