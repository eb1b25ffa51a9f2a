"""The people of an account and the roles of a contact elsewhere: boxes on both pages, edited in a dialog."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.actions.account_roles import add_account_role, change_account_role, remove_account_role
from crm.errors import CrmError
from crm.models import Account, AccountRole, Contact
from crm.queries.named import record_named
from crm.web.field_forms import DayInput
from crm.web.forms import RecordField
from crm.web.frame import frame_of
from crm.web.pages import add_to, answer, done
from crm.web.record_commands import ask
from crm.web.related import people_address, people_of
from crm.web.requests import SignedIn

FEW = 6
SHOWN = 20


class RoleForm(forms.Form):
    """What somebody is where. `other` is the end that the page does not name by itself."""

    role = forms.CharField(
        label=gettext_lazy("Role"), max_length=80, help_text=gettext_lazy("E.g. board member, consultant, landlord.")
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput())
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DayInput())

    field_order = ["other", "role", "starts_on", "ends_on"]

    def __init__(self, *args: Any, choose: QuerySet | None = None, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choose is not None:
            self.fields["other"] = RecordField(label=label, queryset=choose)
            self.order_fields(self.field_order)


def people_panel(request: HttpRequest, account: Account) -> SafeString:
    """Who works there, and who else has a role there."""
    user: Any = request.user
    people = list(people_of(user, account)[: FEW + 1])
    return _drawn(
        request, account, people=people[:FEW], has_more=len(people) > FEW, all_address=people_address(account)
    )


def roles_panel(request: HttpRequest, contact: Contact) -> SafeString | str:
    """What a person is at other companies; nothing where there is none and none may be added."""
    return _drawn(request, contact)


def _drawn(request: HttpRequest, record: Account | Contact, **more: Any) -> SafeString:
    user: Any = request.user
    name = str(record._meta.model_name)
    held = AccountRole.objects.visible_to(user).filter(**{name: record}).select_related("contact", "account")[:SHOWN]
    today = timezone.localdate()
    may_edit = frame_of(request, record).may_edit
    rows = [{"held": one, "other": one.account if name == "contact" else one.contact, "is_over": one.is_over(today)} for one in held]  # fmt: skip
    context = {"record": record, "label": record._meta.label_lower, "roles": rows, "may_edit": may_edit, **more}
    return render_to_string("crm/account_roles.html", context, request)


@login_required
def add(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """From the page of a contact or of an account; the other one is chosen."""
    if label not in ("crm.account", "crm.contact"):
        raise Http404
    record = record_named(f"{label}:{pk}", request.user).must_be_editable_by(request.user)
    is_person = isinstance(record, Contact)
    choose = (Account if is_person else Contact).objects.visible_to(request.user)
    form = RoleForm(request.POST or None, choose=choose, label=_("Account") if is_person else _("Person"))
    if form.is_valid():
        facts = dict(form.cleaned_data)
        other = facts.pop("other")
        contact, account = (record, other) if is_person else (other, record)
        try:
            add_account_role(contact, account, **facts, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("Saved."), record.get_absolute_url())
    return ask(request, record, form, _("A role of %s elsewhere") % record if is_person else _("Somebody’s role at %s") % record, _("Add"))  # fmt: skip


@login_required
def change(request: SignedIn, pk: int) -> HttpResponse:
    held = _seen(request, pk)
    back = _page_of(request, held)
    initial = {"role": held.role, "starts_on": held.starts_on, "ends_on": held.ends_on}
    form = RoleForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            change_account_role(held, **form.cleaned_data, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("Saved."), back.get_absolute_url())
    title = _("%(person)s at %(account)s") % {"person": held.contact, "account": held.account}
    return ask(request, back, form, title, _("Save"))


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    held = _seen(request, pk)
    back = _page_of(request, held).get_absolute_url()
    try:
        remove_account_role(held, by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, _("“%s” is taken off.") % held.role, back)


def _seen(request: SignedIn, pk: int) -> AccountRole:
    rows = AccountRole.objects.visible_to(request.user).select_related("contact", "account")
    return get_object_or_404(rows, pk=pk)


def _page_of(request: SignedIn, held: AccountRole) -> Account | Contact:
    """The page one came from: ?on=crm.account; else the person's."""
    return held.account if request.GET.get("on") == "crm.account" else held.contact
