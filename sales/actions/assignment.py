"""Whose turn is it? The rules in their order, each with its place in the round, moved under a lock."""

from __future__ import annotations

from collections.abc import Sequence

from crm.models import User
from sales.models import AssignmentRule


def take_turns(campaigns: Sequence[int | None]) -> list[int | None]:
    """An owner's id for each lead, told by the campaign it comes from; None where no rule finds anybody.

    The first active rule that fits and has somebody available decides. Call it inside a transaction: the rules stay
    locked until its end, so that two batches never take the same turn.
    """
    rules = list(AssignmentRule.objects.filter(is_active=True).select_for_update().order_by("order", "pk"))
    takers = {rule.pk: available(rule) for rule in rules}
    owners = [_turn_of(rules, takers, campaign) for campaign in campaigns]
    AssignmentRule.objects.bulk_update(rules, ["last_owner"])
    return owners


def available(rule: AssignmentRule) -> list[int]:
    """The active users of a rule, or, where it names none, everybody whose role takes leads."""
    named = rule.users.all()
    users = named if named.exists() else User.objects.filter(roles__takes_leads=True).distinct()
    return list(users.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def _turn_of(rules: Sequence[AssignmentRule], takers: dict[int, list[int]], campaign: int | None) -> int | None:
    for rule in rules:
        if rule.campaign_id in (None, campaign) and takers[rule.pk]:
            rule.last_owner_id = _next(rule, takers[rule.pk])
            return rule.last_owner_id
    return None


def _next(rule: AssignmentRule, users: list[int]) -> int:
    if rule.distribution == AssignmentRule.Distribution.FIXED:
        return users[0]
    last = rule.last_owner_id or 0
    return next((user for user in users if user > last), users[0])
