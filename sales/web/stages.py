"""The process bar: what a stage still needs, filled there and then; forward, back, to any stage."""

from __future__ import annotations

from typing import Any

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
from sales.actions.steps import StepsMissing, missing_on_the_way
from sales.models import Opportunity, Stage
from sales.models.processes import ORDER
from sales.queries.steps import Step, missing_steps, steps_of
from sales.web.opportunities import mine, render_opportunity, seen
from sales.web.opportunity_forms import missing_form, stage_form


@login_required
def opportunity_stage(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """What this stage asks for. Saving keeps what is filled so far; “go” moves to the stage it names, if all is there."""
    if stage not in Stage:
        raise Http404
    if request.method != "POST":
        record = seen(request, pk)
        form = stage_form(record, _asked(record, Stage(stage)), request.user)  # type: ignore[arg-type]
        return _shown(request, record, Stage(stage), form, is_part=is_htmx(request))
    return _filled(request, mine(request, pk), Stage(stage), request.POST.get("go", ""))


def _asked(record: Opportunity, stage: Stage) -> list[Step]:
    """The steps of the stage; where it is the current one, also those emptied since their own stage was passed."""
    steps = steps_of(record)[stage]
    if not record.is_under_way or stage != record.stage:
        return steps
    names = {step.path for step in steps}
    passed = missing_steps(record, ORDER[: ORDER.index(stage)])
    return [*(step for step in passed if step.path not in names), *steps]


def _filled(request: HttpRequest, record: Opportunity, stage: Stage, go: str) -> HttpResponse:
    must = bool(go) and stage == record.stage
    form = stage_form(record, _asked(record, stage), request.user, request.POST, must=must)  # type: ignore[arg-type]
    if not form.is_valid():
        return _shown(request, seen(request, record.pk), stage, form)
    try:
        if go:
            moved = set_stage(record, stage=go, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            return done(request, now_in(moved), record.get_absolute_url())
        change_opportunity(record, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except CrmError as problem:
        explain(form, problem)
        return _shown(request, seen(request, record.pk), stage, form)
    return done(request, _("Saved."), reverse("sales:opportunity-stage", args=[record.pk, stage]))


def explain(form: Any, problem: CrmError) -> None:
    """Say what was refused at its field, or above the form where a step is missing that the form does not ask for."""
    if isinstance(problem, StepsMissing) and any(step.path not in form.fields for step in problem.steps):
        form.add_error(None, problem.message)
    else:
        add_to(form, problem)


def _shown(
    request: HttpRequest, record: Opportunity, stage: Stage, form: Any, *, is_part: bool = False
) -> HttpResponse:
    """The page with this stage open, or for htmx the part alone."""
    context = {
        "open_stage": stage,
        "stage_form": form,
        "next_stage": Stage(record.stage).next,
        "is_here": stage == record.stage,
    }
    return _opened(request, record, "sales/opportunities/_stage.html", form, is_part=is_part, **context)


def _opened(
    request: HttpRequest, record: Opportunity, part: str, form: Any, *, is_part: bool, **context: Any
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    if is_part:
        may_change = Opportunity.objects.editable_by(request.user).filter(pk=record.pk).exists()
        more = {"opportunity": record, "may_change": may_change}
        return render(request, part, {**context, **more}, status=status)
    return render_opportunity(request, record, status=status, open_part=part, **context)


@login_required
def opportunity_move(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """To this stage, filling on the way what all the stages passed still need: one form for them all."""
    record = mine(request, pk)
    if stage not in Stage:
        raise Http404
    missing = missing_on_the_way(record, stage)
    data = request.POST if request.method == "POST" else None
    form = missing_form(record, missing, request.user, data)  # type: ignore[arg-type]
    if data is not None and form.is_valid():
        try:
            moved = set_stage(record, stage=stage, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except CrmError as problem:
            explain(form, problem)
        else:
            return done(request, now_in(moved), record.get_absolute_url())
    return _ask(request, seen(request, pk), Stage(stage), form)


def _ask(request: HttpRequest, record: Opportunity, to: Stage, form: Any) -> HttpResponse:
    context = {"to": to, "stage_form": form, "sentence": form.sentence}
    return _opened(request, record, "sales/opportunities/_ask.html", form, is_part=is_htmx(request), **context)


@login_required
@require_POST
def opportunity_advance(request: HttpRequest, pk: int) -> HttpResponse:
    """The next stage, or what the way there still needs."""
    record = mine(request, pk)
    return _moved(request, record, Stage(record.stage).next)


@login_required
@require_POST
def opportunity_set_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """To any stage, or what the way there still needs."""
    record = mine(request, pk)
    to = request.POST.get("stage", "")
    if to not in Stage:
        raise Http404
    return _moved(request, record, Stage(to))


@login_required
@require_POST
def opportunity_back(request: HttpRequest, pk: int) -> HttpResponse:
    record = mine(request, pk)
    try:
        moved = move_back(record, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("Back in %(stage)s.") % {"stage": moved.get_stage_display()}, record.get_absolute_url())


def now_in(moved: Opportunity) -> str:
    return _("Now in %(stage)s.") % {"stage": moved.get_stage_display()}


def _moved(request: HttpRequest, record: Opportunity, to: Stage | None) -> HttpResponse:
    """A full page is led to the form of what is missing; htmx gets it where it asked."""
    home, user = record.get_absolute_url(), request.user
    try:
        moved = set_stage(record, stage=to, by=user) if to else advance_opportunity(record, by=user)  # type: ignore[arg-type]
    except StepsMissing as problem:
        target = to or Stage.CLOSE
        if not is_htmx(request):
            return redirect("sales:opportunity-move", record.pk, target)
        return _ask(request, record, target, missing_form(record, problem.steps, user))  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, home)
    return done(request, now_in(moved), home)
