"""The numbers of a test of paths: who went which way, what they did afterwards, and whether the difference may be luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction
from journeys import sources
from journeys.models import Journey, JourneyVersion, PathTest, Visit
from journeys.models.path_tests import fingerprint
from journeys.steps.growing import parts_in
from journeys.steps.sending import send_key
from marketing.queries.results import CLICKED, OPENED
from marketing.queries.significance import Sample, Verdict, in_words, judge_shares

if TYPE_CHECKING:
    from journeys.graph import Graph

OPENS, CLICKS, GOAL, DEED = "opens", "clicks", "goal", "deed"


@dataclass(frozen=True)
class PathRow:
    outcome: str
    label: str
    sample: Sample

    @property
    def percent(self) -> float:
        return 100 * self.sample.share


@dataclass(frozen=True)
class PathNumbers:
    rows: list[PathRow]
    verdict: Verdict
    confidence: int

    @property
    def fewest(self) -> int:
        return min((row.sample.people for row in self.rows), default=0)

    @property
    def best(self) -> str:
        """The way out of the path that leads; "" where that cannot be said."""
        return next((row.outcome for row in self.rows if row.label == self.verdict.best), "")

    @property
    def words(self) -> str:
        return in_words(self.verdict, len(self.rows), self.confidence)


def numbers_of(test: PathTest) -> PathNumbers:
    """Counted now: two questions, whatever the number of people. After the decision, of those who went before it."""
    visits = _visits(test)
    people, hits = _by_outcome(visits), _by_outcome(visits.filter(Exists(deeds(test))))
    rows = []
    for part in parts_in(test.params, "parts"):
        outcome = str(part["outcome"])
        sample = Sample(str(part["label"]), people.get(outcome, 0), hits.get(outcome, 0))
        rows.append(PathRow(outcome, str(part["label"]), sample))
    confidence = int(test.params["confidence"])
    return PathNumbers(rows, judge_shares([row.sample for row in rows], confidence / 100), confidence)


def _visits(test: PathTest) -> QuerySet[Visit]:
    """Of every version that has the step with these settings."""
    versions = [
        version.pk
        for version in JourneyVersion.objects.filter(journey=test.journey_id)
        if version.graph["nodes"].get(test.node, {}).get("params") == test.params
    ]
    rows = Visit.objects.filter(participant__version__in=versions, node=test.node, at__gte=test.began_at)
    return rows.filter(at__lte=test.decided_at) if test.decided_at else rows


def deeds(test: PathTest) -> QuerySet[Interaction]:
    """What counts, done by the person of a visit after it."""
    params = test.params
    match params["metric"]:
        case "opens" | "clicks" as metric:
            rows = Interaction.objects.filter(
                kind__in=OPENED if metric == OPENS else CLICKED,
                verdict__in=LIKELY_HUMAN,
                message__send_key__startswith=send_key(test.journey_id),
            )
        case "goal":
            goal = goal_of(test.journey)
            rows = sources.interactions(goal["kind"], goal.get("source") or "")
        case _:
            rows = sources.interactions(params["kind"], params.get("source") or "")
    return rows.filter(contact=OuterRef("participant__contact"), occurred_at__gte=OuterRef("at")).order_by()


def goal_of(journey: Journey) -> dict[str, Any]:
    """The goal as it was published; of nothing where there is none (then nobody reaches it)."""
    graph = journey.live_version.graph if journey.live_version else journey.draft
    return graph.get("goal") or {"kind": ""}


def _by_outcome(visits: QuerySet[Visit]) -> dict[str, int]:
    return dict(visits.order_by().values_list("outcome").annotate(many=Count("pk")))


@dataclass(frozen=True)
class Shown:
    """One test as the page draws it."""

    name: str
    test: PathTest
    numbers: PathNumbers

    @property
    def winner(self) -> str:
        return next((row.label for row in self.numbers.rows if row.outcome == self.test.winner), "")


def tests_of(journey: Journey, graph: Graph) -> list[Shown]:
    """Those of the steps of one version; counted now."""
    steps = {key: node for key, node in graph.nodes.items() if node.kind == "ab_test"}
    if not steps:
        return []
    rows = PathTest.objects.filter(journey=journey, node__in=steps).select_related("journey__live_version")
    here = [test for test in rows if test.fingerprint == fingerprint(steps[test.node].params)]
    return [Shown(steps[test.node].name, test, numbers_of(test)) for test in here]
