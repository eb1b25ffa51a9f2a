"""What a contact agreed to: the tab on her page, and what may be done there: note a yes or a no, set flags, stop and start."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.see import must_be_able_to, see_or_404
from crm.actions.consent import give_consent, withdraw_consent
from crm.actions.records import change_record
from crm.actions.suppressions import lift, suppress
from crm.delivery import purposes
from crm.errors import CrmError, Forbidden
from crm.models import ConsentPurpose, Contact, Suppression, Topic, User
from crm.queries.consent import ledger_of, points_of, standing_of, suppressions_of
from crm.web.lists import page_of
from crm.web.pages import add_to, done, render_form
from crm.web.requests import SignedIn

FLAGS = ("do_not_email", "do_not_sms", "do_not_phone")


class AnswerForm(forms.Form):
    """A yes or a no that somebody was told: on the phone, at a fair, in a letter."""

    address = forms.ChoiceField(label=lazy("Address"))
    about = forms.ChoiceField(label=lazy("What about?"))
    answer = forms.ChoiceField(
        label=lazy("What was said?"), choices=[("yes", lazy("Yes, they agreed")), ("no", lazy("No, they withdrew"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(
        label=lazy("Where and how?"), max_length=100, help_text=lazy("It is the proof: “On the phone, 3 March”.")
    )
    text_shown = forms.CharField(
        label=lazy("In which words were they asked?"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = {f"{channel}:{value}": (channel, value) for channel, value in addresses_of(contact)}
        self.fields["address"].choices = [(key, value) for key, (_c, value) in self.points.items()]  # type: ignore[attr-defined]
        self.fields["about"].choices = about_choices()  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    reason = forms.CharField(label=lazy("Why?"), max_length=250)


class StopForm(WhyForm):
    """By hand: this address, until a day or for ever."""

    address = forms.ChoiceField(label=lazy("Address"))
    until = forms.DateTimeField(
        label=lazy("Until"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=lazy("Empty means for ever."),
    )  # fmt: skip
    field_order = ["address", "reason", "until"]

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = {f"{channel}:{value}": (channel, value) for channel, value in addresses_of(contact)}
        self.fields["address"].choices = [(key, value) for key, (_c, value) in self.points.items()]  # type: ignore[attr-defined]


class FlagsForm(forms.Form):
    do_not_email = forms.BooleanField(label=lazy("Do not email"), required=False)
    do_not_sms = forms.BooleanField(label=lazy("Do not SMS"), required=False)
    do_not_phone = forms.BooleanField(label=lazy("Do not phone"), required=False)


def consent_tab(request: HttpRequest, contact: Contact) -> SafeString:
    user: Any = request.user
    may_edit = Contact.objects.editable_by(user).filter(pk=contact.pk).exists()
    context = {
        "record": contact,
        "addresses": standing_of(contact),
        "flags": [(field.label, getattr(contact, name)) for name, field in FlagsForm.base_fields.items()],
        "page": page_of(request, ledger_of(contact), 20),
        "past": [one for one in suppressions_of(contact)[:20] if one.lifted_at],
        "may_record": user.may("crm.consent", "add") and may_edit,
        "may_lift": user.may("crm.consent", "change"),
        "may_edit": may_edit,
        "purposes": purposes.names(),
    }
    return render_to_string("crm/consent/tab.html", context, request)


def addresses_of(contact: Contact) -> list[tuple[str, str]]:
    return [(one.channel, one.value) for one in standing_of(contact)]


def about_choices() -> list[tuple[str, str]]:
    """“commercial” and “commercial:7”: a purpose, or a topic within it."""
    found: list[tuple[str, str]] = []
    for purpose in ConsentPurpose.objects.filter(is_active=True):
        found.append((purpose.key, purpose.name))
        topics = Topic.objects.filter(is_active=True, purpose=purpose.key)
        found += [(f"{purpose.key}:{topic.pk}", f"{purpose.name}: {topic.name}") for topic in topics]
    return found


def may_record(user: User, contact: Contact) -> bool:
    """Who may note what people say, for the contacts that they may change."""
    may = user.may("crm.consent", "add")
    return may and Contact.objects.editable_by(user).filter(pk=contact.pk).exists()


@login_required
def record_answer(request: SignedIn, pk: int) -> HttpResponse:
    contact = _recordable(request, pk)
    form = AnswerForm(request.POST or None, contact=contact, initial={"about": request.GET.get("about", "commercial")})
    if form.is_valid():
        data = form.cleaned_data
        key, _sign, topic = data["about"].partition(":")
        channel, value = form.points[data["address"]]
        decide = give_consent if data["answer"] == "yes" else withdraw_consent
        try:
            decide(
                value,
                channel=channel,
                purpose=key,
                topic=Topic.objects.filter(pk=topic).first() if topic else None,
                source=data["reason"],
                text_shown=data["text_shown"],
                proof={"by_hand": True},
                by=request.user,
            )
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("It stands in the ledger."), _tab(contact))
    title = _("What did %s say?") % contact
    return render_form(request, form, title=title, submit=_("Write it down"), back=_tab(contact))


@login_required
def stop(request: SignedIn, pk: int) -> HttpResponse:
    """Suppress one of her addresses by hand."""
    contact = _recordable(request, pk)
    form = StopForm(request.POST or None, contact=contact)
    if form.is_valid():
        data = form.cleaned_data
        channel, value = form.points[data["address"]]
        try:
            suppress(value, channel=channel, reason=data["reason"], until=data["until"], by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("%s is not written to any more.") % value, _tab(contact))
    return render_form(
        request, form, title=_("Write no more to %s?") % contact, submit=_("Write no more"), back=_tab(contact)
    )


@login_required
def start_again(request: SignedIn, pk: int, suppression: int) -> HttpResponse:
    contact = see_or_404(Contact, pk, request.user)
    if not request.user.may("crm.consent", "change"):
        raise Forbidden(_("Your role does not let you lift a suppression."))
    held = get_object_or_404(Suppression, pk=suppression, point__in=points_of(contact).values("pk"))
    form = WhyForm(request.POST or None)
    if form.is_valid():
        try:
            lift(held, reason=form.cleaned_data["reason"], by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("%s may be written to again.") % held.point, _tab(contact))
    title = _("Write to %s again?") % held.point
    return render_form(request, form, title=title, submit=_("Lift the suppression"), back=_tab(contact))


@login_required
def flags(request: SignedIn, pk: int) -> HttpResponse:
    contact = see_or_404(Contact, pk, request.user)
    must_be_able_to(request.user, "change", contact)
    form = FlagsForm(request.POST or None, initial={name: getattr(contact, name) for name in FLAGS})
    if request.method == "POST" and form.is_valid():
        try:
            change_record(contact, form.cleaned_data, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("Saved."), _tab(contact))
    title = _("What does %s not want?") % contact
    return render_form(request, form, title=title, submit=_("Save"), back=_tab(contact))


def _recordable(request: SignedIn, pk: int) -> Contact:
    contact = see_or_404(Contact, pk, request.user)
    if not request.user.may("crm.consent", "add"):
        raise Forbidden(_("Your role does not let you record consent."))
    must_be_able_to(request.user, "change", contact)
    return contact


def _tab(contact: Contact) -> str:
    return f"{contact.get_absolute_url()}?tab=consent"
