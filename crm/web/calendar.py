"""The calendar: day, week, month, agenda; one's own and others'. Moving an activity by dragging it, or by a form."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.see import see_or_404
from crm.actions.records import change_record
from crm.errors import CrmError
from crm.models import Activity, User
from crm.queries.agenda import VIEWS, Stretch, agenda, whose_calendars
from crm.web.activity_deeds import way_back
from crm.web.activity_forms import LocalDateTime, StartsAndEnds
from crm.web.pages import add_to, done
from crm.web.record_commands import ask
from crm.web.requests import SignedIn

HALF_HOUR = timedelta(minutes=30)


@login_required
def calendar(request: SignedIn) -> HttpResponse:
    """`view` is day, week, month or agenda, `day` one of its days; `whose` is a user, “all”, or empty for one's own."""
    view = request.GET.get("view", "week")
    stretch = Stretch.around(view if view in VIEWS else "week", day_of(request.GET.get("day", "")))
    people = whose_calendars(request.user)
    whose = _whose(request.GET.get("whose", ""), people)
    rows = agenda(request.user, stretch, whose)
    movable = _movable(rows, request.user)
    context = {
        "rows": rows,
        "events": [_event(row, is_movable=row.pk in movable, is_mine=row.owner_id == request.user.pk) for row in rows],
        "stretch": stretch,
        "views": [("day", _("Day")), ("week", _("Week")), ("month", _("Month")), ("agenda", _("Agenda"))],
        "today": timezone.localdate(),
        "people": people,
        "whose": "all" if whose is None else whose.pk,
        "may_add": request.user.may("crm.activity", "add"),
    }
    return render(request, "crm/activities/calendar.html", context)


def day_of(text: str) -> date:
    """The day that a text names; today where it names none that a calendar can turn its pages from."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return day if 1900 <= day.year <= 2200 else timezone.localdate()


def _whose(asked: str, people: list[User]) -> User | None:
    if asked == "all":
        return None
    return next((one for one in people if str(one.pk) == asked), people[0])


def _movable(rows: list[Activity], user: User) -> set[int]:
    opened = [row.pk for row in rows if row.status == Activity.Status.OPEN]
    return set(Activity.objects.editable_by(user).filter(pk__in=opened).values_list("pk", flat=True))


def _event(row: Activity, *, is_movable: bool, is_mine: bool) -> dict[str, Any]:
    """What static/js/calendar.js draws. Times are local to the reader, without a zone: the browser's own does not matter."""
    assert row.due_at is not None
    ends = row.ends_at if row.ends_at and row.ends_at > row.due_at else row.due_at + HALF_HOUR
    return {
        "id": str(row.pk),
        "title": row.subject,
        "start": _local(row.due_at),
        "end": _local(ends),
        "movable": is_movable,
        "sizable": is_movable and row.ends_at is not None,
        "url": row.get_absolute_url(),
        "move": reverse("crm:activity-move", args=[row.pk]),
        "who": "" if is_mine or row.owner is None else str(row.owner),
        "kind": row.kind,
        "status": row.status,
        "version": row.version,
    }


def _local(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M:%S}"


class MoveForm(StartsAndEnds):
    """When it begins and ends. `version` is the one that was seen: what a colleague moved meanwhile is not moved again unseen."""

    due_at = LocalDateTime(label=lazy("Starts"))
    ends_at = LocalDateTime(label=lazy("Ends"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())


@login_required
def move(request: SignedIn, pk: int) -> HttpResponse:
    """By a form, or by the calendar with `drag`, which is answered in JSON: the new version, or why not."""
    record = see_or_404(Activity, pk, request.user).must_be_editable_by(request.user)
    if record.status != Activity.Status.OPEN:
        raise Http404
    initial = {"due_at": record.due_at, "ends_at": record.ends_at, "version": record.version}
    form = MoveForm(request.POST or None, initial=initial)
    if form.is_valid():
        facts = dict(form.cleaned_data)
        version = facts.pop("version")
        try:
            moved = change_record(record, facts, by=request.user, version=version)
        except CrmError as problem:
            if "drag" in request.POST:
                return JsonResponse({"said": problem.message}, status=problem.status)
            add_to(form, problem)
        else:
            if "drag" in request.POST:
                return JsonResponse({"version": moved.version})
            return done(request, _("Moved: %s") % moved, way_back(request, record.get_absolute_url()))
    if "drag" in request.POST:
        return JsonResponse({"said": _("This is no time.")}, status=400)
    return ask(request, record, form, _("Move “%s”") % record, _("Move"))
