"""What happens to an opportunity: opened, changed, assigned. It ends in actions/closing.py, stages move in actions/stages.py."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.actions.assignment import hand_over, tell_of_new_owner
from crm.errors import Invalid, NotAllowed, Stale
from crm.log.recording import record
from crm.models import Account, Contact, Currency, Team, User
from crm.queries.rates import base_currency, in_base
from sales.models import (
    ForecastCategory,
    Opportunity,
    Process,
    RevenueMode,
    StageVisit,
)
from sales.pricing import price_document

FIRST_DAY, NO_DAY = date(2000, 1, 1), date(2200, 1, 1)
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
    process: Process | None = None,
    by: User,
    **fields: Any,
) -> Opportunity:
    """A new opportunity in the first stage of its process, the default one where none is named. Without a currency it takes the account's, else the base.

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
        process=process or Process.objects.get(is_default=True),
        **fields,
    )
    keep_base(opportunity)
    keep_place(opportunity)
    opportunity.save()
    StageVisit.objects.create(opportunity=opportunity, stage=opportunity.stage, by=by)
    tell_the_log("opportunity.opened", opportunity, by, topic=topic)
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
    keep_place(opportunity)
    save(opportunity)
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
    opportunity.estimated_revenue = rounded(opportunity.estimated_revenue, opportunity.currency)
    opportunity.estimated_revenue_base = in_base(opportunity.estimated_revenue, opportunity.currency_id)


def keep_place(opportunity: Opportunity) -> None:
    """A card that nobody placed stands on the board by its closing day, and among those of one day behind the older ones."""
    day = opportunity.estimated_close or NO_DAY
    days = (day - FIRST_DAY).days
    if opportunity.placed_at is None and int(opportunity.place // 1) != days:
        opportunity.place = days + timezone.now().timestamp() % 1e8 / 1e8


def rounded(amount: Decimal, currency: Currency) -> Decimal:
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


def tell_the_log(kind: str, opportunity: Opportunity, by: User, **data: Any) -> None:
    record(
        kind,
        contact=opportunity.contact_id,
        account=opportunity.account_id,
        source=opportunity,
        campaign=opportunity.campaign_id,
        by=by,
        data=data,
    )
