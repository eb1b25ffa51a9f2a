"""/healthz for machines, and the health page for the operator."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from crm.access.depths import may
from crm.models import JobRun, SetAside
from crm.queries import health


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where all is well, else 503; the body says what is not, in words."""
    signs = health.signs(timezone.now())
    body: dict[str, Any] = {sign.name: {"well": sign.is_well, "says": sign.sentence} for sign in signs}
    well = all(sign.is_well for sign in signs)
    return JsonResponse({"well": well, **body}, status=200 if well else 503)


@staff_member_required(login_url="account_login")
def health_page(request: HttpRequest) -> HttpResponse:
    if not may(request.user, "crm.health", "view"):
        raise PermissionDenied
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "signs": health.signs(now),
        "readers": health.reader_states(),
        "overdue": health.overdue_schedules(now),
        "holder": health.who_holds_the_log(now),
        "jobs": JobRun.objects.order_by("name")[:100],
        "set_aside": SetAside.objects.select_related("interaction").order_by("-pk")[:20],
    }
    return render(request, "admin/crm/health.html", context)
