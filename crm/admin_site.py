"""The admin in our own shell: one navigation, one search, one look with the reps' pages.

Outside crm/admin, whose files register on the site: Django makes the site when somebody first asks for it, and a site
whose own package registers on it while it is being made would be made twice.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

CAP = 10_000


class TandemAdminSite(AdminSite):
    site_header = "Tandem"
    site_title = "Tandem"
    index_title = _("Marketing overview")
    site_url = None
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and getattr(user, "is_staff", False))

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        """There is one way to sign in. Whoever is signed in but may not be here is told so."""
        from django.contrib.auth.views import redirect_to_login

        from crm.errors import Forbidden

        if request.user.is_authenticated and not self.has_permission(request):
            raise Forbidden("These pages are for marketers and administrators; your role does not open them.")
        return redirect_to_login(request.GET.get("next") or "/admin/")

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """The overview: the doors of marketing with how much is behind each."""
        return super().index(request, {**(extra_context or {}), "counts": self.counts(request)})

    def counts(self, request: HttpRequest) -> dict[str, str]:
        """By address of a list: how many rows the reader sees there, counted up to a cap."""
        from crm.sql import asked_at_once  # models are ready only after the site is made
        from crm.web.context import Shell

        lists = {}
        marketing = {door.address for door in Shell(request).open_doors if door.area == "marketing"}
        for model, page in self._registry.items():
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            if address in marketing and page.has_module_permission(request):
                lists[address] = page.get_queryset(request).order_by().values("pk")[: CAP + 1]
        found = dict(asked_at_once("{n}, COUNT(*)", list(lists.values())))
        numbers = {address: found.get(at, 0) for at, address in enumerate(lists)}
        return {address: f"{CAP:,}+" if n > CAP else f"{n:,}" for address, n in numbers.items()}
