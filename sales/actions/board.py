"""A card is moved on the board: what its column stands for changes by the action for it, then the card has its place."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm.access.see import must_be_able_to
from crm.errors import Invalid
from crm.models import User
from sales.actions.opportunities import assign_opportunity, change_opportunity, lock, must_be_open
from sales.actions.stages import set_stage
from sales.models import Opportunity
from sales.queries.board_columns import NONE, first_of

ROOM = 20
"""So many cards move up where two neighbours have nothing left between them."""


@transaction.atomic
def move_card(
    opportunity: Opportunity,
    *,
    grouping: str,
    to: str,
    above: int | None = None,
    below: int | None = None,
    today: date,
    by: User,
    **values: Any,
) -> Opportunity:
    """Into the column `to` of the grouping, between two cards (keys; None: at that end, and with neither its usual place).

    `values` fill the steps that a stage on the way still needs. Raises StepsMissing, NotAllowed where it is closed,
    Forbidden where `by` may not give it away, Invalid for a column that does not take cards.
    """
    match grouping:
        case "stage":
            opportunity = set_stage(opportunity, stage=to, by=by, **values)
        case "category":
            opportunity = change_opportunity(opportunity, forecast_category=to, by=by)
        case "owner":
            opportunity = _give(opportunity, to, by)
        case "month":
            day = None if to == NONE else _day_in(to, opportunity.estimated_close, today)
            opportunity = change_opportunity(opportunity, estimated_close=day, by=by)
    if above or below:
        _place(opportunity, above, below)
    return opportunity


@transaction.atomic
def place_card(opportunity: Opportunity, *, above: int | None, below: int | None, by: User) -> Opportunity:
    """Between two cards of its column. The order is the board's alone: no new version, nothing in the history."""
    opportunity = lock(opportunity)
    must_be_open(opportunity)
    _place(opportunity, above, below)
    return opportunity


def _give(opportunity: Opportunity, to: str, by: User) -> Opportunity:
    must_be_able_to(by, "assign", opportunity)
    must_be_open(lock(opportunity))
    owner = User.objects.filter(pk=to, is_active=True).first() if to.isdigit() else None
    if owner is None:
        raise Invalid("An opportunity is given to a person who works here.", field="owner")
    return assign_opportunity(opportunity, owner=owner, by=by)


def _day_in(month: str, day: date | None, today: date) -> date:
    """The same day of that month, as far as it has one, and not before today."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Invalid("Drop the card on a month.", field="estimated_close") from None
    last = first_of(first, 1) - timedelta(days=1)
    wanted = first.replace(day=min(day.day if day else last.day, last.day))
    return max(wanted, min(today, last))


def _place(opportunity: Opportunity, above: int | None, below: int | None) -> None:
    places = dict(Opportunity.objects.filter(pk__in=[key for key in (above, below) if key]).values_list("pk", "place"))
    low, high = places.get(above or 0), places.get(below or 0)
    place = _between(low, high)
    if place is None:
        place = _room_after(above or 0, low or 0.0, opportunity)
    opportunity.place, opportunity.placed_at = place, timezone.now()
    Opportunity.objects.filter(pk=opportunity.pk).update(place=place, placed_at=opportunity.placed_at)


def _between(low: float | None, high: float | None) -> float | None:
    """In the middle; None where there is nothing left between them."""
    if low is None:
        return 0.0 if high is None else high - 1
    if high is None:
        return low + 1
    middle = (low + high) / 2
    return middle if low < middle < high else None


def _room_after(above: int, low: float, opportunity: Opportunity) -> float:
    """The cards behind the one above move up a little, evenly, and leave a place right behind it."""
    behind = Opportunity.objects.open().filter(Q(place__gt=low) | Q(place=low, pk__gt=above)).exclude(pk=opportunity.pk)
    rest = list(behind.order_by("place", "pk")[:ROOM])
    end = rest[-1].place if rest and rest[-1].place > low else low + 1
    step = (end - low) / (len(rest) + 2)
    for number, card in enumerate(rest, start=2):
        Opportunity.objects.filter(pk=card.pk).update(place=low + number * step, placed_at=timezone.now())
    return low + step
