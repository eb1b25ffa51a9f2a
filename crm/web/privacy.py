"""A person's privacy: what is known from where, the export of everything, and forgetting her."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.actions.privacy import forget_person
from crm.errors import CrmError, Forbidden
from crm.log import kinds
from crm.models import Contact, Erasure
from crm.privacy.export import export_person
from crm.privacy.known import erasure_of, first_entry_of, held_about, origins_of
from crm.web.pages import done, render_form
from crm.web.requests import SignedIn

RESOURCE = "crm.privacy"


class ForgetForm(forms.Form):
    mode = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[
            (Erasure.Mode.ANONYMISE, gettext_lazy("Anonymise: rows stay for the numbers, nothing tells who it was")),
            (Erasure.Mode.ERASE, gettext_lazy("Erase: what is hers alone is deleted as well")),
        ],
        widget=forms.RadioSelect,
        initial=Erasure.Mode.ANONYMISE,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy(
            "E.g. “Asked by mail on 3 March, art. 17 GDPR”. It is part of the proof; name nobody in it."
        ),
    )
    sure = forms.BooleanField(label=gettext_lazy("I know that this cannot be undone"))


def known_panel(request: HttpRequest, contact: Any) -> SafeString | str:
    """The small box on the contact's page: where she came from, and the way to the rest."""
    context = {"contact": contact, "made": first_entry_of(contact), "origins": _told(origins_of(contact)[:3])}
    context["may_see"] = request.user.may(RESOURCE, "view")  # type: ignore[union-attr]
    return SafeString(render_to_string("crm/privacy/_known.html", context, request))


@login_required
def person(request: SignedIn, pk: int) -> HttpResponse:
    contact = _person(request, pk, "view")
    context = {
        "record": contact,
        "held": held_about(contact),
        "origins": _told(origins_of(contact)),
        "made": first_entry_of(contact),
        "erasure": erasure_of(contact),
        "may_forget": request.user.may(RESOURCE, "delete"),
    }
    return render(request, "crm/privacy/person.html", context)


@login_required
@require_POST
def export(request: SignedIn, pk: int) -> FileResponse:
    contact = _person(request, pk, "view")
    name = f"person-{contact.pk}-{timezone.localdate():%Y-%m-%d}.zip"
    return FileResponse(export_person(contact), as_attachment=True, filename=name, content_type="application/zip")


@login_required
def forget(request: SignedIn, pk: int) -> HttpResponse:
    contact = _person(request, pk, "delete")
    form = ForgetForm(request.POST or None)
    back = f"/contacts/{pk}/privacy/"
    if form.is_valid():
        facts = form.cleaned_data
        try:
            forget_person(contact, mode=facts["mode"], reason=facts["reason"], by=request.user)
        except CrmError as problem:
            form.add_error(problem.field or None, problem.message)
        else:
            return done(request, _("The person is forgotten. The proof of it is kept."), back)
    title = _("Forget %s") % contact
    return render_form(
        request, form, title=title, submit=_("Forget for good"), back=back, template="crm/privacy/forget.html",
        held=held_about(contact), record=contact,
    )  # fmt: skip


def _person(request: SignedIn, pk: int, verb: str) -> Contact:
    contact = see_or_404(Contact, pk, request.user)
    if not request.user.may(RESOURCE, verb):
        raise Forbidden(_("Your role does not let you answer privacy requests. Ask an administrator."))
    return contact


def _told(rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of the log as a reader is told them."""
    return [
        {"at": row.occurred_at, "what": kinds.get(row.kind).label, "about": row.data.get("title") or row.data.get("source", ""),
         "by": row.actor}
        for row in rows
    ]  # fmt: skip
