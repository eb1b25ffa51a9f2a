"""The people of an appointment on its page: added, taken off, invited; and a colleague's own answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.actions.attendees import add_attendee, invite_all, remove_attendee, set_answer
from crm.actions.meeting_mails import Guest
from crm.errors import CrmError
from crm.models import Activity, Attendee, Contact, User
from crm.queries.naming import names_for
from crm.web.forms import RecordField
from crm.web.pages import add_to, answer, done
from crm.web.record_commands import ask
from crm.web.requests import SignedIn


class GuestForm(forms.Form):
    """One more who takes part: a contact or a colleague."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"] = RecordField(
            label=_("Contact"), queryset=Contact.objects.visible_to(by), required=False
        )
        self.fields["user"] = forms.ModelChoiceField(
            label=_("Or a colleague"), queryset=User.objects.filter(is_active=True), required=False
        )
        self.fields["is_required"] = forms.BooleanField(
            label=_("Has to be there (else they may come)"), required=False, initial=True
        )

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.cleaned_data
        if not self.errors and bool(facts.get("contact")) == bool(facts.get("user")):
            self.add_error("contact", lazy("Choose a contact or a colleague."))
        return facts


def people_of(activity: Activity, user: User) -> list[dict[str, Any]]:
    """Each who takes part, with their page as far as the reader may see it. Contacts that are not seen have no name."""
    if activity.kind != Activity.Kind.APPOINTMENT:
        return []
    guests = list(activity.attendees.select_related("user"))
    keys = {guest.pk: ("crm.contact", guest.contact_id) for guest in guests if guest.contact_id}
    names = names_for(user, keys.values())
    rows = []
    for guest in guests:
        named = names[keys[guest.pk]] if guest.pk in keys else None
        rows.append(
            {
                "guest": guest,
                "name": named.name if named else str(guest.user),
                "address": named.address if named else "",
                "is_me": guest.user_id == user.pk,
            }
        )
    return rows


@login_required
def add(request: SignedIn, pk: int) -> HttpResponse:
    record = _appointment(request, pk).must_be_editable_by(request.user)
    form = GuestForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            made = add_attendee(record, Guest(**form.cleaned_data), by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("%s takes part.") % made, record.get_absolute_url())
    return ask(request, record, form, _("Who takes part"), _("Add"))


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    guest = _guest(pk)
    record = _appointment(request, guest.activity_id).must_be_editable_by(request.user)
    try:
        remove_attendee(guest, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("%s does not take part any more.") % guest, record.get_absolute_url())


@login_required
@require_POST
def invite(request: SignedIn, pk: int) -> HttpResponse:
    record = _appointment(request, pk).must_be_editable_by(request.user)
    try:
        invite_all(record, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("The invitation goes to everybody who takes part."), record.get_absolute_url())


@login_required
@require_POST
def answer_invitation(request: SignedIn, pk: int) -> HttpResponse:
    """A colleague's own answer, and nobody else's."""
    guest = _guest(pk)
    record = _appointment(request, guest.activity_id)
    if guest.user_id != request.user.pk:
        raise Http404
    try:
        guest = set_answer(guest, request.POST.get("answer", ""), by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("You answered: %s.") % guest.get_answer_display(), record.get_absolute_url())


def _guest(pk: int) -> Attendee:
    guest = Attendee.objects.select_related("activity", "contact", "user").filter(pk=pk).first()
    if guest is None:
        raise Http404
    return guest


def _appointment(request: SignedIn, pk: int) -> Activity:
    record = see_or_404(Activity, pk, request.user)
    if record.kind != Activity.Kind.APPOINTMENT:
        raise Http404
    return record
