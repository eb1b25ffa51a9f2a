"""The competitors of a deal: a tab of its page, and the dialogs that put one in, note how it stands, take it out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.web.forms import RecordField
from crm.web.frame import frame_of
from crm.web.pages import done
from crm.web.record_commands import ask
from crm.web.requests import SignedIn
from sales.actions.competitors import put_into_deal, take_out_of_deal
from sales.models import Competitor, Opportunity, Rivalry
from sales.web.opportunities import held_by_mine, mine


class RivalryForm(forms.Form):
    """A competitor, and how it stands in the deal."""

    competitor = RecordField(label=gettext_lazy("Competitor"), queryset=Competitor.objects.none())
    note = forms.CharField(
        label=gettext_lazy("How do they stand here?"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, standing: Rivalry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if standing:
            del self.fields["competitor"]
            self.fields["note"].initial = standing.note
        else:
            self.fields["competitor"] = RecordField(label=_("Competitor"), queryset=Competitor.objects.visible_to(user))
            self.order_fields(["competitor", "note"])


def competitors_tab(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    rows = opportunity.rivalries.filter(competitor__deleted_at=None).select_related("competitor")
    context = {
        "opportunity": opportunity,
        "rivalries": rows,
        "may_change": frame_of(request, opportunity).may_change,
        "may_add_new": request.user.may("sales.competitor", "add"),  # type: ignore[union-attr]
    }
    return render_to_string("sales/competitors/_of_deal.html", context, request)


@login_required
def add(request: SignedIn, pk: int) -> HttpResponse:
    deal = mine(request, pk)
    form = RivalryForm(request.POST or None, user=request.user)
    if form.is_valid():
        put_into_deal(form.cleaned_data["competitor"], deal, note=form.cleaned_data["note"], by=request.user)
        return done(request, _("Saved."), home(deal))
    return ask(request, deal, form, _("A competitor in “%s”") % deal, _("Add"))


@login_required
def change(request: SignedIn, pk: int) -> HttpResponse:
    standing = held_by_mine(Rivalry, request, pk)
    form = RivalryForm(request.POST or None, user=request.user, standing=standing)
    if form.is_valid():
        deal = standing.opportunity
        put_into_deal(standing.competitor, deal, note=form.cleaned_data["note"], by=request.user)
        return done(request, _("Saved."), home(deal))
    return ask(request, standing.opportunity, form, str(standing.competitor), _("Save"))


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    standing = held_by_mine(Rivalry, request, pk)
    take_out_of_deal(standing, by=request.user)
    return done(request, _("%s is taken off.") % standing.competitor, home(standing.opportunity))


def home(deal: Opportunity) -> str:
    return f"{deal.get_absolute_url()}?tab=competitors"
