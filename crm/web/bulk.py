"""Bulk work on pages: the bar of a list, the dialog of an action, the page of a run, what became of each row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.actions.bulk import action_named, cancel_run, revert_run, start_run, why_not_revertible
from crm.bulk.asking import as_values, form_of, may_do
from crm.bulk.sheets import MEDIA_TYPES
from crm.errors import CrmError, Forbidden, NotAllowed
from crm.hooks import bulk_actions, records
from crm.hooks.bulk_actions import BulkAction
from crm.imports.reading import safe_cell
from crm.models import BulkItem, BulkRun
from crm.queries.lists import rows_of
from crm.web.lists import Column, Empty, ListPage, page_of, render_list
from crm.web.pages import answer, done, is_htmx
from crm.web.requests import SignedIn

OURS = ("ids", "all", "query", "go", "expected")
"""Names of the dialog that are no answers to the action's form."""


@login_required
@require_GET
def bar(request: SignedIn, kind: str) -> HttpResponse:
    """What can be done to rows of this kind, for the bar that rises when some are ticked."""
    if not records.known(kind):
        raise Http404
    offered = [a for a in bulk_actions.actions_on(kind) if not a.from_bin and may_do(a, kind, request.user)]
    return render(request, "ui/_bulk_bar.html", {"kind": records.get(kind), "actions": offered})


@login_required
@require_POST
def do(request: SignedIn, kind: str, name: str) -> HttpResponseBase:
    """First what the action must know and what it will do; then, with `go`, it begins."""
    try:
        action = action_named(kind, name)
    except CrmError:
        raise Http404 from None
    if not may_do(action, kind, request.user):
        raise Forbidden(_("Your role does not let you do this: %s.") % action.label)
    rows = _selected(request, kind)
    if not request.POST.get("go"):
        return _ask(request, action, kind, rows)
    expected = request.POST.get("expected", "")
    try:
        run = start_run(
            kind, name, rows, values=as_values(request.POST, OURS), by=request.user,
            expected=int(expected) if expected.isdigit() else None,
        )  # fmt: skip
    except NotAllowed as problem:
        return _ask(request, action, kind, rows, problem.message)
    except Forbidden:
        raise
    except CrmError:
        return _ask(request, action, kind, rows, is_bound=True)
    return _begun(request, action, run)


def _selected(request: SignedIn, kind: str) -> QuerySet:
    """All that match the list's own query string, or the rows that are ticked."""
    if request.POST.get("all"):
        return rows_of(kind, request.user, QueryDict(request.POST.get("query", "")))
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit()]
    model: Any = records.get(kind).model
    rows: QuerySet = model.objects.visible_to(request.user).filter(pk__in=ids)
    return rows


def _ask(
    request: SignedIn, action: BulkAction, kind: str, rows: QuerySet, problem: str = "", *, is_bound: bool = False
) -> HttpResponse:
    said = as_values(request.POST, OURS)
    bound = is_bound or bool(problem) or bool(said.get("field"))
    form = form_of(action, kind, request.user, said if bound else None)
    count = rows.order_by().count()
    what = records.get(kind).label if count == 1 else records.get(kind).plural
    words = {"what": f"{count:,} {str(what).lower()}"}
    context = {
        "action": action, "kind": records.get(kind), "form": form, "count": count, "problem": problem,
        "title": str(action.button or action.label) % words, "what": words["what"],
        "ids": request.POST.getlist("ids"), "all": request.POST.get("all", ""), "query": request.POST.get("query", ""),
        "columns": request.POST.getlist("columns"), "shows_errors": is_bound,
    }  # fmt: skip
    template = "crm/bulk/_ask.html" if is_htmx(request) else "crm/bulk/ask.html"
    return render(request, template, context, status=422 if is_bound or problem else 200)


def _begun(request: SignedIn, action: BulkAction, run: BulkRun) -> HttpResponseBase:
    """A small run is over already: back to the list with what became of it, or the file. A long one has its page."""
    address = reverse("crm:bulk-run", args=[run.pk])
    if run.is_working or run.status == BulkRun.Status.FAILED:
        return done(request, _("It is at work, and goes on when you close the page."), address)
    if run.file:
        return _file_of(run)
    said = render_to_string(
        "crm/bulk/_said.html", {"run": run, "action": action, "may_revert": not why_not_revertible(run)}
    )
    messages.success(request, said)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(records.get(run.kind).list_url)


@login_required
@require_GET
def runs(request: SignedIn) -> HttpResponse:
    return render_list(
        request,
        ListPage(
            title=_("Bulk work"),
            sentence=_(
                "What was done to many records at once. Changes can be reverted for 30 days, files fetched for 7."
            ),
            queryset=BulkRun.objects.visible_to(request.user).select_related("owner"),
            columns=[
                Column(_("What"), _title, is_title=True),
                Column(_("Status"), template="crm/bulk/_status.html"),
                Column(_("Records"), "total", kind="number"),
                Column(_("Done"), "done_count", kind="number"),
                Column(_("Left out"), lambda run: run.skipped_count + run.failed_count, kind="number"),
                Column(_("By"), "owner", kind="person"),
                Column(_("When"), "created_at", kind="date"),
            ],
            row_url=lambda run: reverse("crm:bulk-run", args=[run.pk]),
            empty=Empty(
                _("Nothing done in bulk yet"),
                _("Tick rows in a list, or all that match, and choose what to do to them: it will stand here."),
                picture="list-check",
            ),
        ),
    )


