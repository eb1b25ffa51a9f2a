"""Leads that nobody has: tried again by the rules as soon as somebody is available, or claimed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import jobs
from crm.errors import NotAllowed
from crm.models import User
from sales.actions.assignment import give_by_rules
from sales.actions.assignment_news import tell_of_choices
from sales.actions.leads import assign_lead
from sales.models import AssignmentRule, Lead
from sales.models.leads import LeadQuerySet
from sales.queries.availability import people
from sales.queries.choosing import Chooser
from sales.queries.rule_lines import lines_of

TRY = "sales.tasks.try_waiting_leads"
EVERY = timedelta(minutes=1)
PATIENCE = timedelta(hours=1)
BATCH = 500


def ask_for_another_try(which: str = "waiting") -> None:
    """Every waiting lead is tried again, soon, since the rules have changed; or all that are nobody's (`which`, as in `try_waiting`)."""
    jobs.nudge(TRY, which)


@transaction.atomic
def claim_lead(lead: Lead, *, by: User) -> Lead:
    """Take a lead that nobody has. Raises NotAllowed where somebody was quicker, or where it is closed."""
    locked = Lead.objects.select_for_update(of=("self",)).select_related("owner").get(pk=lead.pk)
    if locked.owner is not None and locked.owner != by:
        raise NotAllowed(_("%(owner)s has “%(lead)s” already.") % {"owner": locked.owner, "lead": locked})
    return assign_lead(locked, owner=by, by=by)


@transaction.atomic
def assign_by_rules(
    leads: Iterable[Lead], *, by: User | None, now: datetime | None = None, rings: bool = True
) -> list[Lead]:
    """The rules choose owners for those of the leads that are open and nobody's; answers these, whether or not one was found.

    A team in whose queue one waits keeps it only until somebody is found. Any number costs the same few queries. Without
    `rings` no bell is rung: the caller tells the owners once, at the end of many such calls.
    """
    keys = [lead.pk for lead in leads]
    rows = Lead.objects.open().filter(pk__in=keys, owner=None, deleted_at=None).order_by("pk")
    locked = list(rows.select_related("contact").select_for_update(of=("self",)))
    choices = give_by_rules(locked, now or timezone.now())
    tell_of_choices(locked, choices, by, rings=rings)
    return locked


def try_waiting(now: datetime, *, which: str = "due") -> int:
    """Give leads that nobody has to whoever is available now, those that came first first; answers how many found an owner.

    `which`: “due”, those for whom somebody may be there now (no rule fits: once an hour, and at once where it was edited);
    “waiting”, all that the rules found nobody for; “nobodys”, also those that the rules were never asked about.
    """
    if not Lead.objects.nobodys().exists():
        return 0
    rows = Lead.objects.nobodys() if which == "nobodys" else Lead.objects.waiting()
    if which == "due":
        rows = rows.filter(_hopeful(now))
    found, last, tried = 0, 0, BATCH
    while tried == BATCH:
        last, tried, given = _try_batch(rows, last, now)
        found += given
    return found


@transaction.atomic
def _try_batch(waiting: LeadQuerySet, after: int, now: datetime) -> tuple[int, int, int]:
    """(the last key, how many were tried, how many found an owner). What another worker holds is left to it."""
    rows = waiting.filter(pk__gt=after).select_related("contact").order_by("pk")
    leads = list(rows.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    choices = give_by_rules(leads, now)
    tell_of_choices(leads, choices, None)
    return (leads[-1].pk if leads else after), len(leads), sum(1 for choice in choices if choice.owner)


def _hopeful(now: datetime) -> Q:
    """Which of the waiting leads may find somebody now."""
    rules = list(AssignmentRule.objects.filter(is_active=True))
    lines = lines_of(rules)
    chooser = Chooser(lines, people({pk for line in lines for pk in line.people}, now))
    able = [at for at, line in enumerate(lines) if chooser.can_give(line, now)]
    passing = [at for at, line in enumerate(lines) if not line.rule.waits and any(at < other for other in able)]
    hopeful = {lines[at].rule.pk for at in (*able, *passing)}
    stale = Q(assignment_tried_at=None) | Q(assignment_tried_at__lte=now - PATIENCE)
    return Q(assignment_rule__in=hopeful) | (Q(assignment_rule=None) & stale) | Q(assignment_tried_at=None)
