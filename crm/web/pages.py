"""Showing: a form page, a page for an error, an answer that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import models
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.errors import CrmError, Forbidden


def render_form(
    request: HttpRequest,
    form: BaseForm,
    *,
    title: str,
    submit: str = "",
    back: str = "",
    status: int | None = None,
    template: str = "ui/form.html",
    **more: Any,
) -> HttpResponse:
    """A page with one form. A form with errors answers 422, so that htmx and scripts can tell."""
    answer_status = status or (422 if form.is_bound and form.errors else 200)
    context = {"form": form, "title": title, "submit": submit, "back": back, "conflicts": None, **more}
    return render(request, template, context, status=answer_status)


def add_to(form: Any, problem: CrmError) -> None:
    """Say what an action refused at the field it is about; what a form cannot answer flies on."""
    if isinstance(problem, Forbidden):
        raise problem
    form.add_error(problem.field if problem.field in form.fields else None, problem.message)


def answer(request: HttpRequest, error: CrmError, back: str) -> HttpResponse:
    """Say what went wrong where the person is: a toast over the page they came from. Forbidden keeps its own page."""
    if isinstance(error, Forbidden):
        raise error
    if is_htmx(request):
        return toast(error.message, tone="error", status=error.status)
    messages.error(request, error.message)
    return HttpResponseRedirect(back)


def done(request: HttpRequest, sentence: str, to: str) -> HttpResponse:
    """Say what was done and lead on; htmx is led by a full visit."""
    messages.success(request, sentence)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)


def toast(sentence: str, *, tone: str = "success", status: int = 204) -> HttpResponse:
    """An answer to htmx that changes nothing but shows a toast."""
    event = {"tandem:toast": {"text": sentence, "tone": tone}}
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps(event), "HX-Reswap": "none"})


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def error_page(request: HttpRequest, error: CrmError) -> HttpResponse:
    """The page for an error that nobody answered: its sentence, and a way back."""
    if is_htmx(request):
        return toast(error.message, tone="error", status=error.status)
    titles = {
        400: _("That does not work like this"),
        403: _("You may not do this"),
        409: _("Not in this state"),
        412: _("Somebody else was quicker"),
        502: _("An outside service did not answer as it should"),
    }
    context = {
        "sentence": error.message,
        "title": titles.get(error.status, _("That did not work")),
        "status": error.status,
    }
    return render(request, "error.html", context, status=error.status)


@dataclass(frozen=True)
class Conflict:
    """One field that differs between what is saved now and what was typed."""

    label: str
    theirs: Any
    yours: Any
    name: str = ""
    """The field, where the form lets its reader choose whose value stands."""


def conflicts_between(form: Any, saved: models.Model) -> list[Conflict]:
    """The fields in which a bound ModelForm differs from the record as it is saved now."""
    found = []
    theirs: Mapping[str, Any] = models_to_words(saved, form)
    yours: Mapping[str, Any] = models_to_words(form.instance, form)
    for name in form.Meta.fields:
        if theirs[name] != yours[name]:
            found.append(Conflict(str(form.fields[name].label), theirs[name], yours[name]))
    return found


def models_to_words(record: models.Model, form: Any) -> dict[str, str]:
    """The form's fields of a record as a reader sees them."""
    words = {}
    for name in form.Meta.fields:
        shown = getattr(record, f"get_{name}_display", None)
        value = shown() if shown else getattr(record, name)
        words[name] = "" if value is None else str(value)
    return words
