"""Set-up › Preference page: its texts by language, its logo, and how a reader sees it."""

from __future__ import annotations

from typing import Any

import puremagic
from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.files import PICTURES
from crm.languages import spoken
from crm.models import Message, PreferencePage
from crm.queries.preferences import page_in, reaches_of
from crm.web.preferences import frame_of

LARGEST_LOGO = 300 * 1024


class PreferencePageForm(forms.ModelForm):
    new_logo = forms.FileField(
        label=lazy("Logo"), required=False, help_text=lazy("PNG, JPEG, GIF or WebP, up to 300 KB. For every language.")
    )
    without_logo = forms.BooleanField(label=lazy("Take the logo away"), required=False)

    class Meta:
        model = PreferencePage
        fields = ("language", "heading", "introduction", "thanks", "goodbye", "asks_reason")

    def clean_language(self) -> str:
        return str(self.cleaned_data["language"]).strip().replace("_", "-").lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file = data.get("new_logo")
        if file and data.get("language"):
            self.add_error("new_logo", _("The logo belongs to the texts without a language."))
        elif file and file.size > LARGEST_LOGO:
            self.add_error("new_logo", _("It has %d KB; 300 is the most.") % (file.size // 1024))
        elif file:
            content = file.read()
            kind = _kind_of(content)
            if kind not in PICTURES:
                self.add_error("new_logo", _("This is no PNG, JPEG, GIF or WebP picture."))
            else:
                self.instance.logo, self.instance.logo_type = content, kind
        elif data.get("without_logo"):
            self.instance.logo, self.instance.logo_type = None, ""
        return data


def _kind_of(content: bytes) -> str:
    try:
        return str(puremagic.from_string(content, mime=True))
    except (puremagic.PureError, ValueError):
        return ""


@admin.register(PreferencePage)
class PreferencePageAdmin(TeachingList, GrantedAdmin):
    resource = "crm.consent"
    form = PreferencePageForm
    list_display = ("__str__", "heading", "asks_reason", "as_seen")
    empty_title = lazy("The preference page has its usual texts")
    empty_sentence = lazy(
        "Where readers choose what they get. Write your own texts, for each language that you write in, and add your logo."
    )
    empty_button = lazy("Write the texts")
    empty_picture = "list-check"

    @admin.display(description=lazy("As its reader sees it"))
    def as_seen(self, page: PreferencePage) -> SafeString:
        address = reverse("admin:crm_preferencepage_preview", args=[page.pk])
        return format_html('<a href="{}">{}</a>', address, _("Look at it"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.preview))
        return [path("<int:pk>/preview/", view, name="crm_preferencepage_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For nobody in particular; its button changes nothing, since nothing takes what it posts."""
        page = get_object_or_404(PreferencePage, pk=pk)
        if not self.has_view_permission(request, page):
            return HttpResponse(status=403)
        message = Message(address="reader@example.com", channel="email", purpose="commercial")
        with translation.override(spoken([page.language])):
            context = {
                **frame_of(message, page_in([page.language])),
                "reaches": reaches_of(message),
                "is_preview": True,
            }
            return render(request, "crm/delivery/preferences.html", context)
