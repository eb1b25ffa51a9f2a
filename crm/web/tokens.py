"""The keys of REST clients: made here with their scope, shown once, revoked here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add
from crm.api.tokens import create_token
from crm.hooks.resources import resources
from crm.models import ApiToken
from crm.web.pages import done
from crm.web.requests import SignedIn

LIFETIMES = [(30, gettext_lazy("30 days")), (365, gettext_lazy("One year")), (0, gettext_lazy("Until revoked"))]
MAY = [("read", gettext_lazy("Only read")), ("write", gettext_lazy("Read and write"))]


class TokenForm(forms.Form):
    """What a token is for, what it may, on which resources, for how long."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Which client will use it, e.g. “Website”.")
    )
    may = forms.ChoiceField(label=gettext_lazy("May"), choices=MAY, initial="read")
    days = forms.TypedChoiceField(label=gettext_lazy("Valid for"), choices=LIFETIMES, coerce=int, initial=365)
    resources = forms.MultipleChoiceField(
        label=gettext_lazy("Only these"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen: everything that you reach yourself."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [(r.name, r.label) for r in resources.values() if user.may(r.name, "view")]
        self.fields["resources"].choices = sorted(mine, key=lambda one: str(one[1]))  # type: ignore[attr-defined]


@login_required
@never_cache
def tokens(request: SignedIn) -> HttpResponse:
    """The person's own tokens. The text of a new one is in this answer only."""
    form = TokenForm(request.POST or None, user=request.user)
    made = ""
    if form.is_valid():
        must_be_able_to_add(request.user, ApiToken)
        made = _made(form.cleaned_data, request.user)
        form = TokenForm(user=request.user)
    mine = ApiToken.objects.filter(user=request.user, revoked_at=None)
    context = {
        "form": form,
        "made": made,
        "tokens": [(token, labels_of(token)) for token in mine],
        "now": timezone.now(),
    }
    return render(request, "crm/tokens/list.html", context, status=422 if form.errors else 200)


def _made(facts: dict[str, Any], user: Any) -> str:
    expires_at = timezone.now() + timedelta(days=facts["days"]) if facts["days"] else None
    _token, text = create_token(
        user, facts["name"], expires_at, may_write=facts["may"] == "write", resources=facts["resources"]
    )
    return text


def labels_of(token: ApiToken) -> str:
    """“Contacts, Leads”; empty means everything."""
    return ", ".join(str(resources.get(name).label) for name in token.resources if name in resources)


@login_required
@require_POST
def revoke(request: SignedIn, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=request.user, revoked_at=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    return done(request, _("The token “%s” works no more.") % token.name, "/settings/tokens/")