def _title(run: BulkRun) -> str:
    action = action_named(run.kind, run.action)
    title = f"{action.label}: {records.get(run.kind).plural}"
    return _("%s, reverted") % title if run.reverts_id else title


@login_required
@require_GET
def show_run(request: SignedIn, pk: int) -> HttpResponse:
    """Progress while it works, then the result; htmx asks again for the part inside."""
    run = _see(request, pk)
    action = action_named(run.kind, run.action)
    now = timezone.now()
    is_mine = BulkRun.objects.editable_by(request.user).filter(pk=pk).exists()
    context = {
        "run": run, "action": action, "title": _title(run),
        "rate": round(run.rate(now)), "time_left": run.time_left(now), "is_mine": is_mine,
        "has_undo": action.undo is not None, "why_not": why_not_revertible(run),
        "undoing": run.reverted_by.order_by("-pk").first(),
        "may_fetch": bool(run.file) and run.owner == request.user,
    }  # fmt: skip
    template = "crm/bulk/_state.html" if is_htmx(request) else "crm/bulk/run.html"
    return render(request, template, context)


@login_required
@require_GET
def items(request: SignedIn, pk: int, verdict: str) -> HttpResponse:
    """The rows of one verdict; a record that the reader may not see is a number, no more."""
    run = _see(request, pk)
    if verdict not in ("done", "skipped", "failed"):
        raise Http404
    page = page_of(request, run.items.filter(verdict=verdict).order_by("number"))
    model: Any = records.get(run.kind).model
    seen = model.objects.visible_to(request.user).in_bulk([item.record_id for item in page])
    rows = [(item, seen.get(item.record_id)) for item in page]
    context = {"run": run, "title": _title(run), "page": page, "rows": rows, "verdict": BulkItem.Verdict(verdict)}
    return render(request, "crm/bulk/items.html", context)


@login_required
@require_POST
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    run = _see(request, pk)
    try:
        cancel_run(run, by=request.user)
    except CrmError as problem:
        return answer(request, problem, reverse("crm:bulk-run", args=[pk]))
    return redirect("crm:bulk-run", pk)


@login_required
@require_POST
def revert(request: SignedIn, pk: int) -> HttpResponse:
    run = _see(request, pk)
    try:
        undoing = revert_run(run, by=request.user)
    except CrmError as problem:
        return answer(request, problem, reverse("crm:bulk-run", args=[pk]))
    address = reverse("crm:bulk-run", args=[undoing.pk])
    if undoing.is_working:
        return done(request, _("It is being reverted."), address)
    n = undoing.done_count
    return done(
        request, _("%s are as they were before.") % f"{n:,} {str(records.get(run.kind).plural).lower()}", address
    )


@login_required
@require_GET
def failures(request: SignedIn, pk: int) -> StreamingHttpResponse:
    """What was left out or failed, with the reasons, as a CSV."""
    run = _see(request, pk)
    response = StreamingHttpResponse(_failure_lines(run, request.user), content_type=MEDIA_TYPES["csv"])
    response["Content-Disposition"] = f'attachment; filename="bulk-work-{run.pk}-left-out.csv"'
    return response


@login_required
@require_GET
def file(request: SignedIn, pk: int) -> FileResponse:
    """The file of an export: for whoever made it, and nobody else."""
    run = get_object_or_404(BulkRun.objects.filter(owner=request.user).exclude(file=""), pk=pk)
    return _file_of(run)


def _file_of(run: BulkRun) -> FileResponse:
    media_type = MEDIA_TYPES[run.file_name.rpartition(".")[2]]
    return FileResponse(run.file.open("rb"), as_attachment=True, filename=run.file_name, content_type=media_type)


class _Echo:
    def write(self, line: str) -> str:
        return line


def _failure_lines(run: BulkRun, user: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    model: Any = records.get(run.kind).model
    yield "\ufeff"
    yield writer.writerow(["Id", "Record", "Result", "Why"])
    last = 0
    left_out = run.items.filter(verdict__in=["skipped", "failed"]).order_by("number")
    while some := list(left_out.filter(number__gt=last)[:500]):
        last = some[-1].number
        seen = model.objects.visible_to(user).in_bulk([item.record_id for item in some])
        for item in some:
            name = str(seen.get(item.record_id, ""))
            yield writer.writerow(
                [item.record_id, safe_cell(name), item.get_verdict_display(), safe_cell(item.sentence)]
            )


def _see(request: SignedIn, pk: int) -> BulkRun:
    rows = BulkRun.objects.visible_to(request.user).select_related("owner", "reverts")
    found: BulkRun = get_object_or_404(rows, pk=pk)
    return found
