"""The history of a record: a tab of its page, and a page of its own. Whoever sees the record sees its history."""

from __future__ import annotations

from typing import Any

from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm.access.see import see_or_404
from crm.queries.addresses import address_of
from crm.queries.history import authors_of, fields_of, history_of


@login_required
def history(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """The page, also for what has no page of its own."""
    model = _model_of(label)
    record = see_or_404(model, pk, request.user)
    context = {**_told(request, record), "address": address_of(record)}
    return render(request, "crm/history/page.html", context)


def history_tab(request: HttpRequest, record: Model) -> SafeString:
    return render_to_string("crm/history/_history.html", _told(request, record), request)


def has_history(record: Model) -> bool:
    return auditlog.contains(type(record))


def _told(request: HttpRequest, record: Model) -> dict[str, Any]:
    only = request.GET.get("field", "")
    fields = fields_of(record)
    page = history_of(
        record,
        request.user,
        only=only if only in dict(fields) else "",
        by=_number(request.GET.get("by")),
        before=_number(request.GET.get("before")) or 0,
    )
    return {
        "record": record,
        "page": page,
        "noun": record._meta.verbose_name,
        "fields": fields,
        "authors": list(authors_of(record)),
        "only": only,
        "by": request.GET.get("by", ""),
        "is_narrowed": bool(only or request.GET.get("by") or request.GET.get("before")),
        "tab": request.GET.get("tab", ""),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _model_of(label: str) -> type[Model]:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if not auditlog.contains(model) or not hasattr(model._default_manager.all(), "visible_to"):
        raise Http404
    return model
