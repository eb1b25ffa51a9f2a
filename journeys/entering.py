"""Letting people in: the re-entry rule, one row a person, and the log hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from crm.log.recording import record_each
from crm.models import Contact, Interaction
from journeys import graph as graphs
from journeys.models import Journey, Participant

EVERYBODY_ONCE = "once"
_CHUNK = 1000


@dataclass(frozen=True)
class Arrival:
    """Somebody at the door. `key` makes this one arrival happen once; `at` is what “since entry” will mean."""

    contact: int
    key: str
    at: datetime
    depth: int = 0


def admit(journey: Journey, arrivals: Sequence[Arrival], now: datetime) -> int:
    """Let them in as the journey's re-entry rule allows; answers how many came in. In the caller's transaction.

    The same arrivals twice let nobody in twice.
    """
    graph = graphs.parse(journey.live_version.graph)  # type: ignore[union-attr]
    again = graph.entry["params"].get("again", "never")
    count = 0
    for start in range(0, len(arrivals), _CHUNK):
        count += _admit(journey, graph, _allowed(journey, arrivals[start : start + _CHUNK], again), again, now)
    return count


def _allowed(journey: Journey, arrivals: Sequence[Arrival], again: str) -> list[Arrival]:
    contacts = [arrival.contact for arrival in arrivals]
    here = set(Contact.objects.alive().filter(pk__in=contacts).values_list("pk", flat=True))
    if again == "always":
        return [arrival for arrival in arrivals if arrival.contact in here]
    inside = Participant.objects.filter(journey=journey, contact__in=contacts)
    if again == "after_leaving":
        inside = inside.active()
    here -= set(inside.values_list("contact", flat=True))
    first: dict[int, Arrival] = {}
    for arrival in arrivals:
        if arrival.contact in here:
            first.setdefault(arrival.contact, arrival)
    return list(first.values())


def _admit(journey: Journey, graph: graphs.Graph, arrivals: Sequence[Arrival], again: str, now: datetime) -> int:
    first = graph.nodes[graph.first or ""]
    held = first.step.held_until(first.params, now)
    position = Interaction.objects.order_by("-pk").values_list("pk", flat=True).first()
    keys = {_key(arrival, again) for arrival in arrivals}
    Participant.objects.bulk_create(
        [
            Participant(
                journey=journey,
                version=journey.live_version,
                contact_id=arrival.contact,
                node=first.id,
                status="waiting" if held else "ready",
                due_at=held or now,
                entered_at=arrival.at,
                arrived_at=now,
                entry_key=_key(arrival, again),
                entry_position=position,
                may_overlap=again == "always",
                depth=arrival.depth,
            )
            for arrival in arrivals
        ],
        ignore_conflicts=True,
    )
    came = Participant.objects.filter(
        journey=journey,
        contact__in=[arrival.contact for arrival in arrivals],
        entry_key__in=keys,
        arrived_at=now,
        visit=1,
    )
    return record_each(
        "journey.entered",
        came.order_by().values("contact_id"),
        source=journey,
        campaign=journey.campaign_id,
        now=now,
        key=Concat(Value("journey.entered:"), Cast("pk", CharField()), output_field=CharField()),
    )


def _key(arrival: Arrival, again: str) -> str:
    return EVERYBODY_ONCE if again == "never" else arrival.key[:80]
