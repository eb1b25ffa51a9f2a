"""Form fields for conditions on what came with a happening, and for several happenings: rows to fill in, the last one empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from crm.log import kinds
from journeys import conditions, sources

MOST_HAPPENINGS = 5


class ConditionsWidget(forms.Widget):
    """A row each of field, comparison and value. Reads a list as it is stored, too."""

    template_name = "journeys/conditions.html"
    use_fieldset = True

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if name in data:
            return data[name]
        rows = [self._row(data, f"{name}_{index}") for index in range(conditions.MOST)]
        return [row for row in rows if row["field"] or row["value"]]

    def _row(self, data: Mapping[str, Any], name: str) -> dict[str, str]:
        return {part: str(data.get(f"{name}_{part}", "")).strip() for part in ("field", "op", "value")}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_0_field" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        known = [row for row in _listed(value) if isinstance(row, dict)][: conditions.MOST]
        rows = [*known, {}] if len(known) < conditions.MOST else known
        suggested = sorted({word for words in conditions.SUGGESTED.values() for word in words})
        return {
            **super().get_context(name, value, attrs),
            "rows": list(enumerate(rows)),
            "operators": conditions.OPERATORS,
            "suggested": suggested,
        }


class ConditionsField(forms.Field):
    """Cleans to the stored list."""

    widget = ConditionsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, str]]:
        stored = [] if value in (None, "") else value
        if wrong := conditions.complaint(stored):
            raise forms.ValidationError(wrong)
        return [{"field": one["field"], "op": one["op"], "value": one.get("value", "")} for one in stored]


class HappeningsWidget(ConditionsWidget):
    """A row each of what happens, on what, and one condition more than it has."""

    template_name = "journeys/happenings.html"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if name in data:
            return data[name]
        found = []
        for index in range(MOST_HAPPENINGS):
            row = f"{name}_{index}"
            if kind := str(data.get(f"{row}_kind", "")):
                where = super().value_from_datadict(data, files, f"{row}_where")
                found.append({"kind": kind, "source": str(data.get(f"{row}_source", "")), "where": where})
        return found

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_0_kind" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        known = [row for row in _listed(value) if isinstance(row, dict)][:MOST_HAPPENINGS]
        rows = [*known, {}] if len(known) < MOST_HAPPENINGS else known
        context = forms.Widget.get_context(self, name, value, attrs)
        return {**context, "rows": [self._fields(f"{name}_{index}", row) for index, row in enumerate(rows)]}

    def _fields(self, name: str, row: dict[str, Any]) -> list[tuple[str, str, str]]:
        """(id, label, control) of the parts of a row."""
        select = {"class": "form-select"}
        kind = forms.Select(select, sources.behaviours()).render(
            f"{name}_kind", row.get("kind"), {"id": f"id_{name}_kind"}
        )
        on = forms.Select(select, sources.sources()).render(
            f"{name}_source", row.get("source"), {"id": f"id_{name}_source"}
        )
        where = ConditionsWidget().render(f"{name}_where", row.get("where"))
        return [(f"id_{name}_kind", "What happens", kind), (f"id_{name}_source", "On", on), ("", "Where", where)]


class HappeningsField(forms.Field):
    """Cleans to [{"kind", "source", "where"}]."""

    widget = HappeningsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        stored = [] if value in (None, "") else value
        if not isinstance(stored, list) or not all(isinstance(one, dict) for one in stored):
            raise forms.ValidationError("These are a list of {“kind”, “source”, “where”}.")
        if len(stored) > MOST_HAPPENINGS:
            raise forms.ValidationError(f"There are at most {MOST_HAPPENINGS}.")
        return [self._one(one) for one in stored]

    def _one(self, one: dict[str, Any]) -> dict[str, Any]:
        kind, source, where = one.get("kind"), one.get("source") or "", one.get("where") or []
        if not kinds.known(str(kind)):
            raise forms.ValidationError(f"“{kind}” is not a kind of interaction.")
        if source and not sources.exists(str(source)):
            raise forms.ValidationError(f"What “{kinds.get(str(kind)).label}” happens on does not exist any more.")
        if wrong := conditions.complaint(where):
            raise forms.ValidationError(wrong)
        return {"kind": kind, "source": source, "where": where}


def _listed(value: Any) -> list[Any]:
    """What a widget is given: the stored list, or what was typed where only JSON came."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return value if isinstance(value, list) else []
