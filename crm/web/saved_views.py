"""Keeping the views of a list: save what the page shows, rename, share, update, delete, open with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.actions.views import change_view, delete_view, may_share, open_with, save_view
from crm.errors import CrmError, Forbidden
from crm.hooks import records
from crm.models import SavedView
from crm.queries.lists import ListQuery
from crm.web.addresses import GROUPED, query_with, rows_page
from crm.web.list_filters import kind_or_404
from crm.web.pages import answer, done, is_htmx, render_form
from crm.web.requests import SignedIn


class ViewForm(forms.Form):
    name = forms.CharField(label=lazy("Name"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True}))
    shared = forms.ChoiceField(label=lazy("Who sees it"), choices=SavedView.Shared.choices, widget=forms.RadioSelect)
    others_may_change = forms.BooleanField(label=lazy("They may change it, too"), required=False)
    is_default = forms.BooleanField(label=lazy("Open this list with it, for me"), required=False)

    def __init__(self, *args: Any, user: Any, kept: str = "", **kwargs: Any) -> None:
        """Only what the user may choose is offered, and how it is shared already."""
        super().__init__(*args, **kwargs)
        offered = [pair for pair in SavedView.Shared.choices if may_share(user, pair[0]) or pair[0] == kept]
        self.fields["shared"].choices = offered  # type: ignore[attr-defined]
        if len(offered) == 1:
            del self.fields["others_may_change"]


@login_required
def view_new(request: SignedIn, kind: str) -> HttpResponse:
    """Save what the list of this query string shows under a name."""
    of = kind_or_404(request, kind)
    asked = ListQuery(of, request.user, request.GET)
    form = ViewForm(request.POST or None, user=request.user, initial={"shared": "private"})
    if form.is_valid():
        is_default = form.cleaned_data.pop("is_default")
        try:
            made = save_view(kind, query=asked.as_view, by=request.user, **form.cleaned_data)
        except Forbidden:
            raise
        except CrmError as problem:
            form.add_error(problem.field or None, problem.message)
        else:
            if is_default:
                open_with(kind, made.key, by=request.user)
            return done(request, _("The view “%s” is kept.") % made, _address_of(request, made))
    back = rows_page(of, request.GET, query_with(request.GET, without=[GROUPED])[1:])
    return _form_page(request, form, title=_("Save as a view"), back=back)


@login_required
def view_edit(request: SignedIn, pk: int) -> HttpResponse:
    """Its name, who sees it, who may change it."""
    view = seen_or_404(request, pk)
    if not view.may_be_changed_by(request.user):
        raise Forbidden(_("“%(view)s” belongs to %(owner)s.") % {"view": view, "owner": view.owner})
    initial = {"name": view.name, "shared": view.shared, "others_may_change": view.others_may_change}
    form = ViewForm(request.POST or None, user=request.user, kept=view.shared, initial=initial)
    del form.fields["is_default"]
    if form.is_valid():
        try:
            change_view(view, by=request.user, **form.cleaned_data)
        except Forbidden:
            raise
        except CrmError as problem:
            form.add_error(problem.field or None, problem.message)
        else:
            return done(request, _("The view “%s” is kept.") % form.cleaned_data["name"], _address_of(request, view))
    return _form_page(request, form, title=_("Rename or share “%s”") % view, back=_address_of(request, view))


@login_required
@require_POST
def view_update(request: SignedIn, pk: int) -> HttpResponse:
    """From now on the view shows what the list of this query string shows."""
    view = seen_or_404(request, pk)
    asked = ListQuery(records.get(view.kind), request.user, request.GET)
    try:
        change_view(view, query=asked.as_view, by=request.user)
    except CrmError as problem:
        return answer(request, problem, _address_of(request, view))
    return done(request, _("“%s” shows this from now on.") % view, _address_of(request, view))


@login_required
@require_POST
def view_delete(request: SignedIn, pk: int) -> HttpResponse:
    view = seen_or_404(request, pk)
    try:
        delete_view(view, by=request.user)
    except CrmError as problem:
        return answer(request, problem, _address_of(request, view))
    said = _("The view “%s” is gone; its records are not.") % view.name
    return done(request, said, rows_page(records.get(view.kind), request.GET))


@login_required
@require_POST
def view_default(request: SignedIn, kind: str) -> HttpResponse:
    """Open the list with this view, or with the usual one again."""
    of = kind_or_404(request, kind)
    key = request.POST.get("view", "")
    view = ListQuery(of, request.user, request.GET).shelf.named(key) if key else None
    if key and view is None:
        raise Http404
    open_with(kind, key, by=request.user)
    said = _("This list opens with “%s” now.") % view.label if view else _("This list opens as it came.")
    return done(request, said, rows_page(of, request.GET, f"view={key}" if key else ""))


def seen_or_404(request: SignedIn, pk: int) -> SavedView:
    view = SavedView.objects.visible_to(request.user).select_related("owner").filter(pk=pk).first()
    if view is None:
        raise Http404
    return view


def _address_of(request: SignedIn, view: SavedView) -> str:
    return rows_page(records.get(view.kind), request.GET, f"view={view.key}")


def _form_page(request: SignedIn, form: forms.Form, *, title: str, back: str) -> HttpResponse:
    more: dict[str, Any] = {"template": "ui/_sheet_form.html"} if is_htmx(request) else {}
    return render_form(request, form, title=title, back=back, **more)
