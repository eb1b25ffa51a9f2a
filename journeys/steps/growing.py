"""A form of a step with a group of fields for each of its parts: branches, paths, fields to change. The editor adds, drops and moves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from journeys.steps.kind import Params, StepForm

NEW, DROP, UP = "add", "drop-", "up-"


@dataclass(frozen=True)
class Part:
    """One group of fields as the panel draws it."""

    index: int
    label: str
    names: list[str]


class GrowingForm(StepForm):
    """Fields of the part at `index` are called name_index; `count` says how many parts there are."""

    part_label = "Branch"
    fewest, most = 1, 25
    count = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.many = self._many()
        self.initial["count"] = self.many
        self.own = [name for name in self.fields if name != "count"]
        for index in range(self.many):
            for name, field in self.part_fields(index).items():
                self.fields[f"{name}_{index}"] = field

    def part_fields(self, index: int) -> dict[str, forms.Field]:
        raise NotImplementedError

    def _many(self) -> int:
        source: Mapping[str, Any] = self.data if self.is_bound else self.initial
        try:
            return max(self.fewest, min(self.most, int(source.get("count") or 0)))
        except (TypeError, ValueError):
            return self.fewest

    def clean_count(self) -> int:
        if not self.fewest <= self.cleaned_data["count"] <= self.most:
            raise forms.ValidationError(f"From {self.fewest} to {self.most} of them.")
        return self.cleaned_data["count"]

    def value(self, name: str, index: int) -> Any:
        """What was typed or is stored there, before any check."""
        key = f"{name}_{index}"
        return self.data.get(key) if self.is_bound else self.initial.get(key)

    def cleaned_parts(self, *names: str) -> list[dict[str, Any]]:
        return [{name: self.cleaned_data.get(f"{name}_{index}") for name in names} for index in range(self.many)]

    @property
    def parts(self) -> list[Part]:
        shown = {bound.name for bound in self.visible_fields()}
        return [
            Part(index, f"{self.part_label} {index + 1}", [n for n in self.fields if n.endswith(f"_{index}") and n in shown])
            for index in range(self.many)
        ]  # fmt: skip

    @property
    def may_grow(self) -> bool:
        return self.many < self.most

    @property
    def may_shrink(self) -> bool:
        return self.many > self.fewest

    @classmethod
    def data_of(cls, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Stored parts as the data of the form."""
        listed = list(parts)
        data = {f"{name}_{index}": value for index, part in enumerate(listed) for name, value in part.items()}
        return {"count": max(cls.fewest, len(listed)), **data}

    def redrawn(self, wish: str) -> dict[str, Any]:
        """What was typed (this form is bound to it), with one part more, without one, or with one moved up."""
        order = list(range(self.many))
        index = int(number) if (number := wish.rpartition("-")[2]).isdigit() else -1
        if wish.startswith(DROP) and index in order and self.may_shrink:
            order.remove(index)
        elif wish.startswith(UP) and index in order[1:]:
            order[index - 1], order[index] = index, index - 1
        names = list(self.part_fields(0))
        parts = [{name: self._typed(f"{name}_{old}") for name in names} for old in order]
        data = {**{name: self._typed(name) for name in self.own}, **self.data_of(parts)}
        return {**data, "count": len(parts) + 1} if wish == NEW and self.may_grow else data

    def _typed(self, name: str) -> Any:
        if isinstance(self.data, QueryDict) and len(found := self.data.getlist(name)) > 1:
            return found
        return self.data.get(name, "")


def parts_in(params: Params, name: str) -> list[dict[str, Any]]:
    """The parts among stored params; what is none (anybody may write params by the API) is left out."""
    found = params.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def with_outcomes(parts: list[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """Each part has the name of its way out, for ever: those that have none yet take the next free ones of `names`."""
    taken = {part["outcome"] for part in parts if part["outcome"]}
    free = (name for name in names if name not in taken)
    return [{**part, "outcome": part["outcome"] or next(free)} for part in parts]
