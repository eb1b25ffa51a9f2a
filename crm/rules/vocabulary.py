"""What an editor of rules needs to know: attributes with their operators and choices, behaviours, sources, rankings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.hooks import attributes, rankings, records, sources
from crm.hooks.registry import Text
from crm.log import kinds
from crm.models import User
from crm.rules import facts
from crm.rules.operators import OPERATORS
from crm.rules.parse import ME, contact_column, had_by_contacts
from crm.rules.tree import CONTACT


def vocabulary_of(kind: str, reader: User | None = None) -> dict[str, Any]:
    """As JSON for the browser; everything in it is what `parse` accepts of a rule over this kind of record.

    With a `reader` (who filters a list) people may be “me”, and only what they may see is offered.
    """
    of = records.get(kind)
    can_behave, can_rank = bool(contact_column(kind)), kind == CONTACT
    return {
        "of": {"name": of.name, "label": str(of.label), "plural": str(of.plural)},
        "attributes": _attributes(kind, reader),
        "operators": {
            kind: [{"name": op.name, "label": op.label, "takes": op.takes} for op in ops]
            for kind, ops in OPERATORS.items()
        },
        "behaviours": [
            {
                "name": kind.name,
                "label": str(kind.label),
                "group": kind.group,
                "mine": kind.is_behaviour,
                "has_links": kind.name.endswith(".clicked"),
                "has_page": kind.name.endswith((".clicked", ".visited")),
            }
            for kind in kinds.all_kinds()
            if can_behave
        ],
        "sources": [
            {"type": one.name, "label": one.label, "kinds": one.kinds, "choices": _pairs(one.choices())}
            for one in sources.all_sources()
            if can_behave
        ],
        "has": [
            {"name": one, "label": str(records.get(one).label), "plural": str(records.get(one).plural)}
            for one in had_by_contacts()
            if kind == CONTACT
        ],
        "rankings": [
            {"name": one.name, "label": one.label, "subjects": _pairs(one.subjects()) if one.subjects else None}
            for one in rankings.all_rankings()
            if can_rank
        ],
    }


def _attributes(kind: str, reader: User | None) -> list[dict[str, Any]]:
    """The same choices (people, tags, teams) are read once for all the facts that offer them."""
    read: dict[Any, list[list[Any]]] = {}

    def pairs(choices: attributes.Choices) -> list[list[Any]]:
        source = (choices.func, *choices.args) if isinstance(choices, partial) else choices
        if source not in read:
            read[source] = _pairs(choices())
        return read[source]

    return [
        {
            "name": one.name,
            "label": str(one.label),
            "kind": one.kind,
            "group": str(one.group),
            "choices": ([[ME, _("me")]] if one.is_person and reader else []) + pairs(one.choices)
            if one.choices
            else None,
            "subjects": pairs(one.subjects) if one.subjects else None,
            "found": reverse("crm:choose", args=[one.to]) if one.to else None,
        }
        for one in facts.all_facts(kind, reader)
    ]


def _pairs(choices: Sequence[tuple[Any, Text]]) -> list[list[Any]]:
    return [[value, str(label)] for value, label in choices]
