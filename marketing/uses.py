"""Who uses a segment: apps say where, so that nobody deletes one in use, and whoever changes a rule sees whom that concerns.

    uses.register("journeys", journeys_of)

in wiring; `journeys_of(segments)` answers {segment: [Use, …]} for several at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Use:
    """“Journey “Webinar””, and where it is looked at. `is_live`: it acts on who enters and leaves now."""

    label: str
    url: str
    is_live: bool = False


UsesOf = Callable[[Collection[int]], dict[int, list[Use]]]

_users: Registry[UsesOf] = Registry("user of segments")


def register(name: str, uses_of: UsesOf) -> None:
    _users.register(name, uses_of)


def uses_of(segments: Collection[int]) -> dict[int, list[Use]]:
    """By segment, those of all apps; what is live comes first."""
    found: dict[int, list[Use]] = defaultdict(list)
    for uses in _users.values():
        for segment, some in uses(segments).items():
            found[segment] += some
    return {segment: sorted(some, key=lambda use: not use.is_live) for segment, some in found.items()}


def named_in(stored: Any) -> set[int]:
    """The segments that a stored rule or graph names, wherever in it: tested for, or as what something happened on."""
    found: set[int] = set()
    waiting = [stored]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            if node.get("test") == "segment":
                value = node.get("value")
                found.update(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))
            kind, _colon, pk = str(node.get("source", "")).partition(":")
            if kind == "marketing.segment" and pk.isdigit():
                found.add(int(pk))
    return found
