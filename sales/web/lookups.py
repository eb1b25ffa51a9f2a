"""Naming a record in a form by typing: an account by its name, a person by email. Suggestions come while one types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Value
from django.db.models.functions import Lower, Trim
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from crm.models import Account, Contact
from crm.search.finding import find


class LookupField(forms.CharField):
    """A record named by a text. `user` is set by the form; only what that user may see can be named."""

    user: Any = None
    model: Any
    url: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.widget.attrs |= {
            "list": f"{self.model._meta.model_name}-names",
            "autocomplete": "off",
            "hx-get": self.url,
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{self.model._meta.model_name}-names",
        }

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.find(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = self.model.objects.filter(pk=value).first()
        return self.name_of(value) if isinstance(value, self.model) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))

    def find(self, text: str) -> Any:
        raise NotImplementedError

    def name_of(self, record: Any) -> str:
        raise NotImplementedError


class AccountField(LookupField):
    model = Account
    url = reverse_lazy("sales:account-names")

    def name_of(self, record: Account) -> str:
        return record.name

    def find(self, text: str) -> Account:
        accounts = Account.objects.visible_to(self.user).filter(name_normal=Lower(Trim(Value(text))))
        if found := accounts.order_by("-is_active", "pk").first():
            return found
        raise forms.ValidationError(
            _("There is no account “%(name)s”. Choose one of the suggestions.") % {"name": text}
        )


class ContactField(LookupField):
    model = Contact
    url = reverse_lazy("sales:contact-names")

    def name_of(self, record: Contact) -> str:
        return f"{record} <{record.email}>" if record.email else f"{record} #{record.pk}"

    def find(self, text: str) -> Contact:
        contacts = Contact.objects.visible_to(self.user)
        name, _mark, number = text.rpartition("#")
        if name and number.isdigit():
            contacts = contacts.filter(pk=number)
        else:
            address = text.rpartition("<")[2].strip(" >").lower()
            contacts = contacts.filter(email_normal=address) if "@" in address else contacts.none()
        if found := contacts.order_by("-is_active", "-pk").first():
            return found
        raise forms.ValidationError(
            _("Nobody with “%(name)s”. Choose a suggestion, or type the email.") % {"name": text}
        )


def for_user(form: forms.BaseForm, user: Any) -> None:
    """Tell the lookups of a form who is asking."""
    for field in form.fields.values():
        if isinstance(field, LookupField):
            field.user = user


@login_required
def account_names(request: HttpRequest) -> HttpResponse:
    found = find(request.user, _typed(request), {"crm.account": ()}, 10).get("crm.account", [])
    names = [AccountField().name_of(account) for account in found]
    return render(request, "sales/_names.html", {"names": names})


@login_required
def contact_names(request: HttpRequest) -> HttpResponse:
    found = find(request.user, _typed(request), {"crm.contact": ()}, 10).get("crm.contact", [])
    names = [ContactField().name_of(contact) for contact in found]
    return render(request, "sales/_names.html", {"names": names})


def _typed(request: HttpRequest) -> str:
    """htmx sends the field under its own name, in some forms with a prefix."""
    name = next((name for name in request.GET if name.endswith(("account", "contact"))), "")
    return request.GET.get(name, "")
