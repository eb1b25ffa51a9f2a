"""What journeys can name: kinds of interaction, what they happen on, segments, emails. Written like “marketing.event:7”."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet

from crm.log import kinds
from crm.models import Interaction
from crm.rules.compile import HUMAN
from journeys.names import all_names, name_of, row_of
from marketing import models as marketing

Choices = list[tuple[Any, Any]]
LIKELY_HUMAN = list(HUMAN)
_SOURCE = re.compile(r"^([a-z_]+\.[a-z_]+):(\d+)$")
_SOURCES: dict[str, tuple[str, Callable[[], Any], str]] = {
    "marketing.event": ("Events", lambda: marketing.Event, "title"),
    "marketing.form": ("Forms", lambda: marketing.Form, "name"),
    "marketing.email": ("Emails", lambda: marketing.MarketingEmail, "name"),
    "marketing.text": ("Texts", lambda: marketing.TextMessage, "name"),
    "marketing.segment": ("Segments", lambda: marketing.Segment, "name"),
    "marketing.scoringmodel": ("Scores", lambda: marketing.ScoringModel, "name"),
}


def split(source: str) -> tuple[str, int] | None:
    """“marketing.event:7” -> (“marketing.event”, 7); None for anything else."""
    found = _SOURCE.match(source or "")
    return (found[1], int(found[2])) if found and len(found[2]) < 18 else None


def behaviours() -> Choices:
    """What people do, in groups, for a select."""
    groups: dict[str, Choices] = defaultdict(list)
    for kind in kinds.all_kinds():
        groups[kind.group].append((kind.name, kind.label))
    return [("", "Choose…"), *groups.items()]


def sources() -> Choices:
    """Everything an interaction can have happened on, in groups."""
    return [
        ("", "anything"),
        *(
            (label, [(f"{kind}:{pk}", name) for pk, name in all_names(model(), column).items()])
            for kind, (label, model, column) in _SOURCES.items()
        ),
    ]


class SourceField(forms.ChoiceField):
    """“On what?” Any source may be chosen; what is written there must exist. Asks only the one table."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=sources, required=False, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return exists(str(value))


class SegmentField(forms.TypedChoiceField):
    """One segment, by its id."""

    default_error_messages = {"invalid_choice": "This segment does not exist any more. Choose another one."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, choices=segments, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return _is_segment(value)


class SegmentsField(forms.TypedMultipleChoiceField):
    """Several segments; cleans to their ids."""

    default_error_messages = {"invalid_choice": "One of these segments does not exist any more. Take it out."}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.CheckboxSelectMultiple(attrs={"class": "jc-many"})
        super().__init__(coerce=int, choices=lambda: segments()[1:], required=False, widget=widget, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return _is_segment(value)


def _is_segment(value: Any) -> bool:
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 18 and exists(f"marketing.segment:{text}")


def exists(source: str) -> bool:
    """Is there such a thing, and not in the bin?"""
    where = split(source)
    if where is None or where[0] not in _SOURCES:
        return False
    row = row_of(_SOURCES[where[0]][1](), where[1])
    return row is not None and getattr(row, "deleted_at", None) is None


def name_of_source(source: str) -> str:
    """The name of “marketing.event:7”; "" where there is no such thing."""
    where = split(source)
    if where is None or where[0] not in _SOURCES:
        return ""
    _, model, column = _SOURCES[where[0]]
    return name_of(model(), where[1], column)


def segments() -> Choices:
    return [("", "Choose a segment…"), *all_names(marketing.Segment).items()]


def name_of_segment(pk: Any) -> str:
    return name_of(marketing.Segment, pk) or "no segment yet"


def in_words(kind: str, source: str) -> str:
    """“Registered for an event: “November webinar””."""
    label = kinds.get(kind).label if kinds.known(kind) else "something"
    name = name_of_source(source)
    return f"{label}: “{name}”" if name else label


def interactions(kind: str, source: str) -> QuerySet[Interaction]:
    """Rows of the log of this kind on this source, done by people as far as we can tell."""
    rows = Interaction.objects.filter(kind=kind, verdict__in=LIKELY_HUMAN)
    where = split(source)
    return rows.filter(source_type=where[0], source_id=where[1]) if where else rows
