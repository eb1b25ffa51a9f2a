"""The life cycles of all records, drawn from the transitions in the code: `manage.py draw_states` writes docs/states.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Model
from django_fsm import ANY_OTHER_STATE, ANY_STATE, GET_STATE, FSMField, Transition

from config.env import ROOT

PAGE = ROOT / "docs" / "states.md"
HEAD = """# Life cycles

Drawn from the code by `manage.py draw_states`; a test fails where this page and the code differ. An arrow is a transition, by
the name of its method; what else must be true (an open deal, filled steps) is asked by the actions.
"""


def drawn() -> str:
    """The whole page: a Mermaid diagram a field that has a life cycle."""
    parts = [HEAD]
    for model in sorted(apps.get_models(), key=lambda one: one._meta.label):
        for field in model._meta.get_fields():
            if isinstance(field, FSMField) and not model._meta.proxy:
                parts.append(_diagram(model, field))
    return "\n".join(parts)


def _diagram(model: type[Model], field: Any) -> str:
    labels = dict(field.flatchoices)
    arrows = dict.fromkeys(_arrows(model, field, list(labels)))
    lines = [f"## {model._meta.verbose_name}: {field.name}".replace("_", " "), "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {state}: {label}" for state, label in labels.items()]
    lines += [f"    [*] --> {field.get_default()}"]
    lines += [f"    {source} --> {target}: {name.replace('_', ' ')}" for source, target, name in arrows]
    return "\n".join([*lines, "```", ""])


def _arrows(model: type[Model], field: Any, states: list[str]) -> Iterator[tuple[str, str, str]]:
    for transition in field.get_all_transitions(model):
        sources = states if transition.source in (ANY_STATE, ANY_OTHER_STATE) else [str(transition.source)]
        for source in sources:
            for target in _targets(model, field, transition, source):
                if source != target:
                    yield source, target, transition.name


def _targets(model: type[Model], field: Any, transition: Transition, source: str) -> list[str]:
    """Where it leads from this state: for a target that is computed, what it computes, or all it may answer."""
    target = transition.target
    if isinstance(target, GET_STATE):
        try:
            return [str(target.func(model(**{field.name: source})))]
        except TypeError:  # it depends on what the caller says
            return [str(state) for state in target.allowed_states]
    return [str(target)] if target else []
