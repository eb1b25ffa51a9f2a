"""Forms in the admin: the editor of fields with its live preview, the embed code, and what was sent."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from crm.access import may
from crm.admin.base import GrantedAdmin, RecordAdmin
from crm.admin.lists import TeachingList, ToTheBin
from crm.delivery.purposes import choices as purpose_choices
from crm.errors import Forbidden, Invalid
from crm.models import Channel, Topic
from marketing.actions.events import free_slug
from marketing.answers import answer_form
from marketing.fields import FILLS, KINDS, parse
from marketing.models import Form, Submission


class FieldsWidget(forms.Textarea):
    """The stored JSON in a textarea; form-editor.js hides it behind an editor."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        words = {
            "kinds": KINDS,
            "fills": FILLS,
            "channels": dict(Channel.choices),
            "purposes": dict(purpose_choices()),
            "topics": list(Topic.objects.values("id", "name")),
        }
        attrs = {**(attrs or {}), "data-form-editor": json.dumps(words), "rows": 16}
        return super().get_context(name, value, {**attrs, "data-preview": reverse("admin:marketing_form_preview")})

    def in_words(self, value: Any) -> str:
        """The labels of the fields, where two versions are compared."""
        lines = value if isinstance(value, list) else []
        return ", ".join(str(line.get("label", "")) for line in lines if isinstance(line, dict)) or str(value)


class FormForm(forms.ModelForm):
    """A form's own form. The definition is checked as it will be read."""

    slug = forms.SlugField(
        label="Address",
        max_length=80,
        required=False,
        help_text="The end of its public address: /f/…/. Empty: made of the name.",
    )

    class Meta:
        model = Form
        fields = [
            "name", "slug", "introduction", "fields", "button", "thank_you", "redirect_url", "campaign",
            "creates_lead", "confirms_by_mail", "is_open", "owner", "team",
        ]  # fmt: skip
        widgets = {
            "introduction": forms.Textarea(attrs={"rows": 3}),
            "thank_you": forms.Textarea(attrs={"rows": 3}),
            "fields": FieldsWidget,
            "redirect_url": forms.URLInput(attrs={"class": "vTextField"}),
        }

    def clean_fields(self) -> Any:
        try:
            parse(self.cleaned_data["fields"])
        except Invalid as problem:
            raise forms.ValidationError(f"{problem.message} ({problem.field})") from problem
        return self.cleaned_data["fields"]

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or free_slug(Form, self.cleaned_data.get("name", ""))


@admin.register(Form)
class FormAdmin(TeachingList, ToTheBin, RecordAdmin):
    empty_title = "No forms yet"
    empty_sentence = (
        "A form asks people for what you need to know, on a page of its own or on your site. Answers become contacts."
    )
    empty_button = "Make a form"
    empty_picture = "forms"
    form = FormForm
    list_display = ("name", "state", "answers", "for_event", "campaign", "owner", "updated_at")
    list_filter = ("is_open", "creates_lead")
    search_fields = ("name", "slug")
    list_select_related = ("campaign", "owner", "event")
    autocomplete_fields = ()
    change_form_template = "admin/marketing/form_edit.html"
    fieldsets = (
        (None, {"fields": ("name", "introduction", "fields", "button")}),
        ("After it was sent", {"fields": ("thank_you", "redirect_url", "creates_lead", "confirms_by_mail")}),
        ("Settings", {"fields": ("slug", "campaign", "is_open", "owner", "team")}),
    )

    class Media:
        js = (Script("js/form-editor.js", type="module"),)
        css = {"all": ("css/form-editor.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        human = Q(submissions__verdict=Submission.Verdict.HUMAN)
        return super().get_queryset(request).annotate(answer_count=Count("submissions", filter=human))

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "preview/", self.admin_site.admin_view(require_POST(self.preview)), name="marketing_form_preview"
        )
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The fields as guests will see them, or the sentence that says what is wrong and where."""
        if not may(request.user, "marketing.form", "view"):
            raise Forbidden("Your role does not open forms.")
        try:
            definition = parse(json.loads(request.POST.get("fields", "")))
        except ValueError:
            return JsonResponse({"sentence": "This is not JSON.", "field": "fields"}, status=422)
        except Invalid as problem:
            return JsonResponse({"sentence": problem.message, "field": problem.field}, status=422)
        answer = answer_form(definition)(prefix="preview")
        context = {"answer": answer, "button": request.POST.get("button", "")[:60]}
        return render(request, "admin/marketing/_form_preview.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **self._doors(object_id)})

    def held_by(self, record: Form) -> list[str]:
        event = getattr(record, "event", None)
        return [f"The event “{event}” takes its guests with this form."] if event and not event.deleted_at else []

    def _doors(self, object_id: str) -> dict[str, Any]:
        form = Form.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        if form is None:
            return {}
        address = f"{settings.PUBLIC_URL}{form.get_absolute_url()}"
        answers = f"{reverse('admin:marketing_submission_changelist')}?form__id__exact={form.pk}"
        return {
            "public_address": address,
            "frame_address": f"{address}?embed=1",
            "answers_url": answers,
            "record": form,
        }

    @admin.display(description="State", ordering="is_open", boolean=True)
    def state(self, form: Form) -> bool:
        return form.is_open

    @admin.display(description="Answers", ordering="answer_count")
    def answers(self, form: Any) -> SafeString:
        address = reverse("admin:marketing_submission_changelist")
        return format_html('<a href="{}?form__id__exact={}">{}</a>', address, form.pk, form.answer_count)

    @admin.display(description="Registers for")
    def for_event(self, form: Form) -> str:
        return str(getattr(form, "event", "") or "–")


@admin.register(Submission)
class SubmissionAdmin(TeachingList, GrantedAdmin):
    """What was sent, to read. Everything in it was typed by strangers and is shown as text."""

    empty_title = "No answers yet"
    empty_sentence = "What people send through your forms appears here, the newest first."

    resource = "marketing.form"
    list_display = ("at", "form", "contact", "verdict", "page")
    list_filter = ("verdict", ("form", admin.RelatedOnlyFieldListFilter))
    search_fields = ("contact__last_name", "contact__first_name", "contact__email_normal")
    list_select_related = ("form", "contact")
    readonly_fields = ("form", "contact", "campaign", "verdict", "answers", "page", "at", "user_agent", "ip_hash")
    fields = readonly_fields
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Answers")
    def answers(self, submission: Submission) -> SafeString:
        labels = {field.get("name"): field.get("label", "") for field in submission.form.fields}
        rows = [(labels.get(name) or name, _word(value)) for name, value in submission.values.items()]
        return format_html('<dl class="answers">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value) or "–"
