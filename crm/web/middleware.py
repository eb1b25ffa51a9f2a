"""What happens around every page."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from crm.access.see import MergedAway
from crm.audit import changing
from crm.custom_fields.definitions import reading_once
from crm.errors import CrmError
from crm.languages import inside_language, visitors_language
from crm.models import User
from crm.web.pages import done, error_page
from crm.web.sign_in import has_second_factor, needs_second_factor

Next = Callable[[HttpRequest], HttpResponse]
OPEN_BEFORE_SETUP = ("/setup/", "/static/", "/healthz", "/api/", "/t/", "/hooks/")


def first_run(next_: Next) -> Next:
    """Where nobody has signed up yet, every page leads to the first set-up."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_open = request.path.startswith(OPEN_BEFORE_SETUP) or request.user.is_authenticated
        if not is_open and not User.objects.exists():
            return HttpResponseRedirect(reverse("crm:setup"))
        return next_(request)

    return middleware


def readers_language(next_: Next) -> Next:
    """Texts, dates and numbers in the language the reader has chosen; to strangers in the one that their browser asks for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(inside_language(request.user)):
            response = next_(request)
        if getattr(request, "is_for_visitors", False):
            patch_vary_headers(response, ["Accept-Language"])
        return response

    def process_view(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if getattr(view, "is_for_visitors", False):
            request.is_for_visitors = True  # type: ignore[attr-defined]
            if not request.user.is_authenticated:
                translation.activate(visitors_language(request))

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


SIGN_IN_PAGES = ("/auth/", "/static/", "/settings/second-factor/")


def second_factor_first(next_: Next) -> Next:
    """Whoever needs a second factor and has none is led to set one up, before any other page; the API says so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated or request.path.startswith(SIGN_IN_PAGES):
            return next_(request)
        if not needs_second_factor(user) or has_second_factor(request):
            return next_(request)
        if request.path.startswith("/api/"):
            said = {"type": "about:blank", "title": "Set up a second factor first, in the browser.", "status": 403}
            return JsonResponse(said, status=403, content_type="application/problem+json")
        return HttpResponseRedirect(reverse("crm:second-factor"))

    return middleware


def readers_zone(next_: Next) -> Next:
    """Times are stored in UTC and shown in the reader's zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", None) or "UTC"
        with timezone.override(ZoneInfo(zone)):
            return next_(request)

    return middleware


def change_source(next_: Next) -> Next:
    """The history keeps whether a change came by a page, by the admin or by the API."""

    def middleware(request: HttpRequest) -> HttpResponse:
        ways = {"/api/": "api", "/admin/": "admin"}
        source = next((way for prefix, way in ways.items() if request.path.startswith(prefix)), "page")
        with changing(source):
            return next_(request)

    return middleware


def custom_fields_read_once(next_: Next) -> Next:
    """What a record says beside its columns is asked many times in a request, and read once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with reading_once():
            return next_(request)

    return middleware


def merged_leads_on(next_: Next) -> Next:
    """The page of a record that was merged into another one leads to that one; what was sent to it is not lost in silence."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return next_(request)

    def process_exception(request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, MergedAway) or request.path.startswith("/api/"):
            return None
        said = _("This was merged into “%s”, and this is its page now.") % problem.into
        if request.method != "GET":
            said = (
                _("Nothing was changed: the record was merged into “%s” meanwhile. Repeat your change here.")
                % problem.into
            )
        return done(request, said, problem.into.get_absolute_url())

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def errors_as_pages(next_: Next) -> Next:
    """A CrmError that no page answered becomes a page with its sentence and its status."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return next_(request)

    def process_exception(request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return error_page(request, problem) if isinstance(problem, CrmError) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
