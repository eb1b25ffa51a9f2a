"""The first start in the browser; closed as soon as a user exists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache

from crm.actions.setup import set_up
from crm.errors import NotAllowed
from crm.models import Company, User
from crm.web.pages import done, render_form
from crm.web.profile import zone_choices

MONTHS = [
    (1, lazy("January")), (2, lazy("February")), (3, lazy("March")), (4, lazy("April")), (5, lazy("May")),
    (6, lazy("June")), (7, lazy("July")), (8, lazy("August")), (9, lazy("September")), (10, lazy("October")),
    (11, lazy("November")), (12, lazy("December")),
]  # fmt: skip


class CompanyForm(forms.ModelForm):
    """The company's settings, at the first start and later in the admin."""

    time_zone = forms.ChoiceField(label=lazy("Time zone"), choices=zone_choices, initial="UTC")
    fiscal_year_starts = forms.TypedChoiceField(
        label=lazy("Fiscal year starts in"), choices=MONTHS, coerce=int, initial=1
    )

    class Meta:
        model = Company
        fields = ["name", "street", "postal_code", "city", "country", "vat_id", "base_currency", "time_zone", "fiscal_year_starts"]  # fmt: skip
        labels = {"name": lazy("Company name"), "street": lazy("Street and number"), "vat_id": lazy("VAT id")}
        help_texts = {"street": lazy("The postal address stands at the foot of every commercial mail.")}

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()


class SetupForm(CompanyForm):
    """The company's settings and the first administrator on one page."""

    your_name = forms.CharField(label=lazy("Your name"), max_length=120)
    email = forms.EmailField(label=lazy("Your email"), help_text=lazy("You sign in with it."))
    password = forms.CharField(
        label=lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
        help_text=lazy("At least 10 characters."),
    )
    password_again = forms.CharField(
        label=lazy("Password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    groups = [
        (lazy("You, the first administrator"), ["your_name", "email", "password", "password_again"]),
        (lazy("Your company"), CompanyForm.Meta.fields),
    ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password and password != cleaned.get("password_again"):
            self.add_error("password_again", _("The two passwords differ."))
        elif password:
            somebody = User(email=cleaned.get("email", ""), name=cleaned.get("your_name", ""))
            try:
                password_validation.validate_password(password, somebody)
            except ValidationError as problem:
                self.add_error("password", problem)
        return cleaned


@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    if User.objects.exists():
        return redirect("crm:home")
    form = SetupForm(request.POST or None)
    if form.is_valid():
        facts = form.cleaned_data
        company = {name: facts[name] for name in CompanyForm.Meta.fields}
        try:
            user = set_up(name=facts["your_name"], email=facts["email"], password=facts["password"], company=company)
        except NotAllowed:
            return redirect("crm:home")
        login(request, user, backend="crm.access.backend.GrantsBackend")
        return done(request, _("Tandem is yours. Invite your people under Users & teams."), "/")
    return render_form(request, form, title=_("Welcome to Tandem"), submit=_("Start"), template="crm/setup/setup.html")
