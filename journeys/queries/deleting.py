"""What goes and what stays when a journey is deleted: shown before, counted from the rows."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import Message
from journeys.models import OVER, Journey, Participant
from journeys.steps.sending import send_key


@dataclass(frozen=True)
class Consequences:
    """`led_to` are other journeys whose steps or starts send people into this one."""

    inside: int
    unsent: int
    been_in: int
    led_to: list[Journey]


def consequences_of(journey: Journey) -> Consequences:
    people = Participant.objects.filter(journey=journey)
    unsent = Message.objects.filter(send_key__startswith=send_key(journey.pk), status=Message.Status.DUE)
    return Consequences(people.active().count(), unsent.count(), people.count(), _leading_to(journey))


def _leading_to(journey: Journey) -> list[Journey]:
    others = Journey.objects.alive().exclude(pk=journey.pk).exclude(status__in=OVER).select_related("live_version")
    return [other for other in others if any(_leads(graph, journey.pk) for graph in _graphs(other))]


def _graphs(journey: Journey) -> list[dict]:
    return [journey.draft, *([journey.live_version.graph] if journey.live_version else [])]


def _leads(graph: dict, pk: int) -> bool:
    nodes = (graph.get("nodes") or {}).values()
    return any(node.get("kind") == "go_to_journey" and node.get("params", {}).get("journey") == pk for node in nodes)
