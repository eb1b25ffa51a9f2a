"""The side panel of the canvas: a step's params as a form with real controls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from crm.admin.stale import digest
from journeys import editing, ends, entries, graph, steps
from journeys.graph import ENTRY
from journeys.models import Journey
from journeys.steps.kind import StepForm

REDRAW = '{"redraw": "1"}'
SIDE_QUESTIONS = ("per", "goal_unit", "goal_source")


class Watched:
    """A panel knows what its reader saw: `seen` is the digest of what is stored now, `is_stale` that it was another one."""

    def watch(self, stored: Any, data: QueryDict | None) -> None:
        self.seen = digest(stored)
        self.is_stale = bool(data and data.get("seen") and data["seen"] != self.seen)


class StepPanel(Watched):
    """One step of a draft. `data` is what was posted. A “redraw” asks for the form again with more or fewer fields."""

    def __init__(self, journey: Journey, node: str, data: QueryDict | None) -> None:
        self.draft, self.node, self.journey = journey.draft, node, journey.pk
        self.graph = graph.parse(journey.draft)
        self.missing = node not in self.graph.nodes or not steps.known(self.graph.nodes[node].kind)
        self.only_redraw = bool(data) and "redraw" in (data or {})
        if self.missing:
            return
        params = self.graph.nodes[node].params
        self.kind = self.graph.nodes[node].step
        self.title, self.icon, self.help = self.kind.label, self.kind.icon, self.kind.help
        self.problems = [p for p in graph.check(journey.draft) if p.node == node] if params else []
        self.theirs = self.kind.summary(params)
        self.watch(params, data)
        self.form = self._form(data)
        self._offer_steps()

    def _form(self, data: QueryDict | None) -> StepForm:
        params = self.graph.nodes[self.node].params
        form = self._filled(params, data)
        here = reverse("admin:journeys_journey_step", args=[self.journey, self.node])
        for name in form.redraws:
            form.fields[name].widget.attrs |= {
                "hx-post": here,
                "hx-vals": '{"redraw": "same"}',
                "hx-target": "[data-panel]",
                "hx-trigger": "change",
            }
        return form

    def _filled(self, params: dict[str, Any], data: QueryDict | None) -> StepForm:
        if data is None:
            return self.kind.form(self.kind.form.to_data(params)) if params else self.kind.form()
        form = self.kind.form(data)
        return self.kind.form(initial=form.redrawn(str(data["redraw"]))) if self.only_redraw else form

    def _offer_steps(self) -> None:
        """Fields that name a step of this journey become selects."""
        for name, first in getattr(self.form, "step_fields", {}).items():
            others = [
                (key, other.name)
                for key, other in self.graph.nodes.items()
                if key != self.node and other.kind != steps.GO_TO
            ]
            self.form.fields[name].widget = forms.Select(choices=[*first, *others])

    @property
    def has_fields(self) -> bool:
        return bool(self.form.fields)

    def is_valid(self) -> bool:
        return self.form.is_valid()

    def changed(self) -> dict[str, Any]:
        return editing.update(self.draft, self.node, self.form.to_params())


class EntryPanel(Watched):
    """How people come in, and what lets them out early."""

    missing = False
    has_fields = True
    title, icon = "How people come in", "door-enter"
    help = "A way in, how often the same person may use it, and what lets people out before the end."

    def __init__(self, journey: Journey, node: str, data: QueryDict | None) -> None:
        self.draft, self.node = journey.draft, ENTRY
        entry, goal, exits = journey.draft["entry"], journey.draft.get("goal"), journey.draft.get("exits")
        known = {kind.name for kind in entries.all_kinds()}
        wanted = data.get("way_in", entry["kind"]) if data else entry["kind"]
        self.way_in = wanted if wanted in known else entries.all_kinds()[0].name
        self.only_redraw = bool(data) and "redraw" in (data or {})
        found = graph.check(journey.draft) if entry["params"] else []
        self.problems = [problem for problem in found if problem.node == ENTRY]
        self.theirs = entries.in_words(entry)
        self.watch([entry, goal or {}, exits or {}], data)
        form_class = entries.form_with_ends(self.way_in)
        stored = form_class.to_data(entry["params"]) | ends.to_data(goal, exits)
        if data is not None and self.only_redraw:
            self.form = form_class(initial=_typed(form_class, data))
        elif data is not None:
            self.form = form_class(data)
        else:
            self.form = form_class(stored) if entry["params"] else form_class(initial=stored)
        self._redraw_on_change(reverse("admin:journeys_journey_step", args=[journey.pk, ENTRY]))

    def _redraw_on_change(self, url: str) -> None:
        """What other questions depend on asks for the form anew as soon as it is changed."""
        for field in self.form.fields.values():
            if "data-redraw" in field.widget.attrs:
                field.widget.attrs |= {
                    "hx-post": url,
                    "hx-vals": REDRAW,
                    "hx-target": "[data-panel]",
                    "hx-trigger": "change",
                }

    def groups(self) -> list[tuple[str, list[str], bool, bool]]:
        """(title, names of fields, is something filled in, is something wrong)"""
        form = self.form
        return [
            (title, list(names), any(map(self._is_said, names)), any(name in form.errors for name in names))
            for title, names in form.groups  # type: ignore[attr-defined]
        ]

    def _is_said(self, name: str) -> bool:
        """Has it a value of its own? What only says how another one is meant does not count."""
        return name not in SIDE_QUESTIONS and self.form[name].value() not in (None, "", [], False)

    def is_valid(self) -> bool:
        return self.form.is_valid()

    def changed(self) -> dict[str, Any]:
        values, goal, exits = ends.taken_from(self.form.to_params())
        draft = editing.set_entry(self.draft, self.way_in, values)
        return {**draft, "goal": goal, "exits": exits}


def _typed(form_class: type[StepForm], data: QueryDict) -> dict[str, Any]:
    """What stands in the fields, as it was typed."""
    fields = form_class().fields
    given = {name: field.widget.value_from_datadict(data, None, name) for name, field in fields.items()}
    return {name: value for name, value in given.items() if value not in (None, "")}
