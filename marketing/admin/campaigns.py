"""Campaigns in the admin: the list and the form; the page with the funnel is at /campaigns/."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin.base import RecordAdmin
from crm.models import Campaign


@admin.register(Campaign)
class CampaignAdmin(RecordAdmin):
    list_display = ("page", "status", "starts_on", "ends_on", "owner")
    list_display_links = None
    list_filter = ("status",)
    search_fields = ("name",)
    list_select_related = ("owner",)
    fieldsets = (
        (None, {"fields": ("name", "status", "description")}),
        ("When and how much", {"fields": ("starts_on", "ends_on", "budget", "currency")}),
        ("Settings", {"fields": ("owner", "team")}),
    )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(_address(obj)) if "_save" in request.POST else super().response_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(_address(obj)) if "_save" in request.POST else super().response_change(request, obj)

    @admin.display(description="Campaign", ordering="name")
    def page(self, campaign: Campaign) -> SafeString:
        return format_html('<a href="{}">{}</a>', _address(campaign), campaign.name)


def _address(campaign: Campaign) -> str:
    return reverse("marketing:campaign", args=[campaign.pk])
