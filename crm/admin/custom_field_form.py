"""The form of a custom field: everything is checked as the action checks it, and said at its input."""

from __future__ import annotations

import json
from copy import copy
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.actions.custom_fields import free_key, must_make_sense, why_type_stays
from crm.custom_fields.usage import is_used
from crm.errors import Invalid
from crm.models import CustomField
from crm.models.tags import COLOURS

Type = CustomField.Type
YES, NO = gettext_lazy("yes"), gettext_lazy("no")


class ChoicesWidget(forms.Textarea):
    """The stored JSON in a textarea; choices-editor.js hides it behind rows with a label, a colour and an order."""

    def __init__(self) -> None:
        super().__init__({"rows": 8, "spellcheck": "false", "data-choices-editor": json.dumps(COLOURS)})

    def in_words(self, value: Any) -> str:
        """The labels, where two versions are compared."""
        return ", ".join(str(one.get("label")) for one in value if isinstance(one, dict)) if value else ""


class CustomFieldForm(forms.ModelForm):
    """`begins_with` is the default, as a person writes it: “yes”, “2026-11-30”, labels of choices with commas between them."""

    choices = forms.JSONField(label=gettext_lazy("Choices"), required=False, widget=ChoicesWidget, initial=list)
    begins_with = forms.CharField(
        label=gettext_lazy("Begins with"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("What stands there when somebody makes a new record."),
    )

    class Meta:
        model = CustomField
        fields = [
            "kind", "label", "key", "type", "to", "choices", "places", "lowest", "highest", "help_text", "group",
            "is_required", "begins_with", "is_listed", "is_indexed",
        ]  # fmt: skip
        labels = {"group": gettext_lazy("Section"), "help_text": gettext_lazy("Help")}
        help_texts = {
            "key": gettext_lazy("How the API, imports and filters call it: custom.key. It never changes."),
            "help_text": gettext_lazy("One sentence below the input."),
            "group": gettext_lazy("Fields of one section stand together under its title."),
            "is_required": gettext_lazy("Whoever fills in the form of a record must say something here."),
            "is_listed": gettext_lazy("A column of the list, unless somebody arranges the columns for themselves."),
            "is_indexed": gettext_lazy(
                "An index is made in the background: lists and segments that ask for it become quick with many records."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["begins_with"].initial = _written(self.instance)
        if self.instance.pk is None:
            self.fields["key"].required = False
            return
        for name in ("kind", "key"):
            self.fields[name].disabled = True
        if is_used(self.instance):
            for name in ("type", "to"):
                self.fields[name].disabled = True
            self.fields["type"].help_text = why_type_stays(self.instance)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        made = self.candidate(values)
        try:
            must_make_sense(made)
        except Invalid as problem:
            name = problem.field.partition("/")[0]
            self.add_error({"default": "begins_with"}.get(name, name if name in self.fields else None), problem.message)
        return values

    def candidate(self, values: dict[str, Any]) -> CustomField:
        """The definition as it would be; what stands in the database stays as it is."""
        made = copy(self.instance)
        for name, value in self.news(values).items():
            setattr(made, name, value)
        made.key = made.key or free_key(made.kind, made.label)
        return made

    def news(self, values: dict[str, Any]) -> dict[str, Any]:
        """The answers as keywords of the action."""
        facts = {name: value for name, value in values.items() if name != "begins_with"}
        return {**facts, "choices": values.get("choices") or [], "default": _read(values)}

    def _post_clean(self) -> None:
        """The action saves: the form's own record stays untouched."""


def _written(field: CustomField) -> str:
    """The default as a person writes it."""
    if field.default is None:
        return ""
    labels = {one["value"]: one["label"] for one in field.choices}
    if isinstance(field.default, bool):
        return str(YES if field.default else NO)
    said = field.default if isinstance(field.default, list) else [field.default]
    return ", ".join(str(labels.get(one, one)) for one in said)


def _read(values: dict[str, Any]) -> Any:
    """What was written, as the field takes it; what it cannot be, the field itself will say."""
    text = (values.get("begins_with") or "").strip()
    if not text:
        return None
    match values.get("type"):
        case Type.YESNO:
            return {str(YES): True, str(NO): False}.get(text.casefold(), text)
        case Type.CHOICES:
            return [one.strip() for one in text.split(",")]
        case Type.LOOKUP:
            return None
    return text


def sentence_about(field: CustomField) -> str:
    """Why the index is not there yet, or what became of it."""
    return {
        CustomField.Index.WANTED: _("An index is wanted and will be begun within seconds."),
        CustomField.Index.MAKING: _("Its index is being made."),
        CustomField.Index.READY: _("Its index is ready."),
        CustomField.Index.FAILED: _("Its index could not be made: %s") % field.index_problem,
        CustomField.Index.UNWANTED: _("Its index is being taken away."),
    }.get(CustomField.Index(field.index_state), "")
