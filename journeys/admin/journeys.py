"""The list of journeys, and the addresses of canvas, publish, live page, people and simulator."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.admin.base import RecordAdmin
from crm.templatetags.ui import status_badge
from journeys.models import Journey, JourneyStatus, Participant
from journeys.web import calls, canvas, life, live, path_tests
from marketing.models import Segment

TONES = {
    "draft": "neutral",
    "live": "success",
    "paused": "warning",
    "finishing": "info",
    "completed": "neutral",
    "stopped": "danger",
    "archived": "neutral",
}


def _segment_asked(request: HttpRequest) -> Segment | None:
    """The segment of `?segment=7`, where the user sees it."""
    pk = request.GET.get("segment", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return None
    return Segment.objects.visible_to(request.user).filter(pk=pk).first()


def _inside() -> Any:
    active = Participant.objects.active().filter(journey=OuterRef("pk")).order_by().values("journey")
    return Coalesce(Subquery(active.annotate(many=Count("pk")).values("many")), 0)


@admin.register(Journey)
class JourneyAdmin(RecordAdmin):
    list_display = ["named", "state", "campaign", "inside", "went_live_at", "owner"]
    list_display_links = None
    list_filter = ["status"]
    list_select_related = ["campaign", "owner"]
    search_fields = ["name"]
    search_help_text = "By name"
    fields = ["name", "campaign", "owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Archived ones only where they are asked for."""
        found = super().get_queryset(request).annotate(inside_now=_inside())
        asked = request.GET.get("status__exact") or request.resolver_match.url_name != "journeys_journey_changelist"  # type: ignore[union-attr]
        return found if asked else found.exclude(status=JourneyStatus.ARCHIVED)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> forms.ModelChoiceField:
        if db_field.name == "campaign":
            from crm.models import Campaign

            kwargs["queryset"] = Campaign.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[return-value]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?segment=7` is a journey for its people: named after it, and its way in is chosen."""
        segment = _segment_asked(request)
        named = {"name": _("Journey of “%s”") % segment} if segment else {}
        return {**super().get_changeform_initial_data(request), **named}

    def save_model(self, request: HttpRequest, obj: Journey, form: Any, change: bool) -> None:
        if not change and (segment := _segment_asked(request)):
            obj.draft["entry"] = {"kind": "segment", "params": {"segment": segment.pk}}
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By its own page, which says what goes and what stays (journeys/web/life.py)."""
        return False

    @admin.display(description="Journey", ordering="name")
    def named(self, journey: Journey) -> SafeString:
        page = "canvas" if journey.status == JourneyStatus.DRAFT else "live"
        return format_html(
            '<a href="{}">{}</a>', reverse(f"admin:journeys_journey_{page}", args=[journey.pk]), journey.name
        )

    @admin.display(description="Status", ordering="status")
    def state(self, journey: Journey) -> SafeString:
        return status_badge(journey.get_status_display(), TONES[journey.status])

    @admin.display(description="People inside", ordering="inside_now")
    def inside(self, journey: Journey) -> SafeString | int:
        many = journey.inside_now
        if not many:
            return 0
        url = reverse("admin:journeys_journey_people", args=[journey.pk])
        return format_html('<a href="{}?status=waiting">{}</a>', url, many)

    def response_add(self, request: HttpRequest, obj: Journey, post_url_continue: str | None = None) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(reverse("admin:journeys_journey_canvas", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Journey) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:journeys_journey_canvas", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            return path(f"<int:pk>/{address}", self.admin_site.admin_view(view), name=f"journeys_journey_{name}")

        return [
            page("canvas/", canvas.canvas, "canvas"),
            page("draft/", canvas.change_draft, "draft"),
            page("step/<slug:node>/", canvas.step_panel, "step"),
            page("try/", canvas.simulate, "simulate"),
            page("publish/", live.publish, "publish"),
            page("live/", live.live, "live"),
            page("calls/", calls.calls, "calls"),
            page("tests/<int:test>/choose/", path_tests.choose, "choose"),
            page("do/<slug:verb>/", live.do, "do"),
            page("move/", life.move, "move"),
            page("remove/", life.delete, "remove_journey"),
            page("people/", live.people, "people"),
            page("people/<int:participant>/", live.diary, "diary"),
            page("people/<int:participant>/remove/", live.remove, "remove"),
            *super().get_urls(),
        ]
