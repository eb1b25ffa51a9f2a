"""The canvas: a draft drawn as a tree; each gesture is one POST that answers with the tree as it is now."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access.see import see_or_404
from crm.errors import CrmError, Invalid
from crm.models import Contact
from journeys import editing, entries, graph, names, simulating, steps
from journeys.actions.journeys import must_be_newest, save_draft
from journeys.models import Journey, JourneyStatus
from journeys.queries.tree import draw
from journeys.web.panels import EntryPanel, StepPanel

MOST_BODY = 1_000_000
CHANGEABLE = [JourneyStatus.DRAFT, JourneyStatus.LIVE, JourneyStatus.PAUSED]


def _context(request: HttpRequest, journey: Journey) -> dict[str, Any]:
    """What the tree, its problems and its buttons need."""
    with names.remembering():
        problems = graph.things_to_do(journey.draft)
        tree = draw(graph.parse(journey.draft), problems)
    return {
        "journey": journey,
        "tree": tree,
        "problems": problems,
        "draft": journey.draft,
        "can_edit": journey.status in CHANGEABLE and request.user.may("journeys.journey", "change"),  # type: ignore[union-attr]
        "is_published": journey.live_version is not None and journey.live_version.graph == journey.draft,
    }


@require_GET
def canvas(request: HttpRequest, pk: int) -> HttpResponse:
    journey = see_or_404(Journey.objects.select_related("live_version", "campaign"), pk, request.user)
    context = {**_context(request, journey), "title": journey.name, "palette": _palette()}
    template = "_canvas.html" if request.htmx else "canvas.html"  # type: ignore[attr-defined]
    return render(request, f"admin/journeys/journey/{template}", context)


def _palette() -> list[tuple[str, list[steps.StepKind]]]:
    groups: dict[str, list[steps.StepKind]] = {}
    for kind in steps.all_kinds():
        groups.setdefault(kind.group, []).append(kind)
    return list(groups.items())


@require_POST
def change_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Body: {"do": insert | move | shift | delete | replace, …, "version"}. Answers the tree, or 422 with a sentence."""
    journey = see_or_404(Journey.objects.select_related("live_version"), pk, request.user)
    try:
        journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
        wish = _wish(request)
        must_be_newest(journey, wish.get("version"))
        draft, added = _changed(journey.draft, wish)
        journey = save_draft(journey, draft=draft, by=request.user, version=wish.get("version"))  # type: ignore[arg-type]
    except CrmError as problem:
        return JsonResponse({"message": problem.message}, status=422 if problem.status == 400 else problem.status)
    response = render(request, "admin/journeys/journey/_canvas.html", _context(request, journey))
    response["X-Added"] = added
    return response


def _wish(request: HttpRequest) -> dict[str, Any]:
    try:
        wish = json.loads(request.body[:MOST_BODY])
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        raise Invalid("This is not a change to a journey.")
    return wish


def _changed(draft: dict[str, Any], wish: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The new draft, and the id of a step that was added."""
    node = str(wish.get("node", ""))
    place = (str(wish.get("source", "")), str(wish.get("outcome", "")))
    match wish.get("do"):
        case "insert":
            return editing.insert(draft, place, str(wish.get("kind", "")))
        case "move":
            return editing.move(draft, node, place), ""
        case "shift":
            return editing.shift(draft, node, 1 if wish.get("down") else -1), ""
        case "delete":
            return editing.delete(draft, node), ""
        case "replace":
            return wish.get("draft") or {}, ""
    raise Invalid("This is not a change to a journey.")


@require_http_methods(["GET", "POST"])
@names.remembering()
def step_panel(request: HttpRequest, pk: int, node: str) -> HttpResponse:
    """The side panel of one step (or “entry”): its params as a form. Saving tells the canvas to draw itself anew."""
    journey = see_or_404(Journey, pk, request.user)
    panel_class = EntryPanel if node == graph.ENTRY else StepPanel
    panel = panel_class(journey, node, request.POST or None)
    status, saved = 200, False
    if request.method == "POST":
        journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
        if panel.only_redraw:
            pass
        elif panel.is_valid() and not panel.is_stale:
            save_draft(journey, draft=panel.changed(), by=request.user, version=journey.version)  # type: ignore[arg-type]
            panel, saved = panel_class(Journey.objects.get(pk=pk), node, None), True
        else:
            status = 422
    context = {"journey": journey, "panel": panel, "saved": saved, "entry_kinds": entries.all_kinds()}
    response = render(request, "admin/journeys/journey/_panel.html", context, status=status)
    if saved:
        response["HX-Trigger"] = json.dumps({"journey:saved": {"node": node}})
    return response


@require_GET
def simulate(request: HttpRequest, pk: int) -> HttpResponse:
    """Walk one contact through the draft; nothing is written and nothing sent."""
    journey = see_or_404(Journey.objects.select_related("campaign"), pk, request.user)
    wanted = request.GET.get("contact", "")
    people = Contact.objects.visible_to(request.user)
    contact = people.filter(pk=wanted).select_related("owner").first() if wanted.isdigit() else None
    found = list(_look_for(people, request.GET.get("q", "")))
    with names.remembering():
        walk = simulating.walk(journey, contact) if contact else []
    return render(
        request,
        "admin/journeys/journey/simulate.html",
        {
            "journey": journey,
            "title": f"Try “{journey}”",
            "contact": contact,
            "found": found,
            "walk": walk,
            "q": request.GET.get("q", ""),
        },
    )


def _look_for(people: Any, text: str) -> Any:
    """By name or address; without a word, the newest."""
    for word in text.split()[:4]:
        people = (
            people.filter(last_name__icontains=word)
            | people.filter(first_name__icontains=word)
            | people.filter(email__icontains=word)
        )
    return people.order_by("-pk")[:8]
