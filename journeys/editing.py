"""Changes to a definition, one function a gesture of the editor. Pure: a definition in, a new one out, always a tree.

A place is (step, outcome): the + below a step's way out; ("entry", "next") is the first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from crm.errors import Invalid
from journeys import steps
from journeys.graph import ENTRY, MOST_STEPS, parse
from journeys.steps.batch import NEXT

Definition = dict[str, Any]
Place = tuple[str, str]


def insert(definition: Definition, place: Place, kind: str) -> tuple[Definition, str]:
    """A new step at a place; what followed there follows the new step's first way out. Answers its id too.

    The other ways out get an End each, so that a tree never has a loose end.
    """
    new = copy.deepcopy(definition)
    _must_exist(new, place)
    if not steps.known(kind):
        raise Invalid(f"There is no step “{kind}”.", field="kind")
    if len(new["nodes"]) >= MOST_STEPS:
        raise Invalid(f"A journey has at most {MOST_STEPS} steps.", field="kind")
    following = _target(new, place)
    node = _free_id(new, kind)
    new["nodes"][node] = {"kind": kind, "params": {}}
    _point(new, place, node)
    outcomes = [outcome.name for outcome in steps.get(kind).outcomes({})]
    if not outcomes and following is not None:
        raise Invalid("This step ends its branch, and there are steps after it. Put it at the end.", field="kind")
    for index, outcome in enumerate(outcomes):
        if index == 0 and following is not None:
            _point(new, (node, outcome), following)
        elif len(outcomes) > 1:
            _end(new, (node, outcome))
    return new, node


def update(definition: Definition, node: str, params: dict[str, Any]) -> Definition:
    """New params. Ways out that are new get an End; those that are gone take their steps with them."""
    new = copy.deepcopy(definition)
    if node == ENTRY:
        new["entry"]["params"] = params
        return new
    _must_have(new, node)
    new["nodes"][node]["params"] = params
    kind = steps.get(new["nodes"][node]["kind"])
    wanted = [outcome.name for outcome in kind.outcomes(params)]
    for source, outcome, target in list(new["edges"]):
        if source == node and outcome not in wanted:
            _forget(new, [target, *_below(new, target)])
    drawn = {edge[1] for edge in new["edges"] if edge[0] == node}
    for outcome in wanted:
        if outcome not in drawn and len(wanted) > 1:
            _end(new, (node, outcome))
    return new


def set_entry(definition: Definition, kind: str, params: dict[str, Any]) -> Definition:
    return {**copy.deepcopy(definition), "entry": {"kind": kind, "params": params}}


def delete(definition: Definition, node: str) -> Definition:
    """Take a step out; what follows its first way out moves up, other branches go with it."""
    new = copy.deepcopy(definition)
    _must_have(new, node)
    place = _place_of(new, node)
    ways = [outcome.name for outcome in steps.get(new["nodes"][node]["kind"]).outcomes(new["nodes"][node]["params"])]
    first = _target(new, (node, ways[0])) if ways else None
    gone = [node]
    for outcome in ways[1:]:
        if target := _target(new, (node, outcome)):
            gone += [target, *_below(new, target)]
    _forget(new, gone)
    if first is not None:
        _point(new, place, first)
    return new


def move(definition: Definition, node: str, place: Place) -> Definition:
    """Move one step (with its side branches) to another place; what followed it closes up behind it."""
    new = copy.deepcopy(definition)
    _must_have(new, node)
    _must_exist(new, place)
    ways = [outcome.name for outcome in steps.get(new["nodes"][node]["kind"]).outcomes(new["nodes"][node]["params"])]
    main = ways[0] if ways else ""
    sides = [t for way in ways[1:] if (t := _target(new, (node, way)))]
    carried = {node, *sides, *(n for side in sides for n in _below(new, side))}
    if place[0] in carried and place != (node, main):
        raise Invalid("A step cannot move into its own branch.", field="place")
    if place == (node, main) or place == _place_of(new, node):
        return new
    behind = _target(new, (node, main)) if main else None
    if not main and _target(new, place) is not None:
        raise Invalid("This step ends its branch, and there are steps after that place.", field="place")
    old = _place_of(new, node)
    _cut(new, old)
    if main:
        _cut(new, (node, main))
    if behind is not None:
        _point(new, old, behind)
    after = _target(new, place)
    _point(new, place, node)
    if after is not None and main:
        _point(new, (node, main), after)
    return new


def shift(definition: Definition, node: str, by: int) -> Definition:
    """One place up (-1) or down (1), along the way the tree is read. At its end it stays."""
    _must_have(definition, node)
    if by < 0:
        above = _place_of(definition, node)
        if above[0] == ENTRY:
            return definition
        return move(definition, node, _place_of(definition, above[0]))
    ways = [o.name for o in steps.get(definition["nodes"][node]["kind"]).outcomes(definition["nodes"][node]["params"])]
    below = _target(definition, (node, ways[0])) if ways else None
    if below is None:
        return definition
    onward = [
        o.name for o in steps.get(definition["nodes"][below]["kind"]).outcomes(definition["nodes"][below]["params"])
    ]
    return move(definition, node, (below, onward[0])) if onward else definition


def _must_have(definition: Definition, node: str) -> None:
    if node not in definition["nodes"]:
        raise Invalid("This step does not exist any more.", field="node")


def _must_exist(definition: Definition, place: Place) -> None:
    """Raises Invalid unless something can follow there."""
    graph = parse(definition)
    source, outcome = place
    if source == ENTRY and outcome == NEXT:
        return
    _must_have(definition, source)
    node = graph.nodes[source]
    if outcome not in [known.name for known in node.step.outcomes(node.params)]:
        raise Invalid("This way out does not exist any more.", field="place")


def _target(definition: Definition, place: Place) -> str | None:
    return next((edge[2] for edge in definition["edges"] if (edge[0], edge[1]) == place), None)


def _place_of(definition: Definition, node: str) -> Place:
    return next(((edge[0], edge[1]) for edge in definition["edges"] if edge[2] == node), (ENTRY, NEXT))


def _cut(definition: Definition, place: Place) -> None:
    definition["edges"] = [edge for edge in definition["edges"] if (edge[0], edge[1]) != place]


def _point(definition: Definition, place: Place, node: str) -> None:
    _cut(definition, place)
    definition["edges"].append([place[0], place[1], node])


def _end(definition: Definition, place: Place) -> None:
    node = _free_id(definition, "end")
    definition["nodes"][node] = {"kind": "end", "params": {}}
    _point(definition, place, node)


def _below(definition: Definition, node: str) -> list[str]:
    found: list[str] = []
    waiting = [node]
    while waiting:
        here = waiting.pop()
        for source, _, target in definition["edges"]:
            if source == here and target not in found:
                found.append(target)
                waiting.append(target)
    return found


def _forget(definition: Definition, nodes: Iterable[str]) -> None:
    gone = set(nodes)
    definition["nodes"] = {key: value for key, value in definition["nodes"].items() if key not in gone}
    definition["edges"] = [edge for edge in definition["edges"] if edge[0] not in gone and edge[2] not in gone]


def _free_id(definition: Definition, kind: str) -> str:
    """“send-email-2”: readable in the API, never used again within a draft while it stands."""
    stem = kind.replace("_", "-")
    number = 1
    while f"{stem}-{number}" in definition["nodes"]:
        number += 1
    return f"{stem}-{number}"
