"""Write values into fields of the contact, its own or the company's custom ones; nothing that identifies a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.formats import date_format

from crm.actions.many import change_records
from crm.custom_fields.definitions import fields_of
from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.bulk_actions import FAILED
from crm.hooks.records import Field
from crm.models import Contact
from crm.web.field_forms import form_field
from crm.zones import clock_of, company_zone
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.growing import GrowingForm, parts_in
from journeys.steps.kind import Foretold, Params, StepKind, register

CONTACT = "crm.contact"
COLUMNS = ["job_title", "department", "city", "region", "postal_code", "country", "language", "time_zone", "origin"]
KINDS = ("text", "longtext", "url", "number", "money", "day", "choice", "choices", "yesno")
SET, CLEAR, TODAY = "set", "clear", "today"
HOWS = [(SET, "This value"), (CLEAR, "Nothing: it is emptied"), (TODAY, "The day on which people pass here")]


def fields() -> dict[str, Field]:
    """What a step may write, by name."""
    own = [records.get(CONTACT).field(name) for name in COLUMNS]
    custom = [field for field in fields_of(CONTACT) if field.kind in KINDS]
    return {field.name: field for field in [*own, *custom]}


class FieldsForm(GrowingForm):
    """`fields` is [{"field", "how", "value"}]. The control of a value is that of its field."""

    part_label = "Field"
    most = 10

    def part_fields(self, index: int) -> dict[str, forms.Field]:
        known = fields()
        choices = [("", "Choose a field…"), *((name, str(field.label)) for name, field in known.items())]
        parts: dict[str, forms.Field] = {"field": forms.ChoiceField(label="Field of the contact", choices=choices)}
        field = known.get(str(self.value("field", index)))
        hows = [how for how in HOWS if how[0] != TODAY or (field and field.kind == "day")]
        parts["how"] = forms.ChoiceField(label="becomes", choices=hows, initial=SET)
        if field and (self.value("how", index) or SET) == SET:
            parts["value"] = form_field(records.get(CONTACT), field, None, is_required=field.kind in ("yesno", "day"))
            parts["value"].label, parts["value"].help_text = "New value", parts["value"].help_text or ""
        return parts

    @property
    def redraws(self) -> list[str]:
        return [name for name in self.fields if name.startswith(("field_", "how_"))]

    def redrawn(self, wish: str) -> dict[str, Any]:
        """Where another field was chosen, its value is another one, too: it is kept only where it was drawn with it."""
        return {name: value for name, value in super().redrawn(wish).items() if value != ""}

    @classmethod
    def to_data(cls, params: Params) -> Params:
        return cls.data_of({**part, "value": _typed(part.get("value"))} for part in parts_of(params))

    def clean(self) -> Params:
        values = super().clean() or {}
        known, seen = fields(), set()
        for index, part in enumerate(self.cleaned_parts("field", "how", "value")):
            field = known.get(part["field"] or "")
            if field is None:
                continue
            if field.name in seen:
                self.add_error(f"field_{index}", "This field is written already, above.")
            seen.add(field.name)
            if field.is_required and (part["how"] == CLEAR or (part["how"] == SET and part["value"] in (None, "", []))):
                self.add_error(f"how_{index}", f"“{field.label}” must be filled in.")
        return values

    def to_params(self) -> Params:
        return {"fields": [_stored(part) for part in self.cleaned_parts("field", "how", "value")]}


def _typed(value: Any) -> Any:
    """A stored value as the data of its control."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _stored(part: dict[str, Any]) -> dict[str, Any]:
    if part["how"] != SET:
        return {"field": part["field"], "how": part["how"]}
    field, value = fields()[part["field"]], part["value"]
    if field.check is not None:
        value = field.check(value, None, None)
    return {**part, "value": "" if value is None else value}


def parts_of(params: Params) -> list[dict[str, Any]]:
    """The changes. Journeys that were published when a step wrote one field name it without a list."""
    if "field" in params:
        value = params.get("value", "")
        return [{"field": params["field"], "how": SET if value else CLEAR, "value": value}]
    return parts_in(params, "fields")


def values_of(params: Params, now: datetime) -> dict[str, Any]:
    """{name of the field: value}. “Today” is the day on our company's clock."""
    known = fields()
    today = now.astimezone(clock_of(company_zone())).date()
    values: dict[str, Any] = {}
    for part in parts_of(params):
        field = known.get(str(part.get("field")))
        if field is None:
            raise Invalid("A field that this step writes does not exist any more.")
        empty = None if field.is_custom else ""
        found = {CLEAR: empty, TODAY: today.isoformat()}.get(str(part.get("how")), part.get("value"))
        values[field.name] = empty if found in (None, "", []) else found
    return values


def run(batch: Batch, now: datetime) -> Answer:
    """By set, and told to the history. An inactive contact is read-only for a journey, too: it goes on unchanged."""
    found = change_records(list(Contact.objects.filter(pk__in=batch.contacts)), values_of(batch.params, now), by=None)
    wrong = {contact: outcome.sentence for contact, outcome in found.items() if outcome.verdict == FAILED}
    answer = Answer(failures={p.id: str(wrong[p.contact]) for p in batch.people if p.contact in wrong})
    answer.leave(NEXT, (person.id for person in batch.people if person.contact not in wrong))
    return answer


def summary(params: Params) -> str:
    known = fields()
    said = [_in_words(known[name], part) for part in parts_of(params) if (name := str(part.get("field"))) in known]
    return ", ".join(said)


def _in_words(field: Field, part: dict[str, Any]) -> str:
    how, value = part.get("how"), part.get("value")
    if how == CLEAR or (how == SET and value in (None, "", [])):
        return f"{field.label} emptied"
    return f"{field.label} = today" if how == TODAY else f"{field.label} = “{_shown(field, value)}”"


def _shown(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    labels = {stored: str(label) for stored, label in (field.choices() if field.choices else ())}
    if isinstance(value, list):
        return ", ".join(labels.get(one, str(one)) for one in value)
    if field.kind == "day" and isinstance(value, str):
        try:
            return date_format(date.fromisoformat(value), "j M Y")
        except ValueError:
            return value
    return labels.get(value, str(value))


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    known = fields()
    held = [(known[name], known[name].value_of(contact)) for name in values_of(params, now)]
    is_now = ", ".join(f"{field.label}: {_shown(field, value) if value else 'empty'}" for field, value in held)
    return Foretold(NEXT, f"Would write {summary(params)}. Now {is_now}.", now)


register(
    StepKind(
        "update_field",
        "Update fields",
        "pencil",
        "Records",
        "Write values into fields of the contact: a text, a choice, today's date, or nothing.",
        run,
        form=FieldsForm,
        summary=summary,
        foretell=foretell,
    )
)
