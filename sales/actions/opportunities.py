"""What happens to an opportunity: opened, changed, won, lost, reopened. Stages move in actions/stages.py."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from crm.actions.assignment import hand_over, tell_of_new_owner
from crm.errors import Invalid, NotAllowed, Stale
from crm.log.recording import record
from crm.models import Account, Contact, Currency, Team, User
from crm.queries.rates import base_currency, in_base
from sales.actions.documents import company_today
from sales.actions.steps import fill_steps, must_be_complete
from sales.models import (
    ForecastCategory,
    LostReason,
    Opportunity,
    OpportunityClose,
    Process,
    RevenueMode,
    Stage,
    StageVisit,
)
from sales.pricing import price_document

CLOSING = (ForecastCategory.WON, ForecastCategory.LOST)


@transaction.atomic
def open_opportunity(
    *,
    topic: str,
    account: Account | None = None,
    contact: Contact | None = None,
    currency: Currency | None = None,
    estimated_revenue: Decimal = Decimal(0),
    owner: User | None = None,
    by: User,
    **fields: Any,
) -> Opportunity:
    """A new opportunity in the first stage of the default process. Without a currency it takes the account's, else the base.

    Raises Invalid where neither account nor contact is given, or where the currency has no exchange rate.
    """
    if account is None and contact is None:
        raise Invalid("An opportunity needs a customer: choose an account or a contact.", field="account")
    currency = currency or (account and account.currency) or Currency.objects.get(pk=base_currency())
    opportunity = Opportunity(
        topic=topic,
        account=account,
        contact=contact,
        currency=currency,
        estimated_revenue=estimated_revenue,
        owner=owner or by,
        created_by=by,
        process=Process.objects.get(is_default=True),
        **fields,
    )
    keep_base(opportunity)
    opportunity.save()
    StageVisit.objects.create(opportunity=opportunity, stage=opportunity.stage, by=by)
    _record("opportunity.opened", opportunity, by, topic=topic)
    return opportunity


@transaction.atomic
def change_opportunity(opportunity: Opportunity, *, by: User, version: int | None = None, **fields: Any) -> Opportunity:
    """Plain fields of an open opportunity; the base-currency value follows, and the sum of the products where that is the estimate.

    Raises NotAllowed where it is closed, Stale where `version` is no longer the current one, Invalid where the currency
    cannot be changed any more or has no rate.
    """
    opportunity = lock(opportunity)
    if version is not None and version != opportunity.version:
        raise Stale(
            f"Somebody else saved “{opportunity}” while you were editing. Look at it again and repeat your change."
        )
    must_be_open(opportunity)
    _check_change(opportunity, fields)
    for name, value in fields.items():
        setattr(opportunity, name, value)
    if opportunity.revenue_mode == RevenueMode.SYSTEM:
        asked = [line.asked for line in opportunity.lines.all()]
        opportunity.estimated_revenue = price_document(asked, opportunity.currency.decimals).net
    keep_base(opportunity)
    save(opportunity)
    return opportunity


@transaction.atomic
def win_opportunity(
    opportunity: Opportunity,
    *,
    revenue: Decimal,
    closed_on: date | None = None,
    description: str = "",
    steps: dict[str, Any] | None = None,
    by: User,
) -> Opportunity:
    """Close as won: the close record, the stage clock, the log and the forecast all hear of it here.

    `revenue` is in the opportunity's currency; `steps` fills what the last stage still needs. Raises NotAllowed where
    it is closed already, StepsMissing where a deal in the last stage lacks something, Invalid for a negative revenue, a
    day to come, or a currency without a rate.
    """
    opportunity = lock(opportunity)
    day = _closing_day(closed_on)
    if revenue < 0:
        raise Invalid("The revenue cannot be negative.", field="revenue")
    if not can_proceed(opportunity.win):
        raise NotAllowed(f"“{opportunity}” is already {opportunity.get_status_display().lower()}.")
    fill_steps(opportunity, steps or {})
    if opportunity.stage == Stage.CLOSE:
        must_be_complete(opportunity, [Stage.CLOSE])
    revenue = _rounded(revenue, opportunity.currency)
    opportunity.win(revenue, in_base(revenue, opportunity.currency_id, day), day)
    _close(opportunity, by, revenue=revenue, description=description)
    worth = str(opportunity.actual_revenue_base)
    _record(
        "opportunity.won", opportunity, by, revenue=str(revenue), currency=opportunity.currency_id, revenue_base=worth
    )
    return opportunity


@transaction.atomic
def lose_opportunity(
    opportunity: Opportunity, *, reason: str, closed_on: date | None = None, description: str = "", by: User
) -> Opportunity:
    """Close as lost. Raises NotAllowed where it is closed already, Invalid for an unknown reason or a day to come."""
    opportunity = lock(opportunity)
    day = _closing_day(closed_on)
    if reason not in LostReason:
        raise Invalid("Choose why it was lost.", field="reason")
    if not can_proceed(opportunity.lose):
        raise NotAllowed(f"“{opportunity}” is already {opportunity.get_status_display().lower()}.")
    opportunity.lose(day)
    _close(opportunity, by, reason=reason, description=description)
    _record("opportunity.lost", opportunity, by, reason=reason, text=str(LostReason(reason).label))
    return opportunity


@transaction.atomic
def reopen_opportunity(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Open it again in the stage where it was closed; the close stays on record. Raises NotAllowed where it is open."""
    opportunity = lock(opportunity)
    if not can_proceed(opportunity.reopen):
        raise NotAllowed(f"“{opportunity}” is open already.")
    opportunity.reopen()
    save(opportunity)
    StageVisit.objects.create(opportunity=opportunity, stage=opportunity.stage, by=by)
    _record("opportunity.reopened", opportunity, by)
    return opportunity


