"""What may be begun with the people of a segment: apps say so, its page and its row in the list offer it.

    starts.register(Start("journeys.journey", "Start a journey with them", "route", url, ("journeys.journey", "add")))

in wiring; `url(segment)` is the address of a page where the segment is filled in already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.access.depths import may
from crm.hooks.registry import Registry, Text
from marketing.models import Segment


@dataclass(frozen=True)
class Start:
    """`right` is (resource, verb): whose role lacks it, is not offered it."""

    name: str
    label: Text
    icon: str
    url: Callable[[Segment], str]
    right: tuple[str, str]


_starts: Registry[Start] = Registry("start")


def register(start: Start) -> None:
    _starts.register(start.name, start)


def offered(segment: Segment, user: Any) -> list[tuple[Start, str]]:
    """Those that this user may begin, each with its address."""
    return [(one, one.url(segment)) for one in _starts.values() if may(user, *one.right)]
