"""What the assignment rules would have done with the leads of the last days. It asks and changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from sales.models import AssignmentRule, Lead
from sales.queries.assignment_words import why_given, why_nobody
from sales.queries.availability import people
from sales.queries.choosing import Choice, Chooser
from sales.queries.rule_lines import Line, fits, line_of, lines_of

MOST = 500


@dataclass(frozen=True)
class Tried:
    """One lead: who would have got it (`owner`, by name) by which rule, and why; who has it now."""

    lead: Lead
    rule: AssignmentRule | None
    owner: str
    why: str

    @property
    def is_as_it_was(self) -> bool:
        return bool(self.lead.owner) and str(self.lead.owner) == self.owner


@dataclass(frozen=True)
class DryRun:
    """`by_owner` and `by_rule` count; `unassigned` are those that nobody would have got. `is_cut`: there were more leads."""

    rows: list[Tried]
    by_owner: list[tuple[str, int]]
    by_rule: list[tuple[str, int]]
    unassigned: int
    problems: list[str]
    is_cut: bool


def dry_run(
    user: Any, since: datetime, until: datetime, edited: tuple[AssignmentRule, list[int]] | None = None
) -> DryRun:
    """Over the leads created between these moments that `user` sees, in the order they came, each at the time it came.

    Everybody begins with the open leads they have now, without these. `edited` is a rule as it is being edited, with the
    ids of its people: it stands in for the saved one. The newest are taken where there are more than 500.
    """
    newest = Lead.objects.alive().filter(created_at__gte=since, created_at__lt=until).visible_to(user)
    found = list(
        newest.select_related("contact", "owner", "assignment_rule").order_by("-created_at", "-pk")[: MOST + 1]
    )
    leads = found[:MOST][::-1]
    lines = _lines(edited)
    crowd = people({pk for line in lines for pk in line.people}, since, until)
    for lead in leads:
        if lead.is_open and lead.owner_id in crowd:
            crowd[lead.owner_id].open -= 1
    chooser = Chooser(lines, crowd)
    fitting = fits(leads, lines, until)
    choices = [(lead, chooser.choose(fitting[lead.pk], lead.created_at)) for lead in leads]
    names = {pk: person.name for pk, person in crowd.items()}
    rows = [_tried(lead, choice, names) for lead, choice in reversed(choices)]
    return DryRun(
        rows,
        Counter(row.owner for row in rows if row.owner).most_common(),
        Counter(row.rule.name if row.rule else _("No rule fits") for row in rows).most_common(),
        sum(1 for row in rows if not row.owner),
        [f"{line.rule}: {line.problem}" for line in lines if line.problem],
        len(found) > MOST,
    )


def _lines(edited: tuple[AssignmentRule, list[int]] | None) -> list[Line]:
    rules = AssignmentRule.objects.filter(is_active=True)
    if edited is None:
        return lines_of(list(rules))
    rule, takers = edited
    lines = lines_of(list(rules.exclude(pk=rule.pk)), cut=False)
    lines += [line_of(rule, takers)] if rule.is_active else []
    return sorted(lines, key=lambda line: (line.rule.order, line.rule.pk or 10**12))


def _tried(lead: Lead, choice: Choice, names: dict[int, str]) -> Tried:
    if choice.owner:
        return Tried(lead, choice.rule, names[choice.owner], why_given(choice))
    return Tried(lead, choice.rule, "", " ".join(why_nobody(choice.because, choice.details)))
