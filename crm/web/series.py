"""Repeating: choose the rule, change this one and all that follow, stop."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.actions.series import cancel_following, change_following, end_series, repeat_activity
from crm.errors import CrmError
from crm.models import Activity
from crm.recurrence import Repeat
from crm.web.activity_forms import LocalDateTime, StartsAndEnds
from crm.web.field_forms import DayInput
from crm.web.pages import add_to, answer, done
from crm.web.record_commands import ask
from crm.web.requests import SignedIn

UNITS = (("DAILY", lazy("Days")), ("WEEKLY", lazy("Weeks")), ("MONTHLY", lazy("Months")), ("YEARLY", lazy("Years")))
WEEK = (
    ("MO", lazy("Monday")), ("TU", lazy("Tuesday")), ("WE", lazy("Wednesday")), ("TH", lazy("Thursday")),
    ("FR", lazy("Friday")), ("SA", lazy("Saturday")), ("SU", lazy("Sunday")),
)  # fmt: skip


class RepeatForm(forms.Form):
    every = forms.IntegerField(label=lazy("Every"), min_value=1, max_value=99, initial=1)
    frequency = forms.ChoiceField(label=lazy("Unit"), choices=UNITS, initial="WEEKLY")
    days = forms.MultipleChoiceField(
        label=lazy("On these days (weeks only)"), choices=WEEK, required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.DateField(label=lazy("Until"), required=False, widget=DayInput())
    count = forms.IntegerField(label=lazy("Or so many times"), required=False, min_value=2, max_value=500)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.cleaned_data
        if facts.get("until") and facts.get("count"):
            self.add_error("count", lazy("Say until when, or how many times: not both."))
        if facts.get("days") and facts.get("frequency") not in (None, "WEEKLY"):
            self.add_error("days", lazy("Days of the week go with weeks."))
        return facts


class FollowingForm(StartsAndEnds):
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    due_at = LocalDateTime(label=lazy("Starts"), help_text=lazy("Another hour; all keep their days."))
    ends_at = LocalDateTime(label=lazy("Ends"), required=False)
    location = forms.CharField(label=lazy("Where"), max_length=200, required=False)


@login_required
def repeat(request: SignedIn, pk: int) -> HttpResponse:
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    form = RepeatForm(request.POST or None)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            rule = Repeat(**{**facts, "days": tuple(facts["days"])})
            repeat_activity(record, rule, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("It comes %s.") % rule.words, record.get_absolute_url())
    return ask(request, record, form, _("Repeat “%s”") % record, _("Repeat"))


@login_required
def following(request: SignedIn, pk: int) -> HttpResponse:
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    names = ("subject", "due_at", "ends_at", "location")
    form = FollowingForm(request.POST or None, initial={name: getattr(record, name) for name in names})
    if form.is_valid():
        try:
            count = change_following(record, by=request.user, **form.cleaned_data)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(
                request, _("Changed: this one and all that follow, %d in all.") % count, record.get_absolute_url()
            )
    return ask(request, record, form, _("This one and all that follow"), _("Change them"))


@login_required
@require_POST
def stop(request: SignedIn, pk: int) -> HttpResponse:
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    try:
        count = end_series(record, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("It does not come again; %d were cancelled.") % count, record.get_absolute_url())


@login_required
@require_POST
def cancel_all(request: SignedIn, pk: int) -> HttpResponse:
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    try:
        count = cancel_following(record, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("Cancelled: this one and all that follow, %d in all.") % count, record.get_absolute_url())
