"""While it runs: before publishing, the live page, its people and their diaries, and the buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_fsm import can_proceed

from crm.access.see import see_or_404
from crm.errors import CrmError
from crm.web.pages import answer
from journeys import ends, graph, names
from journeys.actions import journeys as actions
from journeys.actions.participants import remove_participant, try_again
from journeys.filters import ParticipantFilter
from journeys.models import Journey, JourneyVersion, Participant, Turn, Visit
from journeys.queries.audience import before_publishing
from journeys.queries.goal import goal_of
from journeys.queries.moving import on_older_versions
from journeys.queries.path_tests import tests_of
from journeys.queries.tree import counts_of, draw

PAGE = "admin/journeys/journey/"


def at(name: str, *args: Any) -> str:
    return reverse(f"admin:journeys_journey_{name}", args=args)


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Who, what and the limits, on one page; the button carries the number."""
    journey = see_or_404(Journey.objects.select_related("live_version", "campaign"), pk, request.user)
    if request.method == "POST":
        try:
            journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
            journey = actions.publish_journey(journey, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            return answer(request, problem, at("canvas", pk))
        messages.success(request, f"“{journey}” is live. People come in within seconds.")
        return HttpResponseRedirect(at("live", pk))
    with names.remembering():
        problems = graph.things_to_do(journey.draft)
        outlook = None if problems else before_publishing(journey)
    context = {"journey": journey, "title": f"Publish “{journey}”", "problems": problems, "outlook": outlook}
    return render(request, f"{PAGE}publish.html", context)


@require_GET
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The running version with its counts; htmx asks again every few seconds for the part that changes."""
    journey = see_or_404(Journey.objects.select_related("live_version", "campaign"), pk, request.user)
    if journey.live_version is None:
        return HttpResponseRedirect(at("canvas", pk))
    version = _version(request, journey)
    counts = counts_of(version)
    parsed = graph.parse(version.graph)
    with names.remembering():
        tree = draw(parsed, counts=counts)
        tests = tests_of(journey, parsed)
    context = {
        "journey": journey,
        "title": journey.name,
        "version": version,
        "versions": list(journey.versions.defer("graph")),
        "tree": tree,
        "tests": tests,
        "entered": Participant.objects.filter(version=version).count(),
        "inside": sum(count.waiting for count in counts.values()),
        "failed": sum(count.failed for count in counts.values()),
        "waiting": Turn.objects.filter(journey=journey).count(),
        "goal": goal_of(version),
        "inside_all": Participant.objects.active().filter(journey=journey).count(),
        "on_older": on_older_versions(journey),
        "may": _may(request, journey),
    }
    template = "_live.html" if request.htmx else "live.html"  # type: ignore[attr-defined]
    return render(request, f"{PAGE}{template}", context)


def _version(request: HttpRequest, journey: Journey) -> JourneyVersion:
    number = request.GET.get("version", "")
    if number.isdigit():
        return get_object_or_404(JourneyVersion, journey=journey, number=number)
    assert journey.live_version is not None
    return journey.live_version


def _may(request: HttpRequest, journey: Journey) -> dict[str, bool]:
    """The page asks the life cycle which buttons to show."""
    if not request.user.may("journeys.journey", "change"):  # type: ignore[union-attr]
        return {}
    return {
        "pause": can_proceed(journey.pause),
        "resume": can_proceed(journey.resume),
        "finish": can_proceed(journey.finish),
        "reopen": can_proceed(journey.reopen),
        "stop": can_proceed(journey.stop),
        "archive": can_proceed(journey.archive),
        "copy": True,
    }


_VERBS = {
    "pause": (actions.pause_journey, "“{}” is paused. Clocks run on; nothing is sent."),
    "resume": (actions.resume_journey, "“{}” goes on."),
    "finish": (actions.finish_journey, "Nobody comes into “{}” any more. Who is inside goes on to the end."),
    "reopen": (actions.reopen_journey, "People come into “{}” again."),
    "stop": (actions.stop_journey, "“{}” is stopped. Everybody has left it."),
    "archive": (actions.archive_journey, "“{}” is archived."),
    "copy": (actions.copy_journey, "“{}” is a new draft."),
}


@require_POST
def do(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One of the buttons: pause, resume, stop, archive, copy, retry."""
    journey = see_or_404(Journey, pk, request.user)
    try:
        journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
        if verb == "retry":
            count = try_again(journey, by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"{count} people try their step again.")
            return HttpResponseRedirect(at("live", pk))
        if verb not in _VERBS:
            raise Http404
        action, sentence = _VERBS[verb]
        journey = action(journey, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, at("live", pk))
    messages.success(request, sentence.format(journey))
    return HttpResponseRedirect(at("live" if journey.live_version_id else "canvas", journey.pk))


@require_GET
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is or was where: `step` with `passed` narrows to those who took a way out of it."""
    journey = see_or_404(Journey, pk, request.user)
    found = Participant.objects.visible_to(request.user).filter(journey=journey)
    step, passed = request.GET.get("step", ""), request.GET.get("passed", "")
    if step and passed:
        taken = Visit.objects.filter(participant=OuterRef("pk"), node=step)
        found = found.filter(Exists(taken if passed == "any" else taken.filter(outcome=passed)))
    elif step:
        found = found.filter(node=step)
    filtered = ParticipantFilter(request.GET, found.select_related("contact", "version").order_by("-pk"))
    page = Paginator(filtered.qs, 50).get_page(request.GET.get("page"))
    with names.remembering():
        rows = [(participant, step_name(participant.version, participant.node)) for participant in page]
    context = {
        "journey": journey,
        "title": f"People in “{journey}”",
        "page": page,
        "rows": rows,
        "step": step,
        "passed": passed,
        "filter": filtered,
        "statuses": Participant.Status.choices,
    }
    return render(request, f"{PAGE}people.html", context)


@require_GET
def diary(request: HttpRequest, pk: int, participant: int) -> HttpResponse:
    """One person's way, step by step, and where they are now."""
    journey = see_or_404(Journey, pk, request.user)
    found = Participant.objects.visible_to(request.user).select_related("contact", "version", "journey")
    person = get_object_or_404(found, pk=participant, journey=journey)
    with names.remembering():
        nodes = graph.parse(person.version.graph).nodes
        visits = [
            (visit, nodes.get(visit.node), _way(nodes.get(visit.node), visit.outcome))
            for visit in person.visits.order_by("number")[:500]
        ]
        now_at = nodes.get(person.node)
        now_name = now_at.name if now_at else person.node
        reason = ends.reason(person.version.graph, person.outcome)
    context = {
        "journey": journey,
        "title": str(person.contact),
        "person": person,
        "visits": visits,
        "now_at": now_at,
        "now_name": now_name,
        "reason": reason,
        "can_remove": person.status in ("ready", "waiting") and request.user.may("journeys.journey", "change"),  # type: ignore[union-attr]
    }
    return render(request, f"{PAGE}diary.html", context)


def _way(node: graph.Node | None, outcome: str) -> str:
    if node is None:
        return outcome
    labels = {way.name: way.label for way in node.step.outcomes(node.params)}
    return labels.get(outcome, outcome) if len(labels) > 1 else ""


def step_name(version: JourneyVersion, node: str) -> str:
    found = version.graph["nodes"].get(node)
    return graph.Node(node, found["kind"], found.get("params", {})).name if found else node


@require_POST
def remove(request: HttpRequest, pk: int, participant: int) -> HttpResponse:
    journey = see_or_404(Journey, pk, request.user)
    journey.must_be_editable_by(request.user)  # type: ignore[arg-type]
    found = Participant.objects.visible_to(request.user).select_related("contact", "journey")
    person = get_object_or_404(found, pk=participant, journey=journey)
    try:
        remove_participant(person, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, at("diary", pk, participant))
    messages.success(request, f"{person.contact} has left “{journey}”.")
    return HttpResponseRedirect(at("diary", pk, participant))
