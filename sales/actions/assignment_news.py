"""History, log and bells for leads that the rules have given to somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from django.utils.translation import gettext as _

from crm.actions.notifications import Note, tell
from crm.audit import changing, keep_in_bulk
from crm.log.recording import entry, record_many
from crm.models import User
from sales.actions.assignment import told_of
from sales.models import AssignmentRule, Lead
from sales.queries.choosing import Choice

FEW = 3
"""Up to so many leads at once are told one by one, more of them as one line."""


def tell_of_choices(leads: Sequence[Lead], choices: Sequence[Choice], by: User | None, *, rings: bool = True) -> None:
    """History, log and bells for leads that the rules have given to somebody."""
    given = [(lead, choice) for lead, choice in zip(leads, choices, strict=True) if choice.owner]
    names = dict(User.objects.filter(pk__in={choice.owner for _lead, choice in given}).values_list("pk", "name"))
    record_many(
        entry(
            "lead.assigned",
            contact=lead.contact_id,
            source=lead,
            campaign=lead.campaign_id,
            by=by,
            data=told_of(choice, names[choice.owner or 0], lead),
        )
        for lead, choice in given
    )
    by_rule: dict[AssignmentRule, list[Lead]] = defaultdict(list)
    for lead, choice in given:
        if choice.rule:
            by_rule[choice.rule].append(lead)
    for rule, rows in by_rule.items():
        with changing("rule", rule.name, of=rule):
            keep_in_bulk([(lead, {"owner": ["None", str(lead.owner_id)]}) for lead in rows], by=by)
    if rings:
        tell(_bells([lead for lead, _choice in given]))


def _bells(leads: Sequence[Lead]) -> list[Note]:
    by_owner: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        by_owner[lead.owner_id or 0].append(lead)
    return list(chain.from_iterable(_bell(owner, rows) for owner, rows in by_owner.items()))


def _bell(owner: int, leads: list[Lead]) -> list[Note]:
    if len(leads) <= FEW:
        return [
            Note(
                owner, f"New lead: {lead.contact}. {lead.topic}", lead.get_absolute_url(), "user-star", kind="assigned"
            )
            for lead in leads
        ]
    return [bell_of_many(owner, len(leads))]


def bell_of_many(owner: int, n: int, key: str = "") -> Note:
    text = _("%(n)s leads were given to you by the rules.") % {"n": n}
    return Note(owner, text, "/leads/?view=my-open", "user-star", key, "assigned")
