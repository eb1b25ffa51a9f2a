"""Orders: made from a quote that was won, fulfilled or cancelled."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.errors import Invalid, NotAllowed
from crm.models import User
from sales.actions.closing import win_opportunity
from sales.actions.documents import company_today, next_number, taken_over, tell
from sales.models import Opportunity, Order, OrderLine, Quote


@transaction.atomic
def create_order(
    quote: Quote,
    *,
    won_on: date | None = None,
    close_opportunity: bool = True,
    revenue: Decimal | None = None,
    description: str = "",
    steps: dict[str, Any] | None = None,
    by: User,
) -> Order:
    """The customer said yes: the quote is won, an order takes its lines, and the deal, if asked, is closed as won.

    `revenue` is in the deal's currency; left empty it is the quote's net total (without tax).
    `steps` fills what the deal's last stage still needs to be closed.
    Raises NotAllowed unless the quote is active, StepsMissing where the deal cannot be closed yet. Locks opportunity → quote → order.
    """
    opportunity = None
    if quote.opportunity_id:
        opportunity = Opportunity.objects.select_for_update().get(pk=quote.opportunity_id)
    quote = Quote.objects.select_for_update().get(pk=quote.pk)
    if not can_proceed(quote.win):
        hint = _(" Activate it first.") if quote.is_editable else ""
        raise NotAllowed(
            _("An order is made from an active quote; {} is {}.").format(quote, quote.status_words.lower()) + hint
        )
    today = company_today()
    won_on = won_on or today
    if won_on > today:
        raise Invalid(_("The day of the order cannot lie in the future."), field="won_on")
    quote.win(won_on)
    quote.version += 1
    quote.save()
    order = Order(number=next_number("O", today), quote=quote, ordered_on=won_on, created_by=by, **taken_over(quote))
    order.save()
    OrderLine.objects.bulk_create(OrderLine(order=order, made_from=line, **line.copied()) for line in quote.lines.all())
    tell("quote.won", quote, by=by)
    tell("order.created", order, by=by)
    if close_opportunity and opportunity and opportunity.is_open:
        earned = quote.net_total if revenue is None else revenue
        win_opportunity(opportunity, revenue=earned, closed_on=won_on, description=description, steps=steps, by=by)
    return order


@transaction.atomic
def fulfil_order(order: Order, *, fulfilled_on: date | None = None, by: User) -> Order:
    """Everything was delivered."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if not can_proceed(order.fulfil):
        raise NotAllowed(
            _("Only an active order is fulfilled; {} is {}.").format(order, order.get_status_display().lower())
        )
    today = company_today()
    if fulfilled_on and fulfilled_on > today:
        raise Invalid(_("The day of delivery cannot lie in the future."), field="fulfilled_on")
    order.fulfil(fulfilled_on or today)
    order.version += 1
    order.save()
    tell("order.fulfilled", order, by=by)
    return order


@transaction.atomic
def cancel_order(order: Order, *, by: User) -> Order:
    """The customer stepped back before delivery and invoice."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if not can_proceed(order.cancel):
        raise NotAllowed(
            _("Only an active order can be cancelled; {} is {}.").format(order, order.get_status_display().lower())
        )
    order.cancel(company_today())
    order.version += 1
    order.save()
    tell("order.cancelled", order, by=by)
    return order
