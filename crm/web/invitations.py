"""The page behind the link of an invitation: name and password, and you are in."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache

from crm.actions.invitations import accept_invitation
from crm.errors import NotAllowed
from crm.models import Company, Invitation, User
from crm.web.pages import done, render_form
from crm.web.profile import zone_choices


class AcceptForm(forms.Form):
    name = forms.CharField(label=lazy("Your name"), max_length=120)
    password = forms.CharField(
        label=lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("At least 10 characters."),
    )
    password_again = forms.CharField(
        label=lazy("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    time_zone = forms.ChoiceField(label=lazy("Time zone"), choices=zone_choices)

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password and password != cleaned.get("password_again"):
            self.add_error("password_again", _("The two passwords differ."))
        elif password:
            try:
                password_validation.validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except ValidationError as problem:
                self.add_error("password", problem)
        return cleaned


@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Public. A link that is used, replaced, revoked or too old says so, and what to do."""
    invitation = Invitation.objects.with_token(token)
    if invitation is None:
        return render(request, "crm/people/invitation_gone.html", status=410)
    company = Company.objects.first()
    zone = company.time_zone if company else "UTC"
    form = AcceptForm(
        request.POST or None, email=invitation.email, initial={"name": invitation.name, "time_zone": zone}
    )
    if form.is_valid():
        facts = form.cleaned_data
        try:
            user = accept_invitation(
                invitation, name=facts["name"], password=facts["password"], time_zone=facts["time_zone"]
            )
        except NotAllowed:
            return render(request, "crm/people/invitation_gone.html", status=410)
        login(request, user, backend="crm.access.backend.GrantsBackend")
        record_authentication(request, user, method="password")
        return done(request, _("Welcome, %s.") % user.get_short_name(), "/")
    return render_form(
        request,
        form,
        title=_("Welcome to Tandem"),
        submit=_("Come in"),
        template="crm/people/invitation.html",
        invitation=invitation,
        company=company,
    )
