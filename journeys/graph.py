"""A journey's definition -> a frozen graph. Everything an author can get wrong is caught here, with its place.

{"schema": 1, "entry": {"kind", "params"}, "goal": {…} | null, "exits": {…} | null (journeys/ends.py),
 "nodes": {id: {"kind", "params"}}, "edges": [[from, outcome, to]]}

It is a tree plus `go_to`: every step has one arrow coming in; the first one comes from "entry" by "next".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crm.errors import Invalid
from journeys import ends, entries, steps
from journeys.steps.batch import NEXT

ENTRY = "entry"
MOST_STEPS = 200
NODE_ID = re.compile(r"^[a-z0-9_-]{1,40}$")


@dataclass(frozen=True)
class Problem:
    """`node` is the step it is about (“entry” for the beginning, "" for the whole); `path` leads to it in the JSON."""

    node: str
    message: str
    path: str = ""


@dataclass(frozen=True)
class Node:
    id: str
    kind: str
    params: dict[str, Any]

    @property
    def step(self) -> steps.StepKind:
        return steps.get(self.kind)

    @property
    def name(self) -> str:
        """How people call it: “Send email “Invitation””."""
        summary = self.step.summary(self.params) if steps.known(self.kind) else ""
        label = self.step.label if steps.known(self.kind) else self.kind
        return f"{label} {summary}".strip()


@dataclass(frozen=True)
class Edge:
    source: str
    outcome: str
    target: str


@dataclass(frozen=True)
class Graph:
    """Parsed, not yet judged: `check` says whether it can be published."""

    entry: dict[str, Any]
    goal: dict[str, Any] | None
    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    exits: dict[str, Any] = field(default_factory=dict)
    _next: dict[tuple[str, str], str] = field(default_factory=dict)

    def after(self, node: str, outcome: str) -> str | None:
        """Where people go who leave `node` by `outcome`; None where nothing follows. “Go to” is followed."""
        found = self._next.get((node, outcome))
        if found is None and node in self.nodes and self.nodes[node].kind == steps.GO_TO:
            return str(self.nodes[node].params.get("step", "")) or None
        return found

    @property
    def first(self) -> str | None:
        return self.after(ENTRY, NEXT)

    def leaving(self, node: str) -> list[Edge]:
        """Every arrow out of a step, that of a “go to” among them."""
        drawn = [edge for edge in self.edges if edge.source == node]
        jump = self.nodes.get(node)
        if jump and jump.kind == steps.GO_TO and (target := self.after(node, NEXT)):
            drawn.append(Edge(node, NEXT, target))
        return drawn

    def path_to(self, node: str) -> list[str]:
        """The steps before `node`, from the first on."""
        parent = {edge.target: edge.source for edge in self.edges}
        way: list[str] = []
        while (node := parent.get(node, ENTRY)) != ENTRY and node not in way:
            way.append(node)
        return way[::-1]


def parse(definition: Any) -> Graph:
    """Raises Invalid, with the path, where the JSON does not have the shape of a definition."""
    if not isinstance(definition, dict):
        raise Invalid("A journey's definition is an object with entry, nodes and edges.", field="draft")
    if definition.get("schema") != 1:
        raise Invalid("“schema” must be 1.", field="draft/schema")
    entry, nodes = definition.get("entry"), definition.get("nodes")
    if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise Invalid("“entry” says how people come in: {“kind”: …, “params”: {…}}.", field="draft/entry")
    if not isinstance(nodes, dict) or not isinstance(definition.get("edges"), list):
        raise Invalid("“nodes” is an object and “edges” a list.", field="draft/nodes")
    goal = definition.get("goal")
    if goal is not None and not isinstance(goal, dict):
        raise Invalid("“goal” is {“kind”: …, “source”: …} or null.", field="draft/goal")
    exits = definition.get("exits")
    if exits is not None and not isinstance(exits, dict):
        raise Invalid("“exits” is {“happenings”: …, “segments”: …, “rule”: …} or null.", field="draft/exits")
    edges = tuple(_edge(index, edge) for index, edge in enumerate(definition["edges"]))
    return Graph(
        entry={"kind": entry["kind"], "params": _params(entry, "draft/entry")},
        goal=goal,
        nodes={str(key): _node(str(key), value) for key, value in nodes.items()},
        edges=edges,
        exits=exits or {},
        _next={(edge.source, edge.outcome): edge.target for edge in edges},
    )


def _node(key: str, value: Any) -> Node:
    where = f"draft/nodes/{key}"
    if not NODE_ID.match(key) or key == ENTRY:
        raise Invalid(f"“{key}” cannot name a step: use small letters, digits, - and _.", field=where)
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise Invalid("A step is {“kind”: …, “params”: {…}}.", field=where)
    return Node(key, value["kind"], _params(value, where))


def _params(value: dict[str, Any], where: str) -> dict[str, Any]:
    params = value.get("params", {})
    if not isinstance(params, dict):
        raise Invalid("“params” is an object.", field=f"{where}/params")
    return params


def _edge(index: int, value: Any) -> Edge:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(part, str) for part in value):
        raise Invalid("An arrow is [from, outcome, to].", field=f"draft/edges/{index}")
    return Edge(*value)


def check(definition: Any) -> list[Problem]:
    """Everything that keeps this definition from being published; empty when it can be."""
    try:
        graph = parse(definition)
    except Invalid as problem:
        return [Problem("", problem.message, problem.field)]
    return list(_problems(graph))


def things_to_do(definition: Any) -> list[Problem]:
    """The same for a person: a step that nobody has filled in yet is one thing to do, not a list of its empty fields."""
    problems = check(definition)
    fresh = {
        f"draft/nodes/{key}/params/" for key, node in definition.get("nodes", {}).items() if not node.get("params")
    }
    found: list[Problem] = []
    for problem in problems:
        if any(problem.path.startswith(path) for path in fresh):
            name = steps.get(definition["nodes"][problem.node]["kind"]).label
            problem = Problem(problem.node, f"“{name}” waits to be filled in.", f"draft/nodes/{problem.node}/params")
        if problem not in found:
            found.append(problem)
    return found


def _problems(graph: Graph) -> Iterator[Problem]:
    yield from _entry_problems(graph)
    if not graph.nodes:
        yield Problem(ENTRY, "There are no steps yet. Add the first one below the beginning.", "draft/nodes")
        return
    if len(graph.nodes) > MOST_STEPS:
        yield Problem("", f"A journey has at most {MOST_STEPS} steps; this one has {len(graph.nodes)}.", "draft/nodes")
        return
    for node in graph.nodes.values():
        yield from _param_problems(node, graph.goal is not None)
    yield from _arrow_problems(graph)
    yield from _go_to_problems(graph)
    yield from _unreachable(graph)
    yield from _restless_loops(graph)


def _entry_problems(graph: Graph) -> Iterator[Problem]:
    for path, message in entries.complaints(graph.entry):
        yield Problem(ENTRY, message, f"draft/entry/{path}".rstrip("/"))
    if graph.goal is not None:
        for path, message in ends.goal_complaints(graph.goal):
            yield Problem(ENTRY, message, f"draft/goal/{path}".rstrip("/"))
    for path, message in ends.exit_complaints(graph.exits):
        yield Problem(ENTRY, message, f"draft/exits/{path}".rstrip("/"))


def _param_problems(node: Node, has_goal: bool) -> Iterator[Problem]:
    if not steps.known(node.kind):
        known = ", ".join(kind.name for kind in steps.all_kinds())
        yield Problem(node.id, f"There is no step “{node.kind}”. Known: {known}.", f"draft/nodes/{node.id}/kind")
        return
    if node.step.asks_for_goal(node.params) and not has_goal:
        message = "It looks at the goal of the journey, and there is none. Choose one where people come in."
        yield Problem(node.id, message, f"draft/nodes/{node.id}/params")
    for path, message in node.step.complaints(node.params):
        yield Problem(node.id, message, f"draft/nodes/{node.id}/params/{path}".rstrip("/"))


def _arrow_problems(graph: Graph) -> Iterator[Problem]:
    for (source, outcome), count in Counter((e.source, e.outcome) for e in graph.edges).items():
        if count > 1:
            yield Problem(source, f"Two arrows leave by “{outcome}”.", "draft/edges")
    for target, count in Counter(e.target for e in graph.edges).items():
        if count > 1:
            yield Problem(
                target, "Two arrows lead here. A journey is a tree: use “Go to” to come back to a step.", "draft/edges"
            )
    for index, edge in enumerate(graph.edges):
        for end in (edge.source, edge.target):
            if end not in graph.nodes and not (end == ENTRY and end == edge.source):
                yield Problem("", f"An arrow names the step “{end}”, which does not exist.", f"draft/edges/{index}")
    if graph.first is None:
        yield Problem(ENTRY, "No step follows the beginning.", "draft/edges")
    for node in graph.nodes.values():
        if steps.known(node.kind):
            yield from _outcome_problems(graph, node)


def _outcome_problems(graph: Graph, node: Node) -> Iterator[Problem]:
    drawn = {edge.outcome for edge in graph.edges if edge.source == node.id}
    wanted = {outcome.name: outcome.label for outcome in node.step.outcomes(node.params)}
    for name in wanted.keys() - drawn:
        if node.kind != steps.GO_TO:
            yield Problem(node.id, f"Nothing follows “{wanted[name]}”. Add a step, or End.", "draft/edges")
    for name in drawn - wanted.keys():
        yield Problem(node.id, f"This step has no way out called “{name}”.", "draft/edges")


def _go_to_problems(graph: Graph) -> Iterator[Problem]:
    for node in graph.nodes.values():
        if node.kind == steps.GO_TO and (target := graph.after(node.id, NEXT)) and target not in graph.nodes:
            yield Problem(node.id, "The step to go to does not exist any more.", f"draft/nodes/{node.id}/params/step")


def _unreachable(graph: Graph) -> Iterator[Problem]:
    reached: set[str] = set()
    waiting = [graph.first] if graph.first else []
    while waiting:
        node = waiting.pop()
        if node in graph.nodes and node not in reached:
            reached.add(node)
            waiting.extend(edge.target for edge in graph.leaving(node))
    for node in graph.nodes:
        if node not in reached:
            yield Problem(node, "Nobody can ever reach this step.", f"draft/nodes/{node}")


def _restless_loops(graph: Graph) -> Iterator[Problem]:
    """Circles that people would run through without end, because no step on the way takes time."""
    done: set[str] = set()
    for start in graph.nodes:
        loop = _loop_from(graph, start, [], done)
        if loop:
            names = " → ".join(graph.nodes[node].name for node in [*loop, loop[0]])
            yield Problem(
                loop[-1],
                f"These steps go round in a circle without a wait: {names}. Put a wait between them, or people would run round without end.",
                f"draft/nodes/{loop[-1]}",
            )


def _loop_from(graph: Graph, node: str, way: list[str], done: set[str]) -> list[str]:
    if node in way:
        return way[way.index(node) :]
    if node in done or node not in graph.nodes or not steps.known(graph.nodes[node].kind):
        return []
    done_here: list[str] = []
    for edge in graph.leaving(node):
        if not graph.nodes[node].step.rests(graph.nodes[node].params, edge.outcome):
            done_here = done_here or _loop_from(graph, edge.target, [*way, node], done)
    done.add(node)
    return done_here
