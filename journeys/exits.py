"""The exit by a rule about the person: looked at when they come in, change or do something, and by the clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from crm.rules import use
from crm.rules.tree import kinds_in
from journeys import engine
from journeys.models import JourneyVersion, Participant

FULFILLED = "fulfilled"
BATCH = 1000


def kinds_of(rule: Any) -> set[str]:
    """The kinds of interaction that may change its answer; none of a rule that has become invalid."""
    tree, _ = use.read(rule)
    return kinds_in(tree) if tree else set()


def look(version: JourneyVersion, contacts: Collection[int], now: datetime) -> int:
    """Those of these people inside who fulfil the rule by now leave; answers how many."""
    inside = Participant.objects.active().filter(version=version, contact__in=contacts)
    return _let_out(version, inside, now)


def look_by_the_clock(version: JourneyVersion, now: datetime) -> int:
    """Everybody inside, where the passing of time alone may have changed the answer."""
    tree, _ = use.read(version.graph["exits"]["rule"])
    if tree is None or not use.moves_with_time(tree):
        return 0
    return _let_out(version, Participant.objects.active().filter(version=version), now)


def _let_out(version: JourneyVersion, inside: Any, now: datetime) -> int:
    tree, _ = use.read(version.graph["exits"]["rule"])
    if tree is None:
        return 0  # what it asks for is gone; the check before publishing says so
    fit = use.matching(tree, now).filter(pk__in=inside.values("contact"))
    out = list(inside.filter(contact__in=fit.values("pk")).values_list("pk", flat=True)[:BATCH])
    leaving = Participant.objects.filter(pk__in=out)
    return engine.leave(version.journey, leaving, status="exited", outcome=FULFILLED, now=now)
