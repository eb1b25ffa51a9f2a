"""The button on the live page that ends a test of paths by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.errors import CrmError
from crm.web.pages import answer
from journeys.actions.path_tests import choose_path
from journeys.models import Journey, PathTest
from journeys.web.live import at


@require_POST
def choose(request: HttpRequest, pk: int, test: int) -> HttpResponse:
    journey = see_or_404(Journey, pk, request.user)
    found: Any = get_object_or_404(PathTest.objects.select_related("journey"), pk=test, journey=journey)
    try:
        choose_path(found, request.POST.get("path", ""), by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, at("live", pk))
    messages.success(request, "Chosen: whoever comes to this test from now on goes that way.")
    return HttpResponseRedirect(at("live", pk))