@transaction.atomic
def assign_opportunity(
    opportunity: Opportunity, *, owner: User | None, team: Team | None = None, by: User | None
) -> Opportunity:
    """Give it to somebody else, who is told, or into the queue of a team.

    Raises Invalid for somebody who has left or where neither is named.
    """
    opportunity = lock(opportunity)
    if hand_over(opportunity, owner, team):
        save(opportunity)
        tell_of_new_owner(opportunity, by)
    return opportunity


def lock(opportunity: Opportunity) -> Opportunity:
    """The current row, held until the transaction ends. Lock order: opportunity, quote, order, invoice."""
    return Opportunity.objects.select_for_update().get(pk=opportunity.pk)


def must_be_open(opportunity: Opportunity) -> None:
    if not opportunity.is_open:
        raise NotAllowed(
            f"“{opportunity}” is {opportunity.get_status_display().lower()}. Reopen it before you change it."
        )


def save(opportunity: Opportunity) -> None:
    opportunity.version += 1
    opportunity.save()


def keep_base(opportunity: Opportunity) -> None:
    """Rounds the estimate to the currency's decimals and sets its base-currency value at today's rate."""
    opportunity.estimated_revenue = _rounded(opportunity.estimated_revenue, opportunity.currency)
    opportunity.estimated_revenue_base = in_base(opportunity.estimated_revenue, opportunity.currency_id)


def _rounded(amount: Decimal, currency: Currency) -> Decimal:
    return Decimal(amount).quantize(Decimal(1).scaleb(-currency.decimals), ROUND_HALF_UP)


def _check_change(opportunity: Opportunity, fields: dict[str, Any]) -> None:
    if fields.get("forecast_category") in CLOSING and fields["forecast_category"] != opportunity.forecast_category:
        raise Invalid("Winning and losing set this by themselves.", field="forecast_category")
    if (
        opportunity.revenue_mode == RevenueMode.SYSTEM
        and fields.get("revenue_mode", RevenueMode.SYSTEM) == RevenueMode.SYSTEM
    ):
        typed = fields.get("estimated_revenue", opportunity.estimated_revenue)
        if typed != opportunity.estimated_revenue:
            raise Invalid("It is the sum of the products. Change “Revenue” to type it.", field="estimated_revenue")
    currency = fields.get("currency")
    if currency is not None and currency.pk != opportunity.currency_id and opportunity.lines.exists():
        raise Invalid("The currency cannot be changed while there are products. Remove them first.", field="currency")
    account, contact = fields.get("account", opportunity.account_id), fields.get("contact", opportunity.contact_id)
    if account is None and contact is None:
        raise Invalid("An opportunity needs a customer: choose an account or a contact.", field="account")


def _closing_day(closed_on: date | None) -> date:
    """The company's day, as on its documents; a reader further east may be a day ahead."""
    today = company_today()
    if closed_on and closed_on > max(today, timezone.localdate()):
        raise Invalid("The closing day cannot lie in the future.", field="closed_on")
    return closed_on or today


def _close(opportunity: Opportunity, by: User, **facts: Any) -> None:
    save(opportunity)
    StageVisit.objects.filter(opportunity=opportunity, left_at=None).update(left_at=opportunity.closed_at)
    closed_on: Any = opportunity.closed_on
    OpportunityClose.objects.create(
        opportunity=opportunity, status=opportunity.status, closed_on=closed_on, by=by, **facts
    )


def _record(kind: str, opportunity: Opportunity, by: User, **data: Any) -> None:
    record(
        kind,
        contact=opportunity.contact_id,
        account=opportunity.account_id,
        source=opportunity,
        campaign=opportunity.campaign_id,
        by=by,
        data=data,
    )
