"""What one press does to an activity: done, cancelled, put off, skipped, taken up again."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.actions.activities import cancel_activity, complete_activity
from crm.actions.snoozing import moment_of, reopen_activity, skip_activity, snooze_activity
from crm.errors import CrmError, Invalid
from crm.models import Activity
from crm.templatetags.ui import when
from crm.web.pages import answer, done
from crm.web.requests import SignedIn

Said = str | SafeString


class SnoozeForm(forms.Form):
    until = forms.CharField(required=False)
    day = forms.DateField(required=False)


@login_required
@require_POST
def activity_complete(request: SignedIn, pk: int) -> HttpResponse:
    outcome = request.POST.get("outcome", "")[:100]

    def complete(activity: Activity) -> Said:
        return with_undo(_("Done: %s") % complete_activity(activity, outcome=outcome, by=request.user), activity)

    return _do(request, pk, complete)


@login_required
@require_POST
def activity_cancel(request: SignedIn, pk: int) -> HttpResponse:
    return _do(request, pk, lambda activity: _("Cancelled: %s") % cancel_activity(activity, by=request.user))


@login_required
@require_POST
def activity_snooze(request: SignedIn, pk: int) -> HttpResponse:
    """`until` is “later”, “tomorrow”, “next-week” or “day”, the last with `day`."""
    form = SnoozeForm(request.POST)

    def snooze(activity: Activity) -> Said:
        if not form.is_valid():
            raise Invalid(_("This is no day."), field="day")
        moment = moment_of(form.cleaned_data["until"], timezone.now(), form.cleaned_data["day"])
        snoozed = snooze_activity(activity, until=moment, by=request.user)
        return _("“%(what)s” comes back %(when)s.") % {"what": snoozed, "when": when(snoozed.due_at)}

    return _do(request, pk, snooze)


@login_required
@require_POST
def activity_skip(request: SignedIn, pk: int) -> HttpResponse:
    return _do(request, pk, lambda one: with_undo(_("Skipped: %s") % skip_activity(one, by=request.user), one))


@login_required
@require_POST
def activity_reopen(request: SignedIn, pk: int) -> HttpResponse:
    return _do(request, pk, lambda activity: _("To do again: %s") % reopen_activity(activity, by=request.user))


def _do(request: SignedIn, pk: int, deed: Callable[[Activity], Said]) -> HttpResponse:
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    back = way_back(request, record.get_absolute_url())
    try:
        said = deed(record)
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, said, back)


def with_undo(said: str, activity: Activity) -> SafeString:
    """What was done, with a button that takes it back."""
    return render_to_string("crm/activities/_undo.html", {"said": said, "activity": activity})


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where the form said it came from, if that is one of our own pages."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    return wanted if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise
