"""/confirm/<token>: the page behind the link of a confirmation mail. GET shows, POST confirms, since scanners follow links."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.actions.opt_ins import confirm, opt_in_of, send_again
from crm.errors import CrmError
from crm.models import Company
from crm.web.tracking import broken_link


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    opt_in, now = opt_in_of(token), timezone.now()
    if opt_in is None:
        return broken_link(request)
    sentence, step = "", "done" if opt_in.confirmed_at else "ask" if opt_in.expires_at > now else "expired"
    if request.method == "POST":
        proof = {"at": now.isoformat(), "browser": request.headers.get("User-Agent", "")[:300]}
        try:
            if request.POST.get("do") == "again":
                opt_in, step = send_again(opt_in, now=now), "sent"
            else:
                opt_in, step = confirm(opt_in, proof=proof, now=now), "done"
        except CrmError as problem:
            sentence = problem.message
    context = {"opt_in": opt_in, "step": step, "sentence": sentence, "company": Company.objects.first()}
    return render(request, "crm/delivery/confirm.html", context)
