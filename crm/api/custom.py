"""`custom: {key: value}` on accounts, contacts, leads and opportunities: read whole, written a part at a time.

What a write does not name stays as it is, null empties, an unknown key is an error at “custom.<key>”.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from crm.custom_fields.definitions import fields_of
from crm.custom_fields.values import merged
from crm.errors import Invalid
from crm.hooks.records import Field


class CustomValues(serializers.Field):
    """Every custom field of the kind of record by its key, null where it is empty."""

    @property
    def kind(self) -> str:
        serializer: Any = self.parent
        return serializer.Meta.model._meta.label_lower

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return {field.key: value.get(field.key) for field in fields_of(self.kind)}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The whole column with what was sent put in."""
        if not isinstance(data, dict):
            raise serializers.ValidationError('Give an object: {"key": value}.')
        known = {field.key: field for field in fields_of(self.kind)}
        column = self._stands()
        problems: dict[str, list[str]] = {}
        for key, value in data.items():
            try:
                column = merged(column, [(_known(known, key), value)], self._asking())
            except Invalid as problem:
                problems[key] = [problem.message]
        if problems:
            raise serializers.ValidationError(problems)
        return column

    def _stands(self) -> dict[str, Any]:
        record: Any = self.root.instance
        if record is None or not hasattr(record, "custom"):
            return {field.key: field.default for field in fields_of(self.kind) if field.default is not None}
        return dict(record.custom)

    def _asking(self) -> Any:
        request = self.context.get("request")
        return request.user if request else None

    def begin(self) -> dict[str, Any]:
        """Of a new record of which nothing was sent."""
        return self.to_internal_value({})


def _known(known: dict[str, Field], key: str) -> Field:
    if key not in known:
        raise Invalid(f"There is no custom field “{str(key)[:60]}”. Known: {', '.join(known) or 'none yet'}.")
    return known[key]


class CustomMixin(serializers.Serializer):
    """Before ModelSerializer, with "custom" among the fields."""

    custom = CustomValues(required=False)

    def to_internal_value(self, data: Any) -> Any:
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as problem:
            raise serializers.ValidationError(_by_key(problem.detail)) from None
        field: Any = self.fields["custom"]
        if self.root.instance is None:
            values.setdefault("custom", field.begin())
            if missing := dict(_missing(field.kind, values["custom"])):
                raise serializers.ValidationError(missing)
        return values


def _by_key(detail: Any) -> Any:
    """{"custom": {"plan": […]}} -> {"custom.plan": […]}, as the fields are named everywhere."""
    custom = detail.get("custom") if isinstance(detail, dict) else None
    if not isinstance(custom, dict):
        return detail
    return {name: said for name, said in detail.items() if name != "custom"} | {
        f"custom.{key}": said for key, said in custom.items()
    }


def _missing(kind: str, column: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for field in fields_of(kind):
        if field.is_required and field.key not in column:
            yield field.name, ["This field is required."]


def changes_of(form: Any) -> dict[str, Any]:
    """What a valid serializer changes, by the names of fields: “custom.plan” where only that differs."""
    values = dict(form.validated_data)
    column = values.pop("custom", None)
    if column is not None:
        stands = form.instance.custom
        values |= {f"custom.{key}": column.get(key) for key in {*column, *stands} if column.get(key) != stands.get(key)}
    return values


SHAPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "money": {"type": "number"},
    "day": {"type": "string", "format": "date"},
    "yesno": {"type": "boolean"},
    "url": {"type": "string", "format": "uri"},
    "lookup": {"type": "integer", "description": "The id of another record."},
    "person": {"type": "integer", "description": "The id of a user."},
}


class CustomValuesInOpenApi(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = CustomValues

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        fields = fields_of(self.target.kind)
        return {
            "type": "object",
            "properties": {field.key: _shape(field) for field in fields},
            "additionalProperties": False,
            "description": "Custom fields by key. A write changes those that it names; null empties one.",
        }


def _shape(field: Field) -> dict[str, Any]:
    values = [value for value, _label in field.choices()] if field.choices else []
    match field.kind:
        case "choice":
            shape: dict[str, Any] = {"type": "string", "enum": [*values, None]}
        case "choices":
            shape = {"type": "array", "items": {"type": "string", "enum": values}}
        case _:
            shape = SHAPES.get(field.kind, {"type": "string"})
    said = " ".join(filter(None, [str(field.label), str(field.help_text), shape.get("description", "")]))
    return {**shape, "description": said, "nullable": True}
