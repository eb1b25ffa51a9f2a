"""Leads find their owners by the rules: under a lock, in their order, any number by the same few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Value, When

from sales.models import AssignmentRule, Lead
from sales.queries.assignment_words import why_given
from sales.queries.availability import people
from sales.queries.choosing import Choice, Chooser
from sales.queries.rule_lines import fits, lines_of


def give_by_rules(leads: Sequence[Lead], now: datetime) -> list[Choice]:
    """Give each of these leads, that nobody has, to whom the rules choose; a choice for each, in their order.

    Call it inside a transaction that holds the leads. History, log and bells are the caller's, who knows what happened.
    """
    choices = choose_owners(leads, now)
    _write(leads, choices, now)
    for lead, choice in zip(leads, choices, strict=True):
        lead.owner_id, lead.assigned_at = choice.owner, now if choice.owner else None
        lead.assignment_rule, lead.assignment_tried_at = choice.rule, now
        lead.unassigned_because, lead.unassigned_details = choice.because, choice.details
        lead.version += 1
    return choices


def choose_owners(leads: Sequence[Lead], now: datetime) -> list[Choice]:
    """The rules stay locked until the end of the transaction: two batches never take the same turn, nor the last free place."""
    if not leads:
        return []
    rules = list(AssignmentRule.objects.filter(is_active=True).select_for_update().order_by("pk"))
    lines = lines_of(rules)
    chooser = Chooser(lines, people({pk for line in lines for pk in line.people}, now))
    fitting = fits(leads, lines, now)
    choices = [chooser.choose(fitting[lead.pk], now) for lead in leads]
    moved = [line.rule for line in lines if (chooser.last[id(line)] or None) != line.rule.last_owner_id]
    for line in lines:
        line.rule.last_owner_id = chooser.last[id(line)] or None
    if moved:
        AssignmentRule.objects.bulk_update(moved, ["last_owner"])
    return choices


def told_of(choice: Choice, name: str, lead: Lead) -> dict[str, Any]:
    """What the log keeps of a lead that the rules gave to `name`: to whom, and why to them."""
    assert choice.rule is not None
    text = f"To {name}, {why_given(choice)}"
    return {"owner": choice.owner, "score": lead.score, "rule": choice.rule.pk, "text": text}


def _write(leads: Sequence[Lead], choices: Sequence[Choice], now: datetime) -> None:
    """One statement for those given away, one for each reason why others are not."""
    owners: dict[int, list[int]] = defaultdict(list)
    rules: dict[int, list[int]] = defaultdict(list)
    left: dict[Any, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for lead, choice in zip(leads, choices, strict=True):
        if choice.owner:
            owners[choice.owner].append(lead.pk)
            rules[choice.rule.pk if choice.rule else 0].append(lead.pk)
        else:
            tried = tuple(one["rule"] for one in choice.details.get("rules", ()))
            left[choice.because, choice.rule.pk if choice.rule else None, tried].append((lead.pk, choice.details))
    if owners:
        _update(
            [pk for keys in owners.values() for pk in keys],
            now,
            owner_id=_each(owners),
            assigned_at=now,
            assignment_rule_id=_each(rules),
            unassigned_because="",
            unassigned_details={},
        )
    for (because, rule, _tried), rows in left.items():
        same = {"assignment_rule_id": rule, "unassigned_because": because, "unassigned_details": rows[0][1]}
        _update([pk for pk, _details in rows], now, **same)


def _update(keys: list[int], now: datetime, **values: Any) -> None:
    rows = Lead._base_manager.filter(pk__in=keys)
    rows.update(assignment_tried_at=now, updated_at=now, version=F("version") + 1, **values)


def _each(keys_by_value: Mapping[int, list[int]]) -> Any:
    """The value for each key, as one expression."""
    if len(keys_by_value) == 1:
        return next(iter(keys_by_value))
    whens = [When(pk__in=keys, then=Value(value)) for value, keys in keys_by_value.items()]
    return Case(*whens, output_field=IntegerField())
