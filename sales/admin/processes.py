"""What each stage asks for: the sales process under Set-up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.admin.controls import TableInline
from sales.models import Process, ProcessStep, Stage
from sales.queries.steps import STEP_FIELDS, field_label


class StepForm(forms.ModelForm):
    field = forms.ChoiceField(label=_("Field"), choices=[(name, field_label(name)) for name in STEP_FIELDS])

    class Meta:
        model = ProcessStep
        fields = ["stage", "field", "label", "is_required", "order"]


class StepInline(TableInline):
    model = ProcessStep
    form = StepForm
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """In the order of the stages, and within each as a deal is asked."""
        places = [When(stage=stage, then=place) for place, stage in enumerate(Stage)]
        place = Case(*places, output_field=IntegerField())
        return super().get_queryset(request).order_by(place, "order", "pk")

    def _reaches(self, request: HttpRequest) -> bool:
        return bool(request.user.may("sales.process", "change"))  # type: ignore[union-attr]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request)


@admin.register(Process)
class ProcessAdmin(GrantedAdmin):
    """“Save as new” makes another process of one that is there, with its steps."""

    list_display = ("name", "is_default", "is_active", "description")
    fieldsets = (
        (None, {"fields": ("name", "description", "is_default", "is_active")}),
        (
            _("When a deal stands still"),
            {
                "fields": tuple(f"{stage}_days" for stage in Stage),
                "description": _("Longer than these days in one stage, and it is marked on pages, board and My work."),
            },
        ),
    )
    inlines = (StepInline,)
    save_as = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The default process stays: new opportunities follow it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_default)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Another process becomes the default by being saved as one; the default cannot simply be taken away."""
        return ("is_default", "is_active") if obj and obj.is_default else ()

    def save_model(self, request: HttpRequest, obj: Process, form: Any, change: bool) -> None:
        if obj.is_default:
            Process.objects.exclude(pk=obj.pk).update(is_default=False)
        super().save_model(request, obj, form, change)
