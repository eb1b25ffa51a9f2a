"""The journeys' reader of the log: whoever did what somebody waits for is made due; triggers let people in; goals let them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from crm import jobs
from crm.log.quiet import is_quiet
from crm.models import Interaction
from journeys import engine, entering, sources
from journeys import graph as graphs
from journeys.models import Journey, JourneyStatus, JourneyVersion, Participant
from journeys.sources import LIKELY_HUMAN


@dataclass(frozen=True)
class Ear:
    """`node` is the step that waits; "" stands for the entry, “goal” for the goal."""

    version: JourneyVersion
    what: str
    kind: str
    source_type: str
    source_id: int | None
    node: str = ""

    def hears(self, row: Interaction) -> bool:
        return (
            row.kind == self.kind
            and row.contact_id is not None
            and row.verdict in LIKELY_HUMAN
            and (not self.source_type or (row.source_type, row.source_id) == (self.source_type, self.source_id))
        )


def kinds() -> set[str]:
    """The kinds of interaction that some running journey listens to."""
    return {ear.kind for ear in ears()}


def handle(rows: list[Interaction], now: datetime) -> None:
    """A batch of the log, by set. Seeing a row twice changes nothing."""
    someone_is_due = False
    for ear in ears():
        heard = [row for row in rows if ear.hears(row)]
        if heard:
            _ANSWERS[ear.what](ear, heard, now)
            someone_is_due = True
    if someone_is_due:
        jobs.nudge("journeys.tasks.advance")


def ears() -> Iterator[Ear]:
    for version in _versions():
        graph = graphs.parse(version.graph)
        if version.pk == version.journey.live_version_id and (heard := _of_entry(graph)):
            yield Ear(version, "entry", *heard)
        if graph.goal:
            where = sources.split(str(graph.goal.get("source") or "")) or ("", None)
            yield Ear(version, "goal", graph.goal["kind"], *where)
        for node in graph.nodes.values():
            for source_type, source_id, kind in node.step.listens(node.params):
                yield Ear(version, "step", kind, source_type, source_id, node.id)


def _versions() -> list[JourneyVersion]:
    """The newest version of each running journey, and older ones as long as somebody is on them."""
    inside = Participant.objects.active().filter(version=OuterRef("pk"))
    return list(
        JourneyVersion.objects.filter(journey__in=Journey.objects.with_people().values("pk"))
        .filter(Q(pk=F("journey__live_version")) | Exists(inside))
        .select_related("journey", "journey__live_version")
        .order_by("pk")
    )


def _of_entry(graph: graphs.Graph) -> tuple[str, str, int | None] | None:
    params = graph.entry["params"]
    match graph.entry["kind"]:
        case "segment":
            return "segment.entered", "marketing.segment", params["segment"]
        case "interaction":
            return params["kind"], *(sources.split(params.get("source", "")) or ("", None))
        case _:
            return None


def _enter(ear: Ear, rows: list[Interaction], now: datetime) -> None:
    """What comes from an import, a merge or an undo lets nobody in (crm/log/quiet.py)."""
    arrivals = [
        entering.Arrival(row.contact_id, f"log:{row.pk}", row.occurred_at)
        for row in rows
        if row.contact_id and not is_quiet(row) and not _is_before(row, ear.version.journey)
    ]
    if ear.version.journey.status != JourneyStatus.FINISHING:
        entering.admit(ear.version.journey, arrivals, now)


def _is_before(row: Interaction, journey: Journey) -> bool:
    """What happened before the journey went live lets nobody in."""
    return journey.went_live_at is not None and row.occurred_at < journey.went_live_at


def _wake(ear: Ear, rows: list[Interaction], now: datetime) -> None:
    """Make them due; the step itself asks whether it counts.

    Whoever is at the step is matched, due or not: where the engine is just about to hold them, this waits for its lock
    and then undoes the holding, so that nothing slips through between its question and its answer.
    """
    contacts = {row.contact_id for row in rows}
    here = Participant.objects.active().filter(version=ear.version, node=ear.node, contact__in=contacts)
    here.update(due_at=now)


def _reach_goal(ear: Ear, rows: list[Interaction], now: datetime) -> None:
    """The goal ends the journey for who reached it since they came in."""
    last: dict[int, datetime] = {}
    for row in rows:
        if row.contact_id:
            last[row.contact_id] = max(last.get(row.contact_id, row.occurred_at), row.occurred_at)
    inside = Participant.objects.active().filter(version=ear.version, contact__in=list(last))
    out = [pk for pk, contact, since in inside.values_list("pk", "contact", "entered_at") if last[contact] >= since]
    engine.leave(ear.version.journey, Participant.objects.filter(pk__in=out), status="exited", outcome="goal", now=now)


_ANSWERS = {"entry": _enter, "step": _wake, "goal": _reach_goal}
