"""Controls and choices that several forms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from crm.countries import countries
from crm.web.profile import zone_choices


def country_choices() -> list[tuple[str, str]]:
    return [("", "–"), *countries()]


def optional_zones() -> list[tuple[str, str]]:
    return [("", "–"), *zone_choices()]


class RecordInput(forms.TextInput):
    """A text box that offers names while one types; what it sends is the id, kept beside the name."""

    template_name = "ui/_record_input.html"

    def __init__(self, queryset: Any, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.queryset = queryset

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        more = {"chosen": self.chosen(value), "source": self.queryset.model._meta.label_lower}
        return {**context, **more, "found_url": self.found_url}

    def chosen(self, value: Any) -> Any:
        """The record that is chosen now."""
        return self.queryset.filter(pk=value).first() if str(value or "").isdigit() else None

    @property
    def found_url(self) -> str:
        """Where names are asked for; it answers as `crm.web.found.choose` does."""
        return reverse("crm:choose", args=[self.queryset.model._meta.label_lower])


class RecordField(forms.ModelChoiceField):
    """Choose one record out of any number: a search box, never a list of thousands."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        self.widget = RecordInput(queryset)
        self.widget.is_required = self.required
