"""The calls of other programs that a journey makes: whom about, what was answered, when it is tried again."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.access.see import see_or_404
from journeys import names
from journeys.models import Call, Journey
from journeys.web.live import PAGE, step_name


@require_GET
def calls(request: HttpRequest, pk: int) -> HttpResponse:
    journey = see_or_404(Journey, pk, request.user)
    found = Call.objects.visible_to(request.user).filter(journey=journey)
    status = request.GET.get("status", "")
    if status in Call.Status.values:
        found = found.filter(status=status)
    rows = found.select_related("participant__contact", "participant__version").order_by("-pk")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    with names.remembering():
        listed = [(call, step_name(call.participant.version, call.node)) for call in page]
    context = {
        "journey": journey,
        "title": f"Calls of “{journey}”",
        "page": page,
        "rows": listed,
        "status": status,
        "statuses": Call.Status.choices,
    }
    return render(request, f"{PAGE}calls.html", context)
