"""What ends or changes a running journey, each with its consequences before the press: moving people, deleting."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.access.see import see_or_404
from crm.errors import CrmError
from crm.web.pages import answer
from journeys import names
from journeys.actions.journeys import delete_journey
from journeys.actions.moving import ask_to_move
from journeys.models import Journey, JourneyVersion
from journeys.queries.deleting import consequences_of
from journeys.queries.moving import older_of, targets

STAY = "-"
"""What the select says for “they finish where they are”."""


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is on which older version at which step, and where they would go; the button carries the number."""
    journey = see_or_404(Journey.objects.select_related("live_version"), pk, request.user)
    here = reverse("admin:journeys_journey_move", args=[pk])
    if request.method == "POST":
        number = request.POST.get("version", "")
        version = get_object_or_404(JourneyVersion, journey=journey, number=number if number.isdigit() else 0)
        prefix = "to:"
        asked = {key.removeprefix(prefix): str(value) for key, value in request.POST.items() if key.startswith(prefix)}
        try:
            journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
            places = {node: target for node, target in asked.items() if target != STAY}
            ask_to_move(version, places=places, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            return answer(request, problem, here)
        messages.success(request, f"The people of version {version.number} are being moved.")
        return HttpResponseRedirect(here)
    with names.remembering():
        older = older_of(journey)
        offered = targets(journey) if older else []
    context = {
        "journey": journey,
        "title": f"People on older versions of “{journey}”",
        "older": older,
        "targets": offered,
        "stay": STAY,
        "live_page": reverse("admin:journeys_journey_live", args=[pk]),
        "may_move": request.user.may("journeys.journey", "change"),  # type: ignore[union-attr]
    }
    return render(request, "admin/journeys/journey/move.html", context)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Into the bin, after saying what goes and what stays."""
    journey = see_or_404(Journey.objects.select_related("live_version"), pk, request.user)
    if request.method == "POST":
        try:
            journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
            delete_journey(journey, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            return answer(request, problem, reverse("admin:journeys_journey_remove_journey", args=[pk]))
        messages.success(request, f"“{journey}” is in the bin.")
        return HttpResponseRedirect(reverse("admin:journeys_journey_changelist"))
    context = {"journey": journey, "title": f"Delete “{journey}”?", "goes": consequences_of(journey)}
    return render(request, "admin/journeys/journey/delete.html", context)
