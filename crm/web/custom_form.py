"""Custom fields on a form that makes something new by an action of its own (a lead, an opportunity)."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm

from crm.custom_fields.definitions import fields_of
from crm.custom_fields.values import merged
from crm.errors import Invalid
from crm.hooks import records
from crm.web.field_forms import form_field


class AsksCustomFields(BaseForm):
    """Mixin, named first. Cleans to `custom`, the whole column; `custom_of` names the kind of record."""

    custom_of = ""
    groups: Any = ()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)  # type: ignore[call-arg]  # the form itself knows its user
        self.user, self.custom_fields = user, fields_of(self.custom_of)
        sections: dict[str, list[str]] = {}
        for field in self.custom_fields:
            self.fields[field.name] = form_field(records.get(self.custom_of), field, user)
            sections.setdefault(str(field.group), []).append(field.name)
        if self.groups:
            self.groups = [*self.groups, *sections.items()]

    def clean(self) -> Any:
        data: Any = super().clean()
        typed = {
            field: self.cleaned_data.pop(field.name) for field in self.custom_fields if field.name not in self.errors
        }
        try:
            data["custom"] = merged({}, typed.items(), self.user)
        except Invalid as problem:
            self.add_error(problem.field, problem.message)
        return data
