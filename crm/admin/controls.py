"""Controls of a table have no label of their own, only the head of their column: each is told its name here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import BaseInlineFormSet, BaseModelFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _


class NamedControls:
    """For formsets drawn as tables: who does not see the head of a column hears “Order: Leads of the webinar”."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        of = str(form.instance) if form.instance.pk else _("new")
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", f"{capfirst(str(field.label))}: {of}")


class NamedInlineFormSet(NamedControls, BaseInlineFormSet):
    pass


class NamedListFormSet(NamedControls, BaseModelFormSet):
    pass


class TableInline(admin.TabularInline):
    formset = NamedInlineFormSet
