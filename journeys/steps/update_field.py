"""Write a value into a field of the contact. A closed list of fields; nothing that identifies a person."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Field
from django.utils import timezone

from crm.audit import keep_in_bulk
from crm.models import Contact
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register

FIELDS = ["job_title", "department", "city", "region", "country", "language", "time_zone", "origin"]


def _column(name: str) -> Field:
    return next(column for column in Contact._meta.concrete_fields if column.name == name)


def field_choices() -> list[tuple[str, str]]:
    return [(name, str(_column(name).verbose_name).capitalize()) for name in FIELDS]


class FieldForm(StepForm):
    field = forms.ChoiceField(label="Field of the contact", choices=field_choices)
    value = forms.CharField(label="New value", required=False, help_text="Left empty, the field is emptied.")

    def clean(self) -> Params:
        values = super().clean() or {}
        if "field" in values and (value := values.get("value")):
            try:
                _column(values["field"]).clean(value, None)
            except ValidationError as problem:
                self.add_error("value", problem.messages[0])
        return values

    def to_params(self) -> Params:
        return {"field": self.cleaned_data["field"], "value": self.cleaned_data.get("value", "")}


def run(batch: Batch, now: datetime) -> Answer:
    """By set, and told to the history. An inactive contact is read-only for a journey, too."""
    name, value = batch.params["field"], batch.params.get("value", "")
    others = Contact.objects.filter(pk__in=batch.contacts, is_active=True).exclude(**{name: value})
    changed = [(contact, {name: [getattr(contact, name), value]}) for contact in others.select_for_update()]
    ids = [contact.pk for contact, _ in changed]
    Contact.objects.filter(pk__in=ids).update(
        **{name: value, "updated_at": timezone.now(), "version": F("version") + 1}
    )
    keep_in_bulk(changed, by=None)
    return Answer.everyone(batch)


def summary(params: Params) -> str:
    if params.get("field") not in FIELDS:
        return ""
    return f"{dict(field_choices())[params['field']]} = “{params.get('value', '')}”"


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(NEXT, f"Would set {summary(params)}; it is “{getattr(contact, params['field'])}” now.", now)


register(
    StepKind(
        "update_field",
        "Update a field",
        "pencil",
        "Records",
        "Write a value into a field of the contact.",
        run,
        form=FieldForm,
        summary=summary,
        foretell=foretell,
    )
)
