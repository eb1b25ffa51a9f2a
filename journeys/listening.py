"""The journeys' reader of the log: whoever did what somebody waits for is made due; triggers let people in; goals and exits let them out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from crm import jobs
from crm.log.quiet import is_quiet
from crm.models import Interaction
from crm.rules import use
from journeys import conditions, ends, engine, entering, entries, exits, sources
from journeys import graph as graphs
from journeys.doors import Door
from journeys.models import Journey, JourneyStatus, JourneyVersion, Participant
from journeys.sources import LIKELY_HUMAN

Facts = dict[int, dict[str, Any]]
SEGMENT, SCORE = "marketing.segment", "marketing.scoringmodel"


@dataclass(frozen=True)
class Ear:
    """`what` is entry, step, goal, exit or rule. `node` is the step that waits; `outcome` how an exit is kept.

    `where` are conditions on what came with the happening, `who` is a rule about the person; both only of who comes in or
    leaves, never of a step.
    """

    version: JourneyVersion
    what: str
    kind: str
    source_type: str
    source_id: int | None
    node: str = ""
    outcome: str = ""
    where: tuple[dict[str, str], ...] = ()
    who: Any = None

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
    by_kind: dict[str, list[Interaction]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    heard = [(ear, found) for ear in ears() if (found := [row for row in by_kind[ear.kind] if ear.hears(row)])]
    facts = conditions.facts_of({row.pk: row for ear, found in heard if _asks(ear) for row in found}.values())
    for ear, found in heard:
        fulfil = [row for row in found if conditions.fulfilled(ear.where, facts.get(row.pk, {}))]
        if fulfil:
            _ANSWERS[ear.what](ear, fulfil, facts, now)
    if heard:
        jobs.nudge("journeys.tasks.advance")


def _asks(ear: Ear) -> bool:
    """Must it be known what came with the row?"""
    return bool(ear.where) or ear.what == "entry"


def ears() -> Iterator[Ear]:
    for version in running_versions():
        graph = graphs.parse(version.graph)
        if version.pk == version.journey.live_version_id:
            yield from _of_entry(version, graph.entry)
        if graph.goal:
            yield _happening(version, "goal", graph.goal, ends.GOAL)
        yield from _of_exits(version, graph)
        for node in graph.nodes.values():
            for source_type, source_id, kind in node.step.listens(node.params):
                yield Ear(version, "step", kind, source_type, source_id, node.id)


def running_versions() -> list[JourneyVersion]:
    """The newest version of each running journey, and older ones as long as somebody is on them."""
    inside = Participant.objects.active().filter(version=OuterRef("pk"))
    return list(
        JourneyVersion.objects.filter(journey__in=Journey.objects.with_people().values("pk"))
        .filter(Q(pk=F("journey__live_version")) | Exists(inside))
        .select_related("journey", "journey__live_version")
        .order_by("pk")
    )


def _of_entry(version: JourneyVersion, entry: dict[str, Any]) -> Iterator[Ear]:
    params = entry["params"]
    match entry["kind"]:
        case "segment" if params.get("mode", "later") == "later":
            for segment in entries.segments_of(params):
                yield Ear(version, "entry", "segment.entered", SEGMENT, segment)
        case "interaction":
            yield _happening(version, "entry", params)
        case "score":
            crossed = ({"field": "threshold", "op": "is", "value": str(params["points"])},)
            who = params.get("who")
            yield Ear(version, "entry", "score.crossed", SCORE, params["model"], where=crossed, who=who)


def _of_exits(version: JourneyVersion, graph: graphs.Graph) -> Iterator[Ear]:
    door = Door.of(graph.entry["params"])
    if door.pulls_out:
        for segment in door.without:
            yield Ear(version, "exit", "segment.entered", SEGMENT, segment, outcome=f"{ends.EXCLUDED}:{segment}")
    for index, happening in enumerate(graph.exits.get("happenings") or []):
        yield _happening(version, "exit", happening, f"did:{index}")
    for segment in graph.exits.get("segments") or []:
        yield Ear(version, "exit", "segment.entered", SEGMENT, segment, outcome=f"entered:{segment}")
    if rule := graph.exits.get("rule"):
        for kind in exits.kinds_of(rule):
            yield Ear(version, "rule", kind, "", None)


def _happening(version: JourneyVersion, what: str, said: dict[str, Any], outcome: str = "") -> Ear:
    source_type, source_id = sources.split(str(said.get("source") or "")) or ("", None)
    where, who = tuple(said.get("where") or ()), said.get("who")
    return Ear(version, what, said["kind"], source_type, source_id, outcome=outcome, where=where, who=who)


def _enter(ear: Ear, rows: list[Interaction], facts: Facts, now: datetime) -> None:
    """What comes from an import, a merge or an undo lets nobody in (crm/log/quiet.py)."""
    arrivals = [
        entering.Arrival(row.contact_id, f"log:{row.pk}", row.occurred_at, trigger=_told(facts.get(row.pk, {})))
        for row in rows
        if row.contact_id and not is_quiet(row) and _is_within(row, ear.version)
    ]
    if ear.version.journey.status != JourneyStatus.FINISHING:
        entering.admit(ear.version.journey, fulfilling(ear.who, arrivals, now), now)


def fulfilling(rule: Any, arrivals: list[entering.Arrival], now: datetime) -> list[entering.Arrival]:
    """Those whose person fulfils the rule; all where there is none. One query."""
    if not rule or not arrivals:
        return arrivals
    people = {arrival.contact for arrival in arrivals}
    fit = set(use.those(rule, now).filter(pk__in=people).values_list("pk", flat=True))
    return [arrival for arrival in arrivals if arrival.contact in fit]


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _is_within(row: Interaction, version: JourneyVersion) -> bool:
    """What happened before the journey went live, or after its end, lets nobody in."""
    journey, door = version.journey, Door.of(version.graph["entry"].get("params", {}))
    is_early = journey.went_live_at is not None and row.occurred_at < journey.went_live_at
    return not is_early and not door.is_over(row.occurred_at)


def _wake(ear: Ear, rows: list[Interaction], facts: Facts, now: datetime) -> None:
    """Make them due; the step itself asks whether it counts.

    Whoever is at the step is matched, due or not: where the engine is just about to hold them, this waits for its lock
    and then undoes the holding, so that nothing slips through between its question and its answer.
    """
    contacts = {row.contact_id for row in rows}
    here = Participant.objects.active().filter(version=ear.version, node=ear.node, contact__in=contacts)
    here.update(due_at=now)


def _leave(ear: Ear, rows: list[Interaction], facts: Facts, now: datetime) -> None:
    """It ends the journey for who did it since they came in."""
    last = _last_times(rows)
    inside = Participant.objects.active().filter(version=ear.version, contact__in=list(last))
    out = [pk for pk, contact, since in inside.values_list("pk", "contact", "entered_at") if last[contact] >= since]
    leaving = Participant.objects.filter(pk__in=out)
    if ear.what == "goal":
        leaving.update(reached_at=now)
    engine.leave(ear.version.journey, leaving, status="exited", outcome=ear.outcome, now=now)


def _reach_goal(ear: Ear, rows: list[Interaction], facts: Facts, now: datetime) -> None:
    """Who reached it leaves; who has left some days ago at most is counted."""
    _leave(ear, rows, facts, now)
    if ear.version.pk != ear.version.journey.live_version_id:
        return
    last, span = _last_times(rows), ends.listening(ear.version.graph["goal"])
    gone = Participant.objects.filter(journey=ear.version.journey, contact__in=list(last), reached_at=None)
    ways = gone.exclude(left_at=None).values_list("pk", "contact", "entered_at", "left_at")
    late = [pk for pk, contact, since, left in ways if left and since <= last[contact] <= left + span]
    Participant.objects.filter(pk__in=late).update(reached_at=now)


def _last_times(rows: list[Interaction]) -> dict[int, datetime]:
    last: dict[int, datetime] = {}
    for row in rows:
        if row.contact_id:
            last[row.contact_id] = max(last.get(row.contact_id, row.occurred_at), row.occurred_at)
    return last


def _look_at_rule(ear: Ear, rows: list[Interaction], facts: Facts, now: datetime) -> None:
    exits.look(ear.version, {row.contact_id for row in rows if row.contact_id}, now)


_ANSWERS = {"entry": _enter, "step": _wake, "goal": _reach_goal, "exit": _leave, "rule": _look_at_rule}
