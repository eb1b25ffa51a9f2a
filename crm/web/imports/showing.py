"""One import: at work, checked, done, reverted; its lines, its files, its buttons."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm.actions.imports import cancel_import, revert_import, run_import
from crm.errors import CrmError
from crm.hooks import importers, records
from crm.imports.downloads import errors_file
from crm.imports.lines import targets_of
from crm.imports.previews import changes_of, name_of
from crm.models import Import, ImportLine
from crm.web.imports.seeing import see
from crm.web.lists import page_of
from crm.web.pages import answer

Status, Verdict, Undone = Import.Status, ImportLine.Verdict, ImportLine.Undone
SHOWN = 8


@login_required
@require_GET
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress, verdict or result, whatever stands; htmx asks again for the part inside while it works."""
    of = see(request, pk)
    if of.status == Status.NEW:
        return redirect("crm:import-mapping", of.pk)
    template = "crm/imports/_state.html" if request.headers.get("HX-Request") else "crm/imports/detail.html"
    now = timezone.now()
    context = {
        "of": of,
        "importer": importers.get(of.kind),
        "rate": round(of.rate(now)),
        "time_left": of.time_left(now),
        "counts": _counts(of),
        "steps": of.steps.select_related("by"),
        **_tables(of, request.user),
    }
    return render(request, template, context)


def _counts(of: Import) -> list[dict[str, Any]]:
    """The numbers of the page, each a door to its lines."""
    return [
        {"name": "create", "n": of.created_count},
        {"name": "update", "n": of.updated_count},
        {"name": "same", "n": of.unchanged_count},
        {"name": "skip", "n": of.skipped_count},
        {"name": "error", "n": of.error_count},
    ]


def _tables(of: Import, user: Any) -> dict[str, Any]:
    if of.is_working:
        return {}
    lines = of.lines.order_by("number")
    tables: dict[str, Any] = {
        "problems": lines.filter(verdict=Verdict.ERROR)[:SHOWN],
        "noted": lines.filter(verdict__in=[Verdict.CREATE, Verdict.UPDATE]).exclude(problem="")[:SHOWN],
    }
    if of.status == Status.CHECKED:
        tables["changes"] = changes_of(of, list(lines.filter(verdict=Verdict.UPDATE)[:SHOWN]), user)
        tables["new"] = changes_of(of, list(lines.filter(verdict=Verdict.CREATE)[:5]), user)
        tables["doubtful"] = lines.filter(verdict=Verdict.SKIP).exclude(like_id=None)[:SHOWN]
    if of.status == Status.REVERTED:
        tables["kept"] = lines.filter(undone=Undone.KEPT)[:SHOWN]
    return tables


@login_required
@require_GET
def lines(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """The lines of one verdict, or those that a revert kept: what each number on the page leads to."""
    of = see(request, pk)
    if which not in (*Verdict.values, *Undone.values):
        raise Http404
    wanted = {"undone": which} if which in Undone.values else {"verdict": which}
    page = page_of(request, of.lines.filter(**wanted).order_by("number"))
    targets = targets_of(of)
    shown = [
        name
        for name in (*_always(of), *targets)
        if name in targets and (name in set(of.mapping.values()) | _always(of))
    ]
    names = list(dict.fromkeys(shown))[:8]
    for line in page:
        line.cells = [_cell(line.values.get(name, "")) for name in names]
        line.name = name_of(line)
    context = {
        "of": of,
        "page": page,
        "which": which,
        "title": Undone(which).label if which in Undone.values else Verdict(which).label,
        "labels": [targets[name].label for name in names],
        "address": _address(of),
        "says_why": which in ("error", "skip", "kept"),
    }
    return render(request, "crm/imports/lines.html", context)


def _always(of: Import) -> set[str]:
    """A full name comes to stand in two columns."""
    return {"first_name", "last_name"} if "full_name" in of.mapping.values() else set()


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _address(of: Import) -> str:
    """The page of a record of this kind, with 0 for its id; "" where it has none of its own."""
    kind = importers.get(of.kind).needs
    if not records.known(kind):
        return ""
    model: Any = records.get(kind).model
    return str(model(pk=0).get_absolute_url())


@login_required
@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, run_import)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, cancel_import)


@login_required
@require_POST
def revert(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, revert_import)


@login_required
@require_GET
def errors(request: HttpRequest, pk: int) -> Any:
    """The lines with errors in the format of the file: mend it, import it again."""
    of = see(request, pk)
    try:
        return errors_file(of)
    except CrmError as problem:
        return answer(request, problem, reverse("crm:import", args=[of.pk]))


def _act(request: HttpRequest, pk: int, action: Any) -> HttpResponse:
    of = see(request, pk)
    address = reverse("crm:import", args=[of.pk])
    try:
        action(of, by=request.user)
    except CrmError as problem:
        return answer(request, problem, address)
    return redirect(address)
