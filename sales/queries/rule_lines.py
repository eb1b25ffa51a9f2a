"""The assignment rules ready to decide: who takes part in each, and which leads each of them fits, asked in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Value, When
from django.utils.translation import gettext as _

from crm.models import User
from crm.rules.compile import to_q
from crm.rules.parse import read
from crm.rules.use import words
from sales.models import AssignmentRule, Lead

KIND = "sales.lead"


@dataclass
class Line:
    """A rule with the ids of its people, sorted; `problem` says why its condition cannot be used (any more): it then fits nothing."""

    rule: AssignmentRule
    people: list[int] = field(default_factory=list)
    condition: Any = None
    problem: str = ""

    @property
    def fits_all(self) -> bool:
        return self.rule.campaign_id is None and self.condition is None and not self.problem


def line_of(rule: AssignmentRule, people: Iterable[int]) -> Line:
    line = Line(rule, sorted(set(people)))
    if rule.when is not None:
        line.condition, problems = read(rule.when, KIND)
        line.problem = str(problems[0]) if problems else ""
    return line


def lines_of(rules: Sequence[AssignmentRule], *, cut: bool = True) -> list[Line]:
    """In the order in which they are tried; what follows a rule that keeps every lead is never asked, and left out (`cut`)."""
    taking = people_of(rules)
    lines = []
    for rule in sorted(rules, key=lambda rule: (rule.order, rule.pk or 0)):
        lines.append(line_of(rule, taking[rule.pk]))
        if cut and lines[-1].fits_all and rule.waits:
            break
    return lines


def people_of(rules: Sequence[AssignmentRule]) -> dict[int, list[int]]:
    """The active users of each rule: those it names and those of its team; where it names none, everybody who takes leads."""
    through = AssignmentRule.users.through
    named: dict[int, set[int]] = defaultdict(set)
    rows = through.objects.filter(assignmentrule__in=[rule.pk for rule in rules])
    for rule, user in rows.values_list("assignmentrule", "user"):
        named[rule].add(user)
    teams = {rule.team_id for rule in rules if rule.team_id}
    able = takers(teams, everybody=any(not named[rule.pk] and not rule.team_id for rule in rules))
    return {
        rule.pk: sorted(named[rule.pk] | {user for user, team in able if _takes_part(rule, team, bool(named[rule.pk]))})
        for rule in rules
    }


def _takes_part(rule: AssignmentRule, team: int | None, names_people: bool) -> bool:
    return team == rule.team_id if rule.team_id else not names_people


def takers(teams: set[int], *, everybody: bool) -> list[tuple[int, int | None]]:
    """(user, team) of those whose role takes leads, as far as any rule needs them."""
    if not (teams or everybody):
        return []
    rows = User.objects.filter(is_active=True, roles__takes_leads=True)
    return list((rows if everybody else rows.filter(team__in=teams)).order_by().distinct().values_list("pk", "team"))


def fits(leads: Sequence[Lead], lines: Sequence[Line], now: datetime) -> dict[int, list[Line]]:
    """The lines that fit each lead, in their order; one query for all leads and all conditions."""
    conditions = {
        at: line.condition for at, line in enumerate(lines) if line.condition is not None and not line.problem
    }
    held = _held([lead.pk for lead in leads], conditions, now) if conditions else {}

    def fit(lead: Lead, at: int, line: Line) -> bool:
        if line.problem or line.rule.campaign_id not in (None, lead.campaign_id):
            return False
        return at not in conditions or at in held.get(lead.pk, ())

    return {lead.pk: [line for at, line in enumerate(lines) if fit(lead, at, line)] for lead in leads}


def _held(ids: list[int], conditions: dict[int, Any], now: datetime) -> dict[int, set[int]]:
    """Which of the conditions hold for each lead, by number."""
    asked = [(at, to_q(condition, now)) for at, condition in conditions.items()]
    rows = Lead._base_manager.filter(pk__in=ids).order_by()
    if len(asked) == 1:
        ((at, question),) = asked
        return {pk: {at} for pk in rows.filter(question).values_list("pk", flat=True)}
    yes, no = Value(True, BooleanField()), Value(False, BooleanField())
    marks = {f"fits{at}": Case(When(q, then=yes), default=no, output_field=BooleanField()) for at, q in asked}
    numbers = [at for at, _question in asked]
    found = rows.annotate(**marks).values_list("pk", *marks)
    return {pk: {at for at, holds in zip(numbers, verdicts, strict=True) if holds} for pk, *verdicts in found}


def takers_of(rule: AssignmentRule, named: Sequence[int]) -> list[int]:
    """Whom a rule that is not saved yet would give leads to: those named and those of its team, else everybody who takes leads."""
    if rule.team_id:
        return sorted(
            {*named, *(user for user, team in takers({rule.team_id}, everybody=False) if team == rule.team_id)}
        )
    return sorted(named) or sorted(user for user, _team in takers(set(), everybody=True))


def in_words(rule: AssignmentRule) -> str:
    """Which leads a rule is for: “Campaign is “Webinar”, and Rating is Hot”; "" for all."""
    said = [_("Campaign is “%s”") % rule.campaign] if rule.campaign_id else []
    if rule.when is not None:
        said.append(words(rule.when, KIND))
    return _(", and ").join(said)
