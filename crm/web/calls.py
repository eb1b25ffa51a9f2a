"""A call that was just made, logged with its outcome by one press: key C on any record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.calls import log_call
from crm.actions.snoozing import moment_of
from crm.errors import CrmError
from crm.models import Activity
from crm.queries.addresses import address_of
from crm.queries.named import record_named
from crm.queries.timeline import Subject
from crm.web.activity_deeds import way_back
from crm.web.activity_forms import MENTIONS
from crm.web.pages import add_to, done, is_htmx
from crm.web.requests import SignedIn

OUTCOMES = (
    ("reached", "phone-call", lazy("Reached")),
    ("message", "message", lazy("Left a message")),
    ("no-answer", "phone-x", lazy("No answer")),
    ("busy", "phone-off", lazy("Busy")),
    ("wrong-number", "phone-x", lazy("Wrong number")),
)
AGAIN = (
    ("", lazy("No")),
    ("later", lazy("Later today")),
    ("tomorrow", lazy("Tomorrow")),
    ("next-week", lazy("Next week")),
)


class CallForm(forms.Form):
    """The buttons are its outcome; everything else may stay empty."""

    outcome = forms.ChoiceField(
        choices=[(name, label) for name, _icon, label in OUTCOMES],
        error_messages={"required": lazy("Choose how it went."), "invalid_choice": lazy("Choose how it went.")},
    )
    topic = forms.CharField(label=lazy("About"), max_length=200, required=False)
    body = forms.CharField(
        label=lazy("What was said"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2, **MENTIONS}),
    )  # fmt: skip
    again = forms.ChoiceField(label=lazy("Call again"), choices=AGAIN, required=False)

    @property
    def said_outcome(self) -> str:
        return str(dict(self.fields["outcome"].choices)[self.cleaned_data["outcome"]])  # type: ignore[attr-defined]


@login_required
def call(request: SignedIn) -> HttpResponse:
    """`on` names the record that the call was about; `planned` is the id of a call to make, which it settles."""
    must_be_able_to_add(request.user, Activity)
    record = record_named(request.GET.get("on", ""), request.user)
    planned = _planned(request)
    record = record or (planned and (planned.contact or planned.account))
    if record is None and planned is None:
        raise Http404
    back = way_back(request, address_of(planned if record is None else record))
    form = CallForm(request.POST or None, initial={"topic": planned.subject if planned else ""})
    if form.is_valid():
        try:
            said = _log(form, record, planned, request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, said, back)
    context = {"form": form, "outcomes": OUTCOMES, "record": record, "back": back, "title": _title(record, planned)}
    context["must_not"] = _whom_not_to_phone(record, planned)
    template = "crm/calls/_call.html" if is_htmx(request) else "crm/calls/call.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _whom_not_to_phone(record: Any, planned: Activity | None) -> Any:
    """The contact that the call is with, where they asked not to be phoned; the flag warns, the person decides."""
    subject = Subject.of(record) if record is not None else None
    contact = (planned and planned.contact) or (subject and subject.contact)
    return contact if contact and contact.do_not_phone else None


def _planned(request: SignedIn) -> Activity | None:
    asked = request.GET.get("planned", "")
    if not asked.isdigit():
        return None
    rows = Activity.objects.select_related("contact", "account")
    return see_or_404(rows, int(asked), request.user).must_be_editable_by(request.user)


def _log(form: CallForm, record: Any, planned: Activity | None, by: Any) -> str:
    facts, outcome = form.cleaned_data, form.said_outcome
    again = moment_of(facts["again"], timezone.now()) if facts["again"] else None
    topic = facts["topic"] or (planned.subject if planned else _title(record, None))
    log_call(topic=topic, outcome=outcome, body=facts["body"], regarding=record, planned=planned, again_at=again, by=by)
    return _("Logged: %(topic)s · %(outcome)s") % {"topic": topic, "outcome": outcome}


def _title(record: Any, planned: Activity | None) -> str:
    subject = Subject.of(record) if record is not None else None
    who = (subject.contact or subject.account or record) if subject else planned
    return _("Call with %s") % who
