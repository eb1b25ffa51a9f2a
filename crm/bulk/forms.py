"""The questions of the built-in actions: which field and what it says, to whom, which tags, which file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.actions.records import OWNERSHIP
from crm.actions.tags import LONGEST
from crm.hooks.records import Field, RecordKind
from crm.models import User
from crm.web.field_forms import TagsField, form_field

NOT_HERE = (*OWNERSHIP, "tags")
"""They have actions of their own."""


class EditForm(forms.Form):
    """One field of a kind, and what it should say. Once the field is chosen, the form asks for its value."""

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.kind = kind
        self.fields["field"] = forms.ChoiceField(
            label=lazy("Field"), choices=[("", lazy("Choose a field…")), *field_choices(kind)]
        )
        self.fields["field"].widget.attrs["data-asks-again"] = ""
        self.chosen = next((f for f in editable_fields(kind) if f.name == (data or {}).get("field")), None)
        if self.chosen:
            self.fields["value"] = form_field(kind, self.chosen, user)
            self.fields["value"].label = _("New value")
            if not self.chosen.is_required:
                self.fields["value"].help_text = self.fields["value"].help_text or _(
                    "Leave it empty to empty the field."
                )

    def words(self) -> str:
        """“City: Kiel”."""
        assert self.chosen is not None
        return f"{self.chosen.label}: {said(self.chosen, self.cleaned_data['value']) or '–'}"


def editable_fields(kind: RecordKind) -> list[Field]:
    return [field for field in kind.all_fields() if field.is_editable and field.name not in NOT_HERE]


def field_choices(kind: RecordKind) -> list[tuple[Any, Any]]:
    """In the groups of the kind, those without one last."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for field in editable_fields(kind):
        groups.setdefault(str(field.group), []).append((field.name, field.label))
    return [*((name, some) for name, some in groups.items() if name), *groups.get("", [])]


def said(field: Field, value: Any) -> str:
    """A clean value in words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or isinstance(value, Model):
        return str(value or "")
    labels = {str(key): str(label) for key, label in field.choices()} if field.choices else {}
    return ", ".join(labels.get(str(one), str(one)) for one in (value if isinstance(value, list | tuple) else [value]))


class AssignForm(forms.Form):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=lazy("New owner"), empty_label=lazy("Choose somebody…")
    )

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)


class TagsForm(forms.Form):
    tags = TagsField(label=lazy("Tags"), help_text=lazy("Words, with commas between them."))

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        if data is not None and len(words := data.getlist("tags")) > 1:
            data = data.copy()
            data["tags"] = ",".join(words)
        super().__init__(data)

    def clean_tags(self) -> list[str]:
        names = [" ".join(name.split()) for name in self.cleaned_data["tags"]]
        for name in names:
            if len(name) > LONGEST:
                raise forms.ValidationError(_("A tag has at most %s characters.") % LONGEST)
        return names


class ExportForm(forms.Form):
    """Which file, which columns, for whom."""

    format = forms.ChoiceField(
        label=lazy("File"), choices=[("csv", lazy("CSV")), ("xlsx", lazy("Excel (.xlsx)"))], initial="csv"
    )
    which = forms.ChoiceField(
        label=lazy("Columns"),
        required=False,
        choices=[("shown", lazy("Those of the list")), ("all", lazy("All fields"))],
    )
    raw = forms.BooleanField(
        label=lazy("Raw values"),
        required=False,
        help_text=lazy("As the importer reads them back: ids, codes, addresses, UTC."),
    )

    def __init__(self, kind: RecordKind, user: User, data: Any = None) -> None:
        super().__init__(data)
        names = [(field.name, field.label) for field in kind.all_fields()]
        self.fields["columns"] = forms.MultipleChoiceField(
            choices=names, required=False, widget=forms.MultipleHiddenInput
        )
        self.kind = kind

    def clean(self) -> dict[str, Any]:
        """Without a word about columns, the API gets all; the list's own are those that it sends along."""
        clean: dict[str, Any] = super().clean() or {}
        if clean.get("which") == "all":
            clean["columns"] = []
        elif clean.get("which") == "shown" and not clean.get("columns"):
            clean["columns"] = list(self.kind.columns)
        return clean

    def words(self) -> str:
        columns = self.cleaned_data["columns"]
        what = _("%s columns") % len(columns) if columns else _("all fields")
        raw = f" · {_('raw values')}" if self.cleaned_data["raw"] else ""
        return f"{self.cleaned_data['format'].upper()} · {what}{raw}"
