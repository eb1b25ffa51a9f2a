"""A look at a record beside its list: its key facts, what is next, what happened last."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from crm.access.see import see_or_404
from crm.actions.tags import tags_of
from crm.hooks.records import Field, RecordKind
from crm.models import Activity
from crm.queries.naming import names_for
from crm.queries.timeline import timeline_of
from crm.web.list_filters import kind_or_404
from crm.web.requests import SignedIn
from crm.web.values import Shown, keys_in, shown

NOT_FACTS = {"name", "tags", "created_at", "created_by"}
FEW = 5


@login_required
def peek(request: SignedIn, kind: str, pk: int) -> HttpResponse:
    of = kind_or_404(request, kind)
    model: Any = of.model
    record = see_or_404(model.objects.select_related(*of.related), pk, request.user)
    told = None if isinstance(record, Activity) else timeline_of(record, request.user)
    context = {
        "record": record,
        "kind": of,
        "facts": facts_of(of, record, request.user),
        "tags": tags_of([record]).get(record.pk, []),
        "open": told.open[:FEW] if told else [],
        "happenings": told.happenings[:FEW] if told else [],
    }
    return render(request, "ui/_peek.html", context)


def facts_of(kind: RecordKind, record: Any, user: Any) -> list[tuple[str, Shown]]:
    """Label and value of every field that is filled in; what the list shows comes first, for that is what matters most."""
    fields = sorted((f for f in kind.all_fields() if _is_fact(f)), key=lambda field: _rank(kind, field))
    names = names_for(user, keys_in(fields, record))
    values = ((str(field.label), shown(field, record, names)) for field in fields)
    return [(label, value) for label, value in values if value]


def _is_fact(field: Field) -> bool:
    return field.name not in NOT_FACTS


def _rank(kind: RecordKind, field: Field) -> int:
    return kind.columns.index(field.name) if field.name in kind.columns else len(kind.columns)
