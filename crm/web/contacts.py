"""Contacts: list, page, create, edit, and the commands that apps offer on them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.records import create_record
from crm.errors import CrmError, Forbidden
from crm.hooks import contact_actions, records
from crm.models import Contact
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.pages import answer, done, render_form
from crm.web.record_form import new_page
from crm.web.record_lists import render_records
from crm.web.requests import SignedIn


@login_required
def contact_list(request: SignedIn) -> HttpResponse:
    """The first view leaves prospects out: people who only filled in a form."""
    new_url = reverse("crm:contact-add") if request.user.may("crm.contact", "add") else ""
    sentence = _(
        "People you know stand here. Those who only filled in a form are prospects: they have a view of their own."
    )
    empty = Empty(_("No contacts yet"), sentence, _("New contact") if new_url else "", new_url, "users")
    return render_records(request, "crm.contact", empty=empty, new_url=new_url, new_label=_("New contact"))


@login_required
def contact(request: SignedIn, pk: int) -> HttpResponse:
    shown = see_or_404(Contact.objects.select_related("owner", "team", "created_by"), pk, request.user)
    return render_record(request, shown, "crm/contacts/detail.html", commands=commands_for(request.user))


@login_required
def contact_add(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, Contact)
    kind = records.kind_of(Contact)
    asked = ("account", "email", "first_name", "last_name")
    initial = {"owner": request.user.pk, **{name: request.GET.get(name) for name in asked}}
    back = reverse("crm:contacts")
    return new_page(request, kind, partial(create_record, kind), title=_("New contact"), back=back, initial=initial)


def commands_for(user: Any) -> list[contact_actions.ContactAction]:
    return [action for action in contact_actions.all_actions() if user.may(*action.permission)]


@login_required
def contact_action(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Run a hooked command on this contact; where it needs to know something, its form comes first."""
    record = see_or_404(Contact, pk, request.user)
    try:
        action = contact_actions.get(name)
    except LookupError:
        raise Http404 from None
    if not request.user.may(*action.permission):
        raise Forbidden(_("Your role does not let you do this: %s.") % action.label)
    form: Any = _form_of(action, request)
    back = record.get_absolute_url()
    if request.method != "POST" or (form is not None and not form.is_valid()):
        sentence = _("For %s.") % record
        return render_form(
            request, form or forms.Form(), title=action.label, submit=action.label, back=back, sentence=sentence
        )
    try:
        said = action.run([record.pk], by=request.user, **(form.cleaned_data if form is not None else {}))
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, said, back)


def _form_of(action: contact_actions.ContactAction, request: HttpRequest) -> Any:
    """The action's form, bound to what was posted. `form(user)` answers a form class or an unbound form."""
    if action.form is None:
        return None
    made = action.form(request.user)
    if request.method != "POST":
        return made() if isinstance(made, type) else made
    if isinstance(made, type):
        return made(request.POST)
    made.data, made.is_bound = request.POST, True
    return made
