"""A definition as the canvas draws it: branches of boxes, with counts and problems on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum

from journeys import entries, steps
from journeys.graph import ENTRY, Graph, Problem
from journeys.models import JourneyVersion, Participant, Passage
from journeys.steps.batch import NEXT


@dataclass
class StepCount:
    """Where people are: waiting at the step, passed it (by outcome), failed there."""

    waiting: int = 0
    failed: int = 0
    passed: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.passed.values())


@dataclass
class Branch:
    """A way out and what follows it. (source, outcome) is the place where a step can be inserted."""

    source: str
    outcome: str
    label: str
    boxes: list[Box] = field(default_factory=list)
    passed: int = 0


@dataclass
class Box:
    """One step. `after` is the place right below it, where it has only one way out."""

    node: str
    kind: str
    label: str
    icon: str
    summary: str
    problems: list[Problem]
    count: StepCount
    after: str = ""
    branches: list[Branch] = field(default_factory=list)


@dataclass
class Tree:
    entry: Box
    trunk: Branch


def draw(graph: Graph, problems: Sequence[Problem] = (), counts: dict[str, StepCount] | None = None) -> Tree:
    """The tree from the entry down. Steps that nobody can reach are not drawn; the problems name them."""
    by_node: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_node[problem.node].append(problem)
    counts = counts or {}
    kind = entries.get(graph.entry["kind"]) if graph.entry["kind"] in {k.name for k in entries.all_kinds()} else None
    entry = Box(
        ENTRY,
        graph.entry["kind"],
        kind.label if kind else "Beginning",
        kind.icon if kind else "alert-triangle",
        entries.in_words(graph.entry),
        by_node[ENTRY],
        StepCount(),
        NEXT,
    )
    trunk = Branch(ENTRY, NEXT, "")
    _follow(graph, trunk, by_node, counts, set())
    return Tree(entry, trunk)


def _follow(
    graph: Graph, branch: Branch, problems: dict[str, list[Problem]], counts: dict[str, StepCount], seen: set[str]
) -> None:
    """Boxes down one branch, until a step parts the ways or ends them."""
    source, outcome = branch.source, branch.outcome
    while (target := _drawn(graph, source, outcome)) and target in graph.nodes and target not in seen:
        seen.add(target)
        box = _box(graph, target, problems, counts)
        branch.boxes.append(box)
        node = graph.nodes[target]
        ways = list(node.step.outcomes(node.params)) if steps.known(node.kind) else []
        if len(ways) == 1:
            box.after = ways[0].name
            source, outcome = target, ways[0].name
            continue
        for way in ways:
            side = Branch(target, way.name, way.label, passed=box.count.passed.get(way.name, 0))
            _follow(graph, side, problems, counts, seen)
            box.branches.append(side)
        return


def _drawn(graph: Graph, source: str, outcome: str) -> str | None:
    """The arrow as it is drawn; that of a “go to” is not."""
    return next((e.target for e in graph.edges if (e.source, e.outcome) == (source, outcome)), None)


def _box(graph: Graph, node_id: str, problems: dict[str, list[Problem]], counts: dict[str, StepCount]) -> Box:
    node = graph.nodes[node_id]
    known = steps.known(node.kind)
    summary = node.step.summary(node.params) if known else ""
    if node.kind == steps.GO_TO:
        target = graph.nodes.get(str(node.params.get("step", "")))
        summary = f"→ {target.name}" if target else ""
    return Box(
        node_id,
        node.kind,
        node.step.label if known else node.kind,
        node.step.icon if known else "alert-triangle",
        summary,
        problems[node_id],
        counts.get(node_id) or StepCount(),
    )


def counts_of(version: JourneyVersion) -> dict[str, StepCount]:
    """How many wait at, failed at and passed each step of a version. Two queries."""
    found: dict[str, StepCount] = defaultdict(StepCount)
    inside = (
        Participant.objects.filter(version=version, status__in=["ready", "waiting", "failed"])
        .order_by()
        .values_list("node")
        .annotate(waiting=Count("pk", filter=~Q(status="failed")), failed=Count("pk", filter=Q(status="failed")))
    )
    for node, waiting, failed in inside:
        found[node].waiting, found[node].failed = waiting, failed
    passages = Passage.objects.filter(version=version).values_list("node", "outcome").annotate(many=Sum("count"))
    for node, outcome, many in passages:
        found[node].passed[outcome] = many
    return found
