"""Letting people in: the re-entry rule, one row a person, and the log hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from crm.log.recording import record_each
from crm.models import Contact, Interaction
from journeys import graph as graphs
from journeys.doors import Door
from journeys.models import ACTIVE, Journey, Participant, Turn
from marketing.models import SegmentMember

EVERYBODY_ONCE = "once"
_CHUNK = 1000


@dataclass(frozen=True)
class Arrival:
    """Somebody at the door. `key` makes this one arrival happen once; `at` is what “since entry” will mean.

    `trigger` are the values that came with it.
    """

    contact: int
    key: str
    at: datetime
    depth: int = 0
    trigger: dict[str, Any] = field(default_factory=dict)


def admit(journey: Journey, arrivals: Sequence[Arrival], now: datetime) -> int:
    """Let them in as the rules of the door allow, or let them wait for their turn where there is an entry rate.

    Answers how many came in or wait. In the caller's transaction. The same arrivals twice let nobody in twice.
    """
    graph, door = _graph_and_door(journey)
    if door.is_over(now):
        return 0
    if door.is_paced:
        return sum(
            wait(journey, [(arrival, now) for arrival in _allowed(journey, some, door, now)])
            for some in _chunks(arrivals)
        )
    return sum(
        _admit(journey, graph, _allowed(journey, some, door, now), door.again, now) for some in _chunks(arrivals)
    )


def let_in(journey: Journey, arrivals: Sequence[Arrival], now: datetime) -> int:
    """Those whose turn it is: the rules are asked once more."""
    graph, door = _graph_and_door(journey)
    return sum(
        _admit(journey, graph, _allowed(journey, some, door, now), door.again, now) for some in _chunks(arrivals)
    )


def wait(journey: Journey, arrivals: Iterable[tuple[Arrival, datetime]]) -> int:
    """Let each wait at the door until its moment at least; answers how many. The same arrival twice waits once."""
    rows = [
        Turn(
            journey=journey,
            contact_id=arrival.contact,
            key=arrival.key[:80],
            at=arrival.at,
            due_at=due_at,
            depth=arrival.depth,
            trigger=arrival.trigger,
        )
        for arrival, due_at in arrivals
    ]
    Turn.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def _graph_and_door(journey: Journey) -> tuple[graphs.Graph, Door]:
    graph = graphs.parse(journey.live_version.graph)  # type: ignore[union-attr]
    return graph, Door.of(graph.entry["params"])


def _chunks(arrivals: Sequence[Arrival]) -> Iterable[Sequence[Arrival]]:
    return (arrivals[start : start + _CHUNK] for start in range(0, len(arrivals), _CHUNK))


def _allowed(journey: Journey, arrivals: Sequence[Arrival], door: Door, now: datetime) -> list[Arrival]:
    contacts = [arrival.contact for arrival in arrivals]
    here = set(Contact.objects.alive().filter(pk__in=contacts).values_list("pk", flat=True))
    if door.without:
        kept_out = SegmentMember.objects.filter(segment__in=door.without, contact__in=contacts)
        here -= set(kept_out.values_list("contact", flat=True))
    if door.again == "always":
        return [arrival for arrival in arrivals if arrival.contact in here]
    before = Participant.objects.filter(_counts(door, now), journey=journey, contact__in=contacts)
    here -= set(before.values_list("contact", flat=True))
    first: dict[int, Arrival] = {}
    for arrival in arrivals:
        if arrival.contact in here:
            first.setdefault(arrival.contact, arrival)
    return list(first.values())


def keeping_out(journey: Journey, door: Door, now: datetime) -> Any:
    """The participations that keep people from coming in again; none where they always may."""
    rows = Participant.objects.filter(journey=journey)
    return rows.none() if door.again == "always" else rows.filter(_counts(door, now))


def _counts(door: Door, now: datetime) -> Q:
    inside = Q(status__in=ACTIVE)
    match door.again:
        case "after_leaving":
            return inside
        case "after_days":
            return inside | Q(left_at__gt=now - timedelta(days=door.days))
    return Q()


def _admit(journey: Journey, graph: graphs.Graph, arrivals: Sequence[Arrival], again: str, now: datetime) -> int:
    if not arrivals:
        return 0
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
                trigger=arrival.trigger,
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
