"""Text messages (SMS) in the admin: the words with their tokens, their length in segments, a test, and the send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.admin.base import RecordAdmin
from crm.admin.purposes import PurposeFilter, PurposeForm
from crm.errors import CrmError, Invalid
from marketing.actions.texts import check_text, length_of, save_text, send_test
from marketing.blocks.kinds import TOKEN_TEXTS
from marketing.models import TextMessage


class TextForm(PurposeForm):
    class Meta:
        model = TextMessage
        fields = ["name", "text", "sender", "purpose", "topic", "campaign", "owner", "team"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5, "data-text-length": ""})}

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        try:
            check_text(text)
        except Invalid as problem:
            raise forms.ValidationError(problem.message) from None
        return text


@admin.register(TextMessage)
class TextMessageAdmin(RecordAdmin):
    form = TextForm
    list_display = ("name", "words", "segments", "campaign", "owner", "updated_at")
    list_filter = (PurposeFilter, "campaign")
    search_fields = ("name", "text")
    list_select_related = ("campaign", "owner")
    change_form_template = "admin/marketing/text_edit.html"
    fieldsets = (
        (None, {"fields": ("name", "text", "sender")}),
        ("Who may get it", {"fields": ("purpose", "topic")}),
        ("Settings", {"fields": ("campaign", "owner", "team")}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_text(obj, by=request.user)  # type: ignore[arg-type]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(request, {**context, "tokens": TOKEN_TEXTS}, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        test = path("<int:pk>/test/", view(require_POST(self.test)), name="marketing_textmessage_test")
        return [test, *super().get_urls()]

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = see_or_404(TextMessage, pk, request.user)
        try:
            sent = send_test(message, by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"A test is on its way to {sent.address}.")
        except CrmError as problem:
            messages.error(request, problem.message)
        return HttpResponseRedirect(reverse("admin:marketing_textmessage_change", args=[pk]))

    @admin.display(description="Text")
    def words(self, message: TextMessage) -> str:
        return message.text if len(message.text) <= 80 else f"{message.text[:79]}…"

    @admin.display(description="Segments")
    def segments(self, message: TextMessage) -> int:
        return length_of(message.text).segments
