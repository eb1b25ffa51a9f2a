"""How an opportunity ends: won, lost, opened again. Each close is kept, and may close the quotes that are still open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from crm.actions.bin import delete_record
from crm.errors import Invalid, NotAllowed
from crm.models import User
from crm.queries.rates import in_base
from sales.actions.competitors import put_into_deal
from sales.actions.documents import company_today
from sales.actions.opportunities import lock, rounded, save, tell_the_log
from sales.actions.quotes import close_quote
from sales.actions.steps import complete_to_win, fill_steps
from sales.models import CloseReason, Competitor, LostReason, Opportunity, OpportunityClose, ProcessState, StageVisit
from sales.queries.documents import quotes_to_close


@transaction.atomic
def win_opportunity(
    opportunity: Opportunity,
    *,
    revenue: Decimal,
    closed_on: date | None = None,
    competitor: Competitor | None = None,
    description: str = "",
    close_quotes: bool = False,
    steps: dict[str, Any] | None = None,
    is_history: bool = False,
    by: User,
) -> Opportunity:
    """Close as won: the close record, the stage clock, the log and the forecast all hear of it here.

    `revenue` is in the opportunity's currency, `competitor` the one it was won against; `close_quotes` cancels the quotes
    that are still open and `by` may change; `steps` fills what its stages still need; what
    `is_history` (an import) ended before we knew of it, and is asked for none. Raises NotAllowed where it is closed already,
    StepsMissing where a stage it passed, or the last one it stands in, lacks something, Invalid for a negative revenue, a
    day to come, or a currency without a rate.
    """
    opportunity = lock(opportunity)
    day = _closing_day(closed_on)
    if revenue < 0:
        raise Invalid("The revenue cannot be negative.", field="revenue")
    if not can_proceed(opportunity.win):
        raise NotAllowed(told_as_closed(opportunity))
    fill_steps(opportunity, steps or {})
    if not is_history:
        complete_to_win(opportunity)
    revenue = rounded(revenue, opportunity.currency)
    opportunity.win(revenue, in_base(revenue, opportunity.currency_id, day), day)
    _close(opportunity, competitor, by, revenue=revenue, description=description)
    if close_quotes:
        _close_quotes(opportunity, CloseReason.CANCELLED, by)
    worth = str(opportunity.actual_revenue_base)
    tell_the_log(
        "opportunity.won", opportunity, by, revenue=str(revenue), currency=opportunity.currency_id, revenue_base=worth
    )
    return opportunity


@transaction.atomic
def lose_opportunity(
    opportunity: Opportunity,
    *,
    reason: str,
    competitor: Competitor | None = None,
    revenue: Decimal | None = None,
    closed_on: date | None = None,
    description: str = "",
    close_quotes: bool = False,
    by: User,
) -> Opportunity:
    """Close as lost, to a competitor where one is named; `close_quotes` closes the open quotes that `by` may change as lost.

    `revenue`, in the opportunity's currency, is what still came of it: it stays in the close record and counts in no sum.
    Raises NotAllowed where it is closed already, Invalid for an unknown reason, a negative revenue or a day to come.
    """
    opportunity = lock(opportunity)
    day = _closing_day(closed_on)
    if reason not in LostReason:
        raise Invalid("Choose why it was lost.", field="reason")
    if revenue is not None and revenue < 0:
        raise Invalid("The revenue cannot be negative.", field="revenue")
    if not can_proceed(opportunity.lose):
        raise NotAllowed(told_as_closed(opportunity))
    opportunity.lose(reason, competitor, day)
    revenue = None if revenue is None else rounded(revenue, opportunity.currency)
    _close(opportunity, competitor, by, reason=reason, revenue=revenue, description=description)
    if close_quotes:
        _close_quotes(opportunity, CloseReason.LOST, by)
    told = str(LostReason(reason).label) + (f": {competitor}" if competitor else "")
    tell_the_log("opportunity.lost", opportunity, by, reason=reason, text=told)
    return opportunity


@transaction.atomic
def reopen_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Open it again in the stage where it was closed; the close stays on record. Raises NotAllowed where it is open."""
    opportunity = lock(opportunity)
    if not can_proceed(opportunity.reopen):
        raise NotAllowed(f"“{opportunity}” is open already.")
    opportunity.reopen()
    if opportunity.process_state == ProcessState.FINISHED:
        opportunity.resume_process()
    save(opportunity)
    if opportunity.is_under_way:
        StageVisit.objects.create(opportunity=opportunity, stage=opportunity.stage, by=by)
    tell_the_log("opportunity.reopened", opportunity, by)
    return opportunity


def told_as_closed(opportunity: Opportunity) -> str:
    """For who would close it once more: that it is closed already, and by whom."""
    last = opportunity.closes.select_related("by").first()
    said = f"“{opportunity}” is already {opportunity.get_status_display().lower()}"
    return f"{said}: {last.by} closed it on {last.closed_on:%d %b %Y}." if last and last.by else f"{said}."


def _closing_day(closed_on: date | None) -> date:
    """The company's day, as on its documents; a reader further east may be a day ahead."""
    today = company_today()
    if closed_on and closed_on > max(today, timezone.localdate()):
        raise Invalid("The closing day cannot lie in the future.", field="closed_on")
    return closed_on or today


def _close(opportunity: Opportunity, competitor: Competitor | None, by: User, **facts: Any) -> None:
    save(opportunity)
    StageVisit.objects.filter(opportunity=opportunity, left_at=None).update(left_at=opportunity.closed_at)
    closed_on: Any = opportunity.closed_on
    OpportunityClose.objects.create(
        opportunity=opportunity, status=opportunity.status, closed_on=closed_on, competitor=competitor, by=by, **facts
    )
    if competitor:
        put_into_deal(competitor, opportunity, by=by)


def _close_quotes(opportunity: Opportunity, reason: str, by: User) -> None:
    """What went out to the customer is closed; a draft nobody has seen goes to the bin."""
    for quote in quotes_to_close(opportunity, by):
        if quote.is_editable:
            delete_record(quote, by=by)
        else:
            close_quote(quote, reason=reason, by=by)
