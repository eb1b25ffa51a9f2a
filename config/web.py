"""The page that takes the demo company out again."""

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.demo.loading import remove
from crm.access.depths import may
from crm.models import DemoRows


@staff_member_required(login_url="account_login")
@require_http_methods(["GET", "POST"])
def demo_data(request: HttpRequest) -> HttpResponse:
    """What the demo brought, and the button that removes it; for those who may change the company's settings."""
    if not may(request.user, "crm.company", "change"):
        raise PermissionDenied
    if request.method == "POST":
        messages.success(request, remove())
        return redirect("crm:home")
    rows = [(row.label.partition(".")[2], len(row.keys)) for row in DemoRows.objects.filter(label__in=SHOWN)]
    return render(request, "admin/demo.html", {**admin.site.each_context(request), "title": "Demo data", "rows": rows})


SHOWN = [
    "crm.User",
    "crm.Account",
    "crm.Contact",
    "crm.Campaign",
    "sales.Lead",
    "sales.Opportunity",
    "sales.Product",
    "sales.Quote",
]
