"""/confirm/<token>: the page behind the link of a confirmation mail. GET shows, POST confirms, since scanners follow links."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.actions.opt_ins import confirm, language_of, opt_in_of, send_again
from crm.errors import CrmError
from crm.languages import for_visitors, in_house
from crm.models import Company, OptIn
from crm.web.tracking import broken_link


@for_visitors
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    opt_in, now = opt_in_of(token), timezone.now()
    if opt_in is None:
        return broken_link(request)
    with translation.override(language_of(opt_in) or translation.get_language()):
        return _page(request, opt_in, now)


def _page(request: HttpRequest, opt_in: OptIn, now: datetime) -> HttpResponse:
    sentence, step = "", "done" if opt_in.confirmed_at else "ask" if opt_in.expires_at > now else "expired"
    if request.method == "POST":
        try:
            with in_house():
                opt_in, step = _posted(request, opt_in, now)
        except CrmError as problem:
            sentence = gettext(problem.message)
    context = {"opt_in": opt_in, "step": step, "sentence": sentence, "company": Company.objects.first()}
    return render(request, "crm/delivery/confirm.html", context)


def _posted(request: HttpRequest, opt_in: OptIn, now: datetime) -> tuple[OptIn, str]:
    if request.POST.get("do") == "again":
        return send_again(opt_in, now=now), "sent"
    proof = {"at": now.isoformat(), "browser": request.headers.get("User-Agent", "")[:300]}
    return confirm(opt_in, proof=proof, now=now), "done"
