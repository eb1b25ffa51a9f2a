"""A cell of a list, edited in its place: the same form, the same door, the same conflict as a fact on the record's page."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.access.see import must_be_able_to
from crm.actions.records import OWNERSHIP
from crm.errors import Forbidden
from crm.hooks.records import Field, RecordKind
from crm.queries.named import record_named
from crm.web.facts import FactForm, attempt, field_or_404
from crm.web.list_cells import Rows, columns_named
from crm.web.list_filters import kind_or_404
from crm.web.pages import toast
from crm.web.requests import SignedIn


@login_required
def cell(request: SignedIn, label: str, pk: int, name: str) -> HttpResponse:
    """The form of a cell, or why it cannot be edited; posted, the whole row as it is now."""
    kind, record, field = field_or_404(request, label, pk, name)
    if request.method == "POST":
        record.must_be_editable_by(request.user)
        done = attempt(kind, record, field, request.user, request.POST)
        if done.form is None:
            return _row(request, kind, done.record, request.POST.get("columns", ""), saved=field.name)
        return _form(request, kind, done.record, field, done.form, status=done.status, conflict=done.conflict)
    if why := why_not(kind, record, field, request.user):
        return toast(why, tone="info")
    return _form(request, kind, record, field, FactForm(kind, field, record, request.user))


@login_required
@require_GET
def row(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """One row of a list as it is saved now."""
    kind = kind_or_404(request, label)
    return _row(request, kind, record_named(f"{label}:{pk}", request.user), request.GET.get("columns", ""))


def why_not(kind: RecordKind, record: Any, field: Field, user: Any) -> str:
    """Why this cell cannot be edited now, "" where it can."""
    if not field.is_editable:
        return _("“%s” is set by a command or by Tandem itself, not by typing.") % field.label
    if locked := kind.why_locked(record):
        return str(locked)
    try:
        must_be_able_to(user, "assign" if field.name in OWNERSHIP else "change", record)
    except Forbidden as refused:
        return refused.message
    return ""


def _form(
    request: HttpRequest, kind: RecordKind, record: Any, field: Field, form: FactForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    columns = (request.POST or request.GET).get("columns", "")
    context = {"form": form, "field": field, "kind": kind, "record": record, "columns": columns, **more}
    return render(request, "ui/_cell_form.html", context, status=status)


def _row(request: SignedIn, kind: RecordKind, record: Any, columns: str, *, saved: str = "") -> HttpResponse:
    """The row that takes the place of the old one; `saved` is the cell that was edited, where the focus goes back to."""
    drawn = Rows(kind, columns_named(kind, columns), request.user).of([record])[0]
    answer = render(request, "ui/_record_row.html", {"row": drawn})
    answer["HX-Retarget"], answer["HX-Reswap"] = f"#row-{record.pk}", "outerHTML"
    if saved:
        answer["HX-Trigger-After-Settle"] = json.dumps({"tandem:cell-saved": {"row": record.pk, "cell": saved}})
    return answer
