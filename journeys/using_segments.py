"""Which journeys use a segment: its people come in by it, a branch asks for it, a step fills it, or something waits for who enters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.urls import reverse

from journeys.models import OVER, RUNNING, Journey
from marketing.uses import Use, named_in


def journeys_of(segments: Collection[int]) -> dict[int, list[Use]]:
    """Those that run, as they were published, and drafts; what has ended uses nothing any more."""
    found: dict[int, list[Use]] = defaultdict(list)
    rows = Journey.objects.alive().exclude(status__in=OVER).select_related("live_version").order_by("pk")
    for journey in rows:
        graphs = [journey.draft, *([journey.live_version.graph] if journey.live_version else [])]
        for segment in set().union(*map(_named, graphs)) & set(segments):
            url = reverse("admin:journeys_journey_change", args=[journey.pk])
            found[segment].append(Use(f"The journey “{journey}”", url, is_live=journey.status in RUNNING))
    return found


def _named(graph: dict[str, Any]) -> set[int]:
    """By its ways in and out, by what steps fill, by rules, and as what something happened on."""
    entry, exits = (graph.get("entry") or {}).get("params") or {}, graph.get("exits") or {}
    filled = [node.get("params", {}).get("list") for node in (graph.get("nodes") or {}).values()]
    several = [entry.get("also"), entry.get("without"), exits.get("segments")]
    listed = [entry.get("segment"), *filled, *(one for some in several if isinstance(some, list) for one in some)]
    return named_in(graph) | {one for one in listed if isinstance(one, int)}
