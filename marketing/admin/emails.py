"""Emails in the admin: the list, where a new one begins, and its settings. The designer is in email_designer.py."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.admin.base import RecordAdmin
from crm.admin.purposes import PurposeFilter, PurposeForm
from crm.delivery.rendering import preview
from crm.errors import Invalid
from crm.templatetags.ui import status_badge
from marketing.actions.emails import SAID, content_of, copy_email, must_be_free_name
from marketing.admin.by_api import ByApi
from marketing.admin.designer import own_frame
from marketing.admin.email_designer import EmailDesigner, design_address
from marketing.admin.insight_pages import InsightPages
from marketing.blocks.gallery import GALLERY
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.uses import keep_uses
from marketing.models import EmailDesign, MarketingEmail

SETTINGS = [
    "name",
    "subject",
    "preheader",
    "sender",
    "purpose",
    "topic",
    "campaign",
    "language",
    "brand",
    "adds_utm",
    "utm_campaign",
    "api_name",
]
FIRST_BLOCKS: list[dict[str, Any]] = [
    {"id": "b1", "kind": "heading"},
    {"id": "b2", "kind": "text"},
    {"id": "b3", "kind": "footer"},
]


class SettingsForm(PurposeForm):
    """`start` is what a new email begins with: the name of a shipped design, “own-7”, or “html”."""

    start = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = MarketingEmail
        fields = [*SETTINGS, "owner", "team"]

    def clean_api_name(self) -> str:
        name: str = self.cleaned_data["api_name"]
        try:
            must_be_free_name(name, self.instance)
        except Invalid as problem:
            raise forms.ValidationError(problem.message) from None
        return name


@admin.register(MarketingEmail)
class MarketingEmailAdmin(InsightPages, EmailDesigner, ByApi, RecordAdmin):
    form = SettingsForm
    list_display = ("designer_link", "state", "subject", "campaign", "owner", "updated_at")
    list_display_links = None
    list_filter = ("status", PurposeFilter, "kind", "campaign")
    search_fields = ("name", "subject")
    list_select_related = ("campaign", "owner")
    change_list_template = "admin/marketing/emails/change_list.html"
    fieldsets = (
        (None, {"fields": ("name", "subject", "preheader", "sender", "start")}),
        ("Who may get it", {"fields": ("purpose", "topic")}),
        (
            "Settings",
            {"fields": ("brand", "campaign", "language", "adds_utm", "utm_campaign", "api_name", "owner", "team")},
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_changeform_initial_data(request)
        design = design_of(request, found.get("start", ""))
        return {**{name: design[name] for name in ("subject", "preheader") if design.get(name)}, **found}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new email begins with a design; a change of a ready one makes it a draft again."""
        if change:
            if obj.status == MarketingEmail.Status.READY and set(form.changed_data) & set(SETTINGS) - {
                "name",
                "api_name",
            }:
                obj.rework()
        else:
            start = form.cleaned_data.get("start", "")
            design = design_of(request, start)
            obj.blocks = as_stored(parse_blocks(design.get("blocks") or FIRST_BLOCKS))
            obj.brand = obj.brand or design.get("brand")
            if start == "html":
                obj.kind, obj.blocks = MarketingEmail.Kind.HTML, []
        super().save_model(request, obj, form, change)
        if not change:
            keep_uses(obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return (
            HttpResponseRedirect(design_address(obj)) if "_save" in request.POST else super().response_add(request, obj)
        )

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return (
            HttpResponseRedirect(design_address(obj))
            if "_save" in request.POST
            else super().response_change(request, obj)
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "marketing_marketingemail"
        sample = xframe_options_sameorigin(own_frame(self.sample))
        return [
            path("start/", view(self.start), name=f"{name}_start"),
            path("start/<str:start>/", view(sample), name=f"{name}_sample"),
            path("<int:pk>/copy/", view(require_POST(self.copy)), name=f"{name}_copy"),
            *self.email_urls(),
            *self.insight_urls("email"),
            *self.by_api_urls(),
            *super().get_urls(),
        ]

    def start(self, request: HttpRequest) -> HttpResponse:
        """The gallery: designs that come with Tandem, one's own, an empty page, or HTML of one's own."""
        must_be_able_to_add(request.user, MarketingEmail)
        designs = EmailDesign.objects.visible_to(request.user).order_by("name").values("pk", "name", "description")
        sample = "admin:marketing_marketingemail_sample"
        own = [{**one, "sample": reverse(sample, args=[f"own-{one['pk']}"])} for one in designs[:60]]
        context = {
            **self.admin_site.each_context(request), "title": "A new email", "gallery": GALLERY.values(), "own": own,
        }  # fmt: skip
        return render(request, "admin/marketing/emails/start.html", context)

    def sample(self, request: HttpRequest, start: str) -> HttpResponse:
        """How a design looks; a frame in which nothing runs."""
        design = design_of(request, start)
        email = MarketingEmail(
            name="", subject="", blocks=design.get("blocks") or FIRST_BLOCKS, brand=design.get("brand")
        )
        return HttpResponse(preview(content_of(email)).html)

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        copied = copy_email(self.see(request, pk), by=user)
        messages.success(request, f"“{copied}” is a draft of its own.")
        return HttpResponseRedirect(design_address(copied))

    @admin.display(description="Email", ordering="name")
    def designer_link(self, email: MarketingEmail) -> SafeString:
        return format_html('<a href="{}">{}</a>', design_address(email), email.name)

    @admin.display(description="Status", ordering="status")
    def state(self, email: MarketingEmail) -> SafeString:
        is_ready = email.status == MarketingEmail.Status.READY
        return status_badge(email.get_status_display(), "success" if is_ready else "neutral")


def design_of(request: HttpRequest, start: str) -> dict[str, Any]:
    """What begins with `start`: subject, preheader, blocks, brand; empty for an empty page and for HTML."""
    if start.startswith("own-") and start[4:].isdecimal():
        own = see_or_404(EmailDesign.objects.select_related("brand"), int(start[4:]), request.user)
        return {"subject": own.subject, "preheader": own.preheader, "blocks": own.blocks, "brand": own.brand}
    shipped = GALLERY.get(start)
    return {name: getattr(shipped, name) for name in SAID if name != "html"} if shipped else {}
