"""The process bar: what a stage still needs, filled there and then; forward, back, and the board."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.errors import CrmError
from crm.web.pages import add_to, answer, done, is_htmx
from sales.actions.opportunities import change_opportunity
from sales.actions.stages import advance_opportunity, move_back, set_stage
from sales.actions.steps import StepsMissing
from sales.models import Opportunity, Stage
from sales.queries.steps import steps_of
from sales.web.opportunities import mine, render_opportunity, seen
from sales.web.opportunity_forms import stage_form


@login_required
def opportunity_stage(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """What this stage asks for. Saving keeps what is filled so far; “go” moves to the stage it names, if all is there."""
    if stage not in Stage:
        raise Http404
    if request.method != "POST":
        record = seen(request, pk)
        form = stage_form(record, steps_of(record)[stage], request.user)  # type: ignore[arg-type]
        return _shown(request, record, Stage(stage), form, is_part=is_htmx(request))
    return _filled(request, mine(request, pk), Stage(stage), request.POST.get("go", ""))


def _filled(request: HttpRequest, record: Opportunity, stage: Stage, go: str) -> HttpResponse:
    must = bool(go) and stage == record.stage
    form = stage_form(record, steps_of(record)[stage], request.user, request.POST, must=must)  # type: ignore[arg-type]
    if not form.is_valid():
        return _shown(request, seen(request, record.pk), stage, form)
    try:
        if go:
            moved = set_stage(record, stage=go, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            return done(
                request, _("Now in %(stage)s.") % {"stage": moved.get_stage_display()}, record.get_absolute_url()
            )
        change_opportunity(record, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except CrmError as problem:
        _explain(form, problem)
        return _shown(request, seen(request, record.pk), stage, form)
    return done(request, _("Saved."), reverse("sales:opportunity-stage", args=[record.pk, stage]))


def _explain(form: Any, problem: CrmError) -> None:
    if isinstance(problem, StepsMissing) and any(step.path not in form.fields for step in problem.steps):
        form.add_error(None, problem.message)
    else:
        add_to(form, problem)


def _shown(
    request: HttpRequest, record: Opportunity, stage: Stage, form: Any, *, is_part: bool = False
) -> HttpResponse:
    """The page with this stage open, or for htmx the part alone."""
    status = 422 if form.is_bound else 200
    may_change = Opportunity.objects.editable_by(request.user).filter(pk=record.pk).exists()
    context = {
        "open_stage": stage,
        "stage_form": form,
        "next_stage": Stage(record.stage).next,
        "is_here": stage == record.stage,
    }
    if is_part:
        more = {"opportunity": record, "may_change": may_change}
        return render(request, "sales/opportunities/_stage.html", {**context, **more}, status=status)
    return render_opportunity(request, record, status=status, **context)


@login_required
@require_POST
def opportunity_advance(request: HttpRequest, pk: int) -> HttpResponse:
    """The next stage, or the page with what this one still needs opened."""
    record = mine(request, pk)
    return _moved(request, record, Stage(record.stage).next)


@login_required
@require_POST
def opportunity_set_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was dropped, or its button pressed. What is missing on the way is asked for."""
    record = mine(request, pk)
    to = request.POST.get("stage", "")
    if to not in Stage:
        raise Http404
    return _moved(request, record, Stage(to), back=request.POST.get("back", ""))


@login_required
@require_POST
def opportunity_back(request: HttpRequest, pk: int) -> HttpResponse:
    record = mine(request, pk)
    try:
        moved = move_back(record, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("Back in %(stage)s.") % {"stage": moved.get_stage_display()}, record.get_absolute_url())


def _moved(request: HttpRequest, record: Opportunity, to: Stage | None, back: str = "") -> HttpResponse:
    home = reverse("sales:board") if back == "board" else record.get_absolute_url()
    try:
        user: Any = request.user
        moved = set_stage(record, stage=to, by=user) if to else advance_opportunity(record, by=user)
    except StepsMissing as problem:
        opened = reverse("sales:opportunity-stage", args=[record.pk, problem.stages[0]])
        return _asked_for(request, problem, opened)
    except CrmError as problem:
        return answer(request, problem, home)
    return done(request, _("Now in %(stage)s.") % {"stage": moved.get_stage_display()}, home)


def _asked_for(request: HttpRequest, problem: CrmError, opened: str) -> HttpResponse:
    """Say what is missing on the page where it can be filled; htmx (the board) is led there, too."""
    messages.warning(request, problem.message)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": opened})
    return redirect(opened)
