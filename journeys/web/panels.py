"""The side panel of the canvas: a step's params as a form with real controls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from crm.admin.stale import digest
from journeys import editing, entries, graph, steps
from journeys.graph import ENTRY
from journeys.models import Journey
from journeys.steps.kind import StepForm


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
    help = "A way in, how often the same person may use it, and a goal that lets people out as soon as they reach it."

    def __init__(self, journey: Journey, node: str, data: QueryDict | None) -> None:
        self.draft, self.node = journey.draft, ENTRY
        entry, goal = journey.draft["entry"], journey.draft.get("goal") or {}
        known = {kind.name for kind in entries.all_kinds()}
        wanted = data.get("way_in", entry["kind"]) if data else entry["kind"]
        self.way_in = wanted if wanted in known else entries.all_kinds()[0].name
        self.only_redraw = bool(data) and "redraw" in (data or {})
        found = graph.check(journey.draft) if entry["params"] else []
        self.problems = [problem for problem in found if problem.node == ENTRY]
        self.theirs = entries.in_words(entry)
        self.watch([entry, goal], data)
        stored = {**entry["params"], "goal_kind": goal.get("kind", ""), "goal_source": goal.get("source", "")}
        form_class = entries.form_with_goal(self.way_in)
        if data is not None and not self.only_redraw:
            self.form = form_class(data)
        elif entry["params"] and not self.only_redraw:
            self.form = form_class(stored)
        else:
            self.form = form_class(initial=stored)

    def is_valid(self) -> bool:
        return self.form.is_valid()

    def changed(self) -> dict[str, Any]:
        values = self.form.to_params()
        kind, source = values.pop("goal_kind", ""), values.pop("goal_source", "")
        draft = editing.set_entry(self.draft, self.way_in, values)
        return {**draft, "goal": {"kind": kind, "source": source} if kind else None}
