"""Activities: log one on any record, the list, the calendar file."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.access.see import must_be_able_to_add, see_or_404
from crm.calendars import calendar_file
from crm.errors import CrmError
from crm.mailbox.quotes import split
from crm.models import Activity
from crm.queries.addresses import address_of
from crm.queries.letters import results_of
from crm.queries.named import record_named
from crm.queries.naming import Named, names_for
from crm.queries.timeline import Subject
from crm.recurrence import Repeat
from crm.web.activity_deeds import way_back
from crm.web.activity_forms import form_for
from crm.web.attendees import people_of
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.pages import done, is_htmx, render_form
from crm.web.reading import linked
from crm.web.record_lists import render_records
from crm.web.requests import SignedIn


@dataclass(frozen=True)
class FiledMail:
    """Its new part, the history that it quotes, and what is to be said about it."""

    new: SafeString
    history: SafeString
    said: str


@login_required
def activity_list(request: SignedIn) -> HttpResponse:
    new_url = f"{reverse('crm:activity-add')}?kind=task" if request.user.may("crm.activity", "add") else ""
    sentence = _("Calls, tasks, meetings and notes gather here. Log them on a contact, a lead or an opportunity.")
    empty = Empty(_("Nothing planned, nothing logged"), sentence, _("New task") if new_url else "", new_url, "checkbox")
    doors = [(_("Calendar"), reverse("crm:calendar"), "calendar")]
    return render_records(request, "crm.activity", empty=empty, new_url=new_url, new_label=_("New task"), actions=doors)


@login_required
def activity(request: SignedIn, pk: int) -> HttpResponse:
    rows = Activity.objects.select_related("owner", "team", "created_by", "regarding_type", "series")
    shown = see_or_404(rows, pk, request.user)
    return render_record(
        request,
        shown,
        "crm/activities/detail.html",
        regarding=_regarding(shown, request),
        people=people_of(shown, request.user),
        repeats=_repeats(shown),
        mail=_mail(shown),
        letter=results_of([shown.pk]).get(shown.pk) if shown.kind == Activity.Kind.EMAIL else None,
    )


def _mail(activity: Activity) -> FiledMail | None:
    """What an email says that was filed: it is read, and not edited."""
    kept = activity.mails.first() if activity.kind == Activity.Kind.EMAIL else None
    if kept is None:
        return None
    new, history = split(activity.body)
    return FiledMail(linked(new), linked(history), kept.said)


def _repeats(activity: Activity) -> str:
    """“every week on Mon”: how it comes again, if it does."""
    return Repeat.of(activity.series.rule).words if activity.series else ""


def _regarding(activity: Activity, request: SignedIn) -> Named | None:
    """What it is about, as far as its reader may see it."""
    on = activity.regarding_type
    if on is None or activity.regarding_id is None:
        return None
    key = (f"{on.app_label}.{on.model}", activity.regarding_id)
    return names_for(request.user, [key])[key]


@login_required
def activity_add(request: SignedIn) -> HttpResponse:
    """Log or plan one. `on` names the record (“sales.lead:5”), which the person must be able to see."""
    must_be_able_to_add(request.user, Activity)
    kind = request.GET.get("kind", "task")
    if kind not in Activity.Kind.values:
        raise Http404
    record = record_named(request.GET.get("on", ""), request.user)
    subject = Subject.of(record) if record is not None else None
    form = form_for(kind, request, subject)
    back = way_back(request, address_of(record) or reverse("crm:activities"))
    if form.is_valid():
        try:
            made = form.log(by=request.user, regarding=record)
        except CrmError as problem:
            form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        else:
            return done(request, form.said(made), back)
    title = form.title
    if is_htmx(request):
        context = {"form": form, "title": title, "address": request.get_full_path()}
        return render(request, "crm/activities/_form.html", context, status=422 if form.errors else 200)
    return render_form(request, form, title=title, submit=form.button, back=back)


@login_required
def activity_file(request: SignedIn, pk: int) -> HttpResponse:
    """The appointment as a calendar file."""
    record = see_or_404(Activity.objects.select_related("owner", "contact"), pk, request.user)
    if record.kind != Activity.Kind.APPOINTMENT:
        raise Http404
    return HttpResponse(
        calendar_file(record),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="appointment-{record.pk}.ics"'},
    )
