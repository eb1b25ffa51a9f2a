"""Brands in the admin: how emails look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from crm.access.see import see_or_404
from crm.admin.base import RecordAdmin
from crm.delivery.rendering import preview
from marketing.actions.content_blocks import save_brand
from marketing.actions.emails import content_of
from marketing.admin.designer import own_frame
from marketing.blocks.gallery import GALLERY
from marketing.models import Brand, MarketingEmail, MediaFile

COLOURS = ("accent", "on_accent", "ink", "soft", "paper", "ground", "line")


class BrandForm(forms.ModelForm):
    """Making another one the default is no error: the last one made so is it."""

    website = forms.URLField(
        assume_scheme="https", required=False, help_text="Where a click on the logo leads.", max_length=200
    )

    class Meta:
        model = Brand
        fields = [
            "name", "is_default", *COLOURS, "font", "heading_font", "radius", "logo", "logo_width", "website", "footer",
            "postal_address", "social", "owner", "team",
        ]  # fmt: skip
        widgets = {
            **{name: forms.TextInput(attrs={"type": "color"}) for name in COLOURS},
            "footer": forms.Textarea(attrs={"rows": 2}),
            "social": forms.Textarea(attrs={"rows": 3}),
        }

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


@admin.register(Brand)
class BrandAdmin(RecordAdmin):
    form = BrandForm
    list_display = ("name", "colours", "is_default", "updated_at")
    search_fields = ("name",)
    change_form_template = "admin/marketing/brand/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "is_default")}),
        ("Colours", {"fields": (("accent", "on_accent"), ("ink", "soft"), ("paper", "ground", "line"))}),
        ("Letters and shapes", {"fields": ("font", "heading_font", "radius")}),
        ("Logo", {"fields": ("logo", "logo_width", "website")}),
        ("At the foot", {"fields": ("footer", "postal_address", "social")}),
        ("Settings", {"fields": ("owner", "team")}),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "logo":
            kwargs["queryset"] = MediaFile.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.version += 1
        save_brand(obj, by=request.user)  # type: ignore[arg-type]
        request.__dict__.pop("_reaches", None)

    def get_urls(self) -> list[URLPattern]:
        sample = self.admin_site.admin_view(xframe_options_sameorigin(own_frame(self.sample)))
        return [path("<int:pk>/sample/", sample, name="marketing_brand_sample"), *super().get_urls()]

    def sample(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A newsletter in this look; a frame in which nothing runs."""
        brand = see_or_404(Brand.objects.select_related("logo"), pk, request.user)
        email = MarketingEmail(name="", subject="", blocks=GALLERY["newsletter"].blocks, brand=brand)
        return HttpResponse(preview(content_of(email)).html)

    @admin.display(description="Colours")
    def colours(self, brand: Brand) -> SafeString:
        squares = "".join(
            f'<rect x="{16 * n}" width="14" height="14" rx="3" fill="{getattr(brand, name)}" stroke="#8a93a6"/>'
            for n, name in enumerate(("accent", "ink", "paper", "ground"))
        )
        return format_html('<svg width="64" height="14" aria-hidden="true">{}</svg>', SafeString(squares))
