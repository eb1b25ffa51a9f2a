"""A field of a kind of record as a field of a form: the same for a cell, a fact on a page, a bulk edit and a filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.errors import Invalid
from crm.hooks.records import Field, RecordKind
from crm.models import Tag, Team, User
from crm.web.activity_forms import LocalDateTime
from crm.web.forms import RecordField, optional_zones


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TagsField(forms.CharField):
    """Words with commas between them."""

    widget = forms.TextInput(attrs={"data-tags": "", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return [word.strip() for word in (value or "").split(",") if word.strip()]


class KeepsWhatStands:
    """A choice that stands there already may stay, although it was retired since and is not offered any more."""

    of: Field
    choices: Any

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        stands = form.get_initial_for_field(self, field_name)
        kept = stands if isinstance(stands, list) else [stands]
        everything = self.of.choices() if self.of.choices else ()
        self.choices = [*self.choices, *(one for one in everything if one[0] in kept and one[0] in self.of.retired)]
        return super().get_bound_field(form, field_name)  # type: ignore[misc]


class OfferedChoice(KeepsWhatStands, forms.ChoiceField):
    def __init__(self, field: Field) -> None:
        self.of = field
        super().__init__(choices=[("", "–"), *field.offered])


class OfferedChoices(KeepsWhatStands, forms.MultipleChoiceField):
    def __init__(self, field: Field) -> None:
        self.of = field
        super().__init__(choices=field.offered, widget=forms.CheckboxSelectMultiple)


def form_field(kind: RecordKind, field: Field, user: Any, *, is_required: bool | None = None) -> forms.Field:
    """The form's field, with the reader's own choices. A column keeps the limits of its model field."""
    must = field.is_required if is_required is None else is_required
    made = _made(kind, field, user)
    made.required, made.label, made.help_text = must, str(field.label), str(field.help_text) or made.help_text
    if field.check is not None:
        made.initial = field.default if made.initial is None else made.initial
        if field.kind != "yesno":  # whose words are told apart later than validators run, and cannot be wrong
            made.validators = [*made.validators, partial(_check, field, user)]
    if hasattr(made.widget, "is_required"):
        made.widget.is_required = must
    return made


def _check(field: Field, user: Any, value: Any) -> None:
    """What the field itself says to the value. What stood there before is not known here: the action knows it."""
    kept = list(field.retired) if field.kind == "choices" else value if value in field.retired else None
    try:
        field.check(value, user, kept)  # type: ignore[misc]
    except Invalid as problem:
        raise forms.ValidationError(capfirst(problem.message.removeprefix(f"{field.label}: "))) from None


def _made(kind: RecordKind, field: Field, user: Any) -> forms.Field:
    match field.kind:
        case "choice":
            return OfferedChoice(field)
        case "choices":
            return OfferedChoices(field)
        case "yesno":
            return forms.TypedChoiceField(
                choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))],
                coerce=lambda said: said == "yes",
                empty_value=None if field.is_custom else False,  # type: ignore[arg-type]
            )
        case "lookup":
            return _lookup(field, user)
        case "person":
            return forms.ModelChoiceField(User.objects.filter(is_active=True), empty_label="–")
        case "day":
            return forms.DateField(widget=DayInput())
        case "moment":
            return LocalDateTime()
        case "tags":
            return TagsField()
        case "url":
            return forms.URLField(assume_scheme="https")
    return _plain(kind, field)


def _plain(kind: RecordKind, field: Field) -> forms.Field:
    """Text and numbers; of a column, with the limits that its model knows."""
    if not field.is_custom:
        if field.name == "time_zone":
            return forms.ChoiceField(choices=optional_zones())
        column: Any = kind.model._meta.get_field(field.name)
        made: forms.Field = column.formfield()
        return made
    match field.kind:
        case "longtext":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000)
        case "email":
            return forms.EmailField()
        case "number" | "money":
            return forms.DecimalField(max_digits=18, decimal_places=field.places, localize=False)
    return forms.CharField(max_length=500)


def _lookup(field: Field, user: Any) -> forms.Field:
    if field.to == "crm.team":
        return forms.ModelChoiceField(Team.objects.all(), empty_label="–")
    model: Any = apps.get_model(field.to)
    return RecordField(model.objects.visible_to(user))


def shown_tags() -> list[str]:
    """What is offered while somebody types a tag."""
    return list(Tag.objects.values_list("name", flat=True)[:200])
