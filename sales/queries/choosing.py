"""Whose is it? The first rule that fits gives a lead to one of its people, or says why it cannot. Reads and writes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sales.models import AssignmentRule, Unassigned
from sales.queries.availability import Person, State
from sales.queries.rule_lines import Line

MOST_NAMED = 8
ROUND_ROBIN, LOAD = AssignmentRule.Distribution.ROUND_ROBIN, AssignmentRule.Distribution.LOAD


@dataclass(frozen=True)
class Choice:
    """The owner with the rule that chose them (`open`: how many open leads they had before); or why there is none.

    Of an unassigned lead `rule` is the first that fits it, and `details` say what keeps its people from it
    (sales/queries/assignment_words.py).
    """

    owner: int | None = None
    rule: AssignmentRule | None = None
    because: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    open: int = 0


class Chooser:
    """Chooses for one lead after the other: the round of each rule and the open leads of each person go on with every choice."""

    def __init__(self, lines: Sequence[Line], people: Mapping[int, Person]) -> None:
        self.lines, self.people = lines, people
        self.last = {id(line): line.rule.last_owner_id or 0 for line in lines}
        self._at: datetime | None = None
        self._present: dict[int, list[int]] = {}
        self._why_not: dict[int, dict[str, Any]] = {}

    def choose(self, fitting: Sequence[Line], at: datetime) -> Choice:
        """`fitting` are the lines that fit the lead, in their order; `at` is when it is to be given."""
        if at != self._at:
            self._at, self._present, self._why_not = at, {}, {}
        for line in fitting:
            owner = self._take(line)
            if owner is not None:
                person = self.people[owner]
                person.open += 1
                self.last[id(line)] = owner
                return Choice(owner, line.rule, open=person.open - 1)
            if line.rule.waits:
                break
        return self._nobody(fitting)

    def can_give(self, line: Line, at: datetime) -> bool:
        """Could this rule give a lead away at this moment?"""
        hours = line.rule.respects_hours
        return any(self.people[pk].state(at, within_hours=hours) is None for pk in line.people if pk in self.people)

    def _take(self, line: Line) -> int | None:
        present = self._in_turn(line)
        match line.rule.distribution:
            case AssignmentRule.Distribution.LOAD:
                free = [pk for pk in present if not self.people[pk].is_full]
                return min(free, key=lambda pk: self.people[pk].open, default=None)
            case _:
                return next((pk for pk in present if not self.people[pk].is_full), None)

    def _in_turn(self, line: Line) -> list[int]:
        """Those whom the calendar lets take leads now, whose turn it is first."""
        if id(line) not in self._present:
            self._present[id(line)] = [pk for pk in line.people if self._is_present(line, pk)]
        present = self._present[id(line)]
        if line.rule.distribution == AssignmentRule.Distribution.FIXED:
            return present
        at = bisect_right(present, self.last[id(line)])
        return present[at:] + present[:at]

    def _is_present(self, line: Line, pk: int) -> bool:
        person, hours = self.people.get(pk), line.rule.respects_hours
        return bool(person and self._at and person.off(self._at, within_hours=hours) is None)

    def _nobody(self, fitting: Sequence[Line]) -> Choice:
        if not fitting:
            broken = [line.rule.name for line in self.lines if line.problem]
            return Choice(because=Unassigned.NO_RULE, details={"broken": broken[:MOST_NAMED]} if broken else {})
        tried: list[Line] = []
        for line in fitting:
            tried.append(line)
            if line.rule.waits:
                break
        told = [self._told(line) for line in tried]
        kinds = {kind for one in told for kind in one["kinds"]}
        because = kinds.pop() if len(kinds) == 1 else Unassigned.MIXED if kinds else Unassigned.NOBODY
        return Choice(None, fitting[0].rule, because, {"rules": told})

    def _told(self, line: Line) -> dict[str, Any]:
        """What keeps each of a rule's people from a lead now, as JSON; the same for every lead that it leaves."""
        if id(line) not in self._why_not:
            assert self._at is not None
            states = []
            for pk in line.people:
                if person := self.people.get(pk):
                    state = person.state(self._at, within_hours=line.rule.respects_hours)
                    states.append((person.name, state))
            self._why_not[id(line)] = {
                "rule": line.rule.name,
                "kinds": sorted(Counter(state.kind for _name, state in states if state)),
                "people": [_as_json(name, state) for name, state in states[:MOST_NAMED] if state],
                "more": max(len(states) - MOST_NAMED, 0),
            }
        return self._why_not[id(line)]


def _as_json(name: str, state: State) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "state": state.kind}
    if state.until is not None:
        said["until"] = state.until.isoformat()
    if state.capacity or state.open:
        said |= {"open": state.open, "capacity": state.capacity}
    return said
