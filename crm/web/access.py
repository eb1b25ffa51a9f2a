"""Who has access to a record and why, and sharing it: a page, which a record opens as a dialog."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.why import circles, reasons, why_not
from crm.actions.shares import revoke_share, share_record
from crm.errors import CrmError, Forbidden
from crm.hooks.resources import resources
from crm.models import Share, Team, User
from crm.queries.named import record_named
from crm.web.field_forms import DayInput
from crm.web.pages import done, is_htmx
from crm.web.requests import SignedIn

NOT_SHARED_WITH_IT = {
    "crm.account": lazy("Its contacts, leads and opportunities are not shared with it."),
    "crm.contact": lazy("Their leads and opportunities are not shared with it."),
    "sales.lead": lazy("Whoever sees a lead sees the person it is about, too."),
    "sales.opportunity": lazy("Whoever sees an opportunity sees its contact, quotes and orders, too."),
}
MAY = [("", lazy("see it")), ("change", lazy("see and change it"))]


class ShareForm(forms.Form):
    """With whom (“user:5”, “team:2”), for what, until the end of which day."""

    whom = forms.ChoiceField(label=lazy("Share with"))
    can_change = forms.ChoiceField(label=lazy("Who may"), choices=MAY, required=False)
    until = forms.DateField(label=lazy("Until"), required=False, widget=DayInput(), help_text=lazy("Empty: for good."))

    def __init__(self, *args: Any, may_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(f"user:{u.pk}", str(u)) for u in User.objects.filter(is_active=True)]
        teams = [(f"team:{t.pk}", str(t)) for t in Team.objects.all()]
        self.fields["whom"].choices = [("", "–"), (_("People"), people), (_("Teams"), teams)]  # type: ignore[attr-defined]
        if not may_change:
            self.fields["can_change"].choices = MAY[:1]  # type: ignore[attr-defined]

    def clean_whom(self) -> User | Team:
        kind, _colon, pk = self.cleaned_data["whom"].partition(":")
        return (User if kind == "user" else Team).objects.get(pk=pk)

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) if day else None


@login_required
def access(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """The page; posting shares. Inside the dialog only its content is swapped."""
    record = _record(request, label, pk)
    form = _form(request, record)
    if request.method == "POST":
        if form is None:
            raise Forbidden(why_not(request.user, record, "share"))
        if not form.is_valid() or not _shared(record, form, request):
            return _show(request, record, form, status=422)
        if not is_htmx(request):
            return done(request, _("Shared with %s.") % form.cleaned_data["whom"], request.path)
    return _show(request, record, _form(request, record, is_fresh=True))


@login_required
@require_POST
def revoke(request: SignedIn, label: str, pk: int, share: int) -> HttpResponse:
    record = _record(request, label, pk)
    found = get_object_or_404(Share.objects.of(record).select_related("user", "team"), pk=share)
    revoke_share(found, record, by=request.user)
    if is_htmx(request):
        return _show(request, record, _form(request, record, is_fresh=True))
    return done(request, _("No longer shared with %s.") % (found.user or found.team), _address(record))


def _record(request: SignedIn, label: str, pk: int) -> Any:
    if label not in resources:
        raise Http404
    return record_named(f"{label}:{pk}", request.user)


def _address(record: Any) -> str:
    return reverse("crm:access", args=[record._meta.label_lower, record.pk])


def _form(request: SignedIn, record: Any, *, is_fresh: bool = False) -> ShareForm | None:
    """The form for those who may share this record; they pass on the right to change only if they have it."""
    rows = type(record).objects.filter(pk=record.pk)
    if "share" not in resources.get(record._meta.label_lower).verbs:
        return None
    if not rows.reachable_by(request.user, "share").exists():
        return None
    data = None if is_fresh else request.POST or None
    return ShareForm(data, may_change=rows.editable_by(request.user).exists())


def _show(request: SignedIn, record: Any, form: ShareForm | None, *, status: int = 200) -> HttpResponse:
    why_change = reasons(request.user, record, "change")
    context = {
        "record": record,
        "why_view": reasons(request.user, record, "view"),
        "why_change": why_change,
        "why_not_change": "" if why_change else why_not(request.user, record, "change"),
        "shares": Share.objects.in_force(timezone.now()).of(record).select_related("user", "team", "by"),
        "circles": circles(record),
        "form": form,
        "not_shared": NOT_SHARED_WITH_IT.get(record._meta.label_lower, ""),
        "address": _address(record),
    }
    template = "crm/access/_sheet.html" if is_htmx(request) else "crm/access/page.html"
    return render(request, template, context, status=status)


def _shared(record: Any, form: ShareForm, request: SignedIn) -> bool:
    facts = form.cleaned_data
    try:
        share_record(
            record,
            with_=facts["whom"],
            can_change=facts["can_change"] == "change",
            until=facts["until"],
            by=request.user,
        )
    except Forbidden:
        raise
    except CrmError as problem:
        form.add_error("whom" if problem.field == "user" else problem.field or None, problem.message)
        return False
    return True
