"""Reusable blocks and templates in the admin: their lists, their designer, where they are used."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from crm.admin.base import RecordAdmin
from crm.errors import CrmError
from marketing.actions.content_blocks import (
    create_content_block,
    create_design,
    edit_kept,
    outdated_emails,
    remove_kept,
    uses_of_block,
)
from marketing.actions.emails import make_ready
from marketing.admin.designer import HEADS, Designer, refused, typed_in
from marketing.admin.email_designer import design_address
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import ContentBlock, EmailDesign, MarketingEmail


class KeptAdmin(Designer, RecordAdmin):
    """What both share: the name leads to the designer, and our own button takes away."""

    list_display_links = None
    search_fields = ("name",)
    actions = None
    designer_name: str

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # by our own button, which asks who uses it

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"marketing_{self.model._meta.model_name}"
        return [
            *self.designer_urls(),
            path("keep/", view(require_POST(self.keep)), name=f"{name}_keep"),
            path("<int:pk>/remove/", view(require_POST(self.remove)), name=f"{name}_remove"),
            *super().get_urls(),
        ]

    def write(self, request: HttpRequest, thing: Any, language: str, typed: dict[str, Any]) -> Any:
        return edit_kept(thing, by=request.user, **typed)  # type: ignore[arg-type]

    def keep(self, request: HttpRequest) -> JsonResponse:
        """From the designer of an email: keep what is chosen, or the whole."""
        try:
            made = self.kept(request)
        except CrmError as problem:
            return refused(problem)
        return JsonResponse({"id": made.pk, "name": made.name, "blocks": made.blocks}, status=201)

    def kept(self, request: HttpRequest) -> Any:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and not obj.blocks:
            obj.blocks = as_stored(parse_blocks([{"kind": "text"}], is_part=self.is_part))
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(self.design_address(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(self.design_address(obj))

    def design_address(self, thing: Any) -> str:
        return reverse(f"admin:marketing_{self.model._meta.model_name}_design", args=[thing.pk])

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        thing = self.see(request, pk)
        try:
            remove_kept(thing, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            messages.error(request, problem.message)
            return HttpResponseRedirect(self.design_address(thing))
        messages.success(request, f"“{thing}” is gone.")
        return HttpResponseRedirect(reverse(f"admin:marketing_{self.model._meta.model_name}_changelist"))

    def more_context(self, request: HttpRequest, thing: Any, language: str) -> dict[str, Any]:
        name = f"admin:marketing_{self.model._meta.model_name}"
        return {"kept": thing, "remove_address": reverse(f"{name}_remove", args=[thing.pk]),
                "settings_address": reverse(f"{name}_change", args=[thing.pk])}  # fmt: skip

    @admin.display(description="Name", ordering="name")
    def designer_link(self, thing: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.design_address(thing), thing.name)


@admin.register(ContentBlock)
class ContentBlockAdmin(KeptAdmin):
    heads = ()
    is_part = True
    fields = ("name", "owner", "team")
    list_display = ("designer_link", "used_in", "owner", "updated_at")
    list_select_related = ("owner",)

    def get_urls(self) -> list[URLPattern]:
        anew = self.admin_site.admin_view(require_POST(self.ready_anew))
        return [path("<int:pk>/ready-anew/", anew, name="marketing_contentblock_ready_anew"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of those that hold it, which are not read for that."""
        used = {
            f"in_{name}": Count(name, filter=Q(**{f"{name}__deleted_at": None}), distinct=True)
            for name in ("emails", "designs")
        }
        return super().get_queryset(request).annotate(**used)

    def kept(self, request: HttpRequest) -> ContentBlock:
        blocks = typed_in(request, ())["blocks"]
        return create_content_block(name=request.POST.get("name", ""), blocks=blocks, by=request.user)  # type: ignore[arg-type]

    def more_context(self, request: HttpRequest, thing: Any, language: str) -> dict[str, Any]:
        uses = [
            (one, design_address(one) if isinstance(one, MarketingEmail) else reverse("admin:marketing_emaildesign_design", args=[one.pk]))
            for one in uses_of_block(thing)[:50]
        ]  # fmt: skip
        outdated = outdated_emails(thing).count()
        return {**super().more_context(request, thing, language), "uses": uses, "outdated": outdated, "has_uses": True}

    def ready_anew(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Emails that are ready with the block as it was get a new version with it as it is."""
        block, done = self.see(request, pk), 0
        for email in outdated_emails(block).editable_by(request.user):
            try:
                make_ready(email, by=request.user)  # type: ignore[arg-type]
                done += 1
            except CrmError as problem:
                messages.error(request, f"“{email}”: {problem.message}")
        messages.success(request, f"{done} emails are ready with the block as it is now.")
        return HttpResponseRedirect(self.design_address(block))

    @admin.display(description="Used in")
    def used_in(self, block: Any) -> str:
        count = block.in_emails + block.in_designs
        return f"{count} by reference" if count else "–"


@admin.register(EmailDesign)
class EmailDesignAdmin(KeptAdmin):
    heads = HEADS
    fields = ("name", "description", "brand", "owner", "team")
    list_display = ("designer_link", "description", "owner", "updated_at")
    list_select_related = ("owner",)

    def kept(self, request: HttpRequest) -> EmailDesign:
        typed = typed_in(request, HEADS)
        typed.pop("html", None)
        return create_design(name=request.POST.get("name", ""), by=request.user, **typed)  # type: ignore[arg-type]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "brand":
            kwargs["queryset"] = db_field.remote_field.model.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
