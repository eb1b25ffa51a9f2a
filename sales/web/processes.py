"""The process of an opportunity as a whole: finish it, abandon it, take it up again, follow another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.errors import CrmError
from crm.web.pages import add_to, answer, done, render_form
from sales.actions.processes import abandon_process, choose_process, finish_process, resume_process
from sales.actions.steps import StepsMissing
from sales.models import Opportunity, Process
from sales.web.opportunities import mine


class ProcessForm(forms.Form):
    process = forms.ModelChoiceField(
        label=gettext_lazy("Process"), queryset=Process.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, opportunity: Opportunity, **kwargs: Any) -> None:
        kwargs["initial"] = {"process": opportunity.process_id}
        super().__init__(*args, **kwargs)
        offered = Process.objects.filter(Q(is_active=True) | Q(pk=opportunity.process_id))
        self.fields["process"].queryset = offered  # type: ignore[attr-defined]


@login_required
def opportunity_process(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the process that this opportunity follows."""
    record = mine(request, pk)
    form = ProcessForm(request.POST or None, opportunity=record)
    if form.is_valid():
        try:
            changed = choose_process(record, **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            add_to(form, problem)
        else:
            said = _("It follows “%(process)s” now.") % {"process": changed.process}
            return done(request, said, record.get_absolute_url())
    sentence = _(
        "It stays in its stage, with all that is filled; from there on it needs what the chosen process asks for."
    )
    return render_form(
        request,
        form,
        title=_("The process of “%(deal)s”") % {"deal": record},
        submit=_("Follow this process"),
        back=record.get_absolute_url(),
        sentence=sentence,
        template="sales/form.html",
    )


@login_required
@require_POST
def opportunity_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """What the last stage still needs is shown in its place."""
    record = mine(request, pk)
    try:
        finish_process(record, by=request.user)  # type: ignore[arg-type]
    except StepsMissing as problem:
        answer(request, problem, record.get_absolute_url())
        return redirect("sales:opportunity-stage", record.pk, record.stage)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("The process is finished."), record.get_absolute_url())


@login_required
@require_POST
def opportunity_abandon(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, abandon_process, _("The process is abandoned; the opportunity stays open."))


@login_required
@require_POST
def opportunity_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, resume_process, _("The process goes on."))


def _done(request: HttpRequest, pk: int, act: Callable[..., Any], said: str) -> HttpResponse:
    record = mine(request, pk)
    try:
        act(record, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, said, record.get_absolute_url())
