"""When somebody takes leads: hours, capacity and absence are set, and the leads that wait hear of it."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import Invalid
from crm.models import User
from sales.actions.unassigned import ask_for_another_try
from sales.models import Absence, Seller


@transaction.atomic
def set_hours(user: User, *, days: list[int], works_from: time, works_to: time, by: User, **more: Any) -> Seller:
    """The working week of somebody, in their own time zone; `capacity` beside it where given (None: no limit).

    Raises Invalid where the day would be empty.
    """
    if works_from == works_to:
        raise Invalid(_("The day must end at another time than it begins."), field="works_to")
    said = {"days": sorted(days), "works_from": works_from, "works_to": works_to, **more}
    seller, _is_new = Seller.objects.update_or_create(user=user, defaults=said)
    ask_for_another_try("due")
    return seller


@transaction.atomic
def add_absence(user: User, *, first_day: date, last_day: date, note: str = "", by: User) -> Absence:
    """No leads from the first until the last of these days. Raises Invalid where they stand the wrong way round."""
    if last_day < first_day:
        raise Invalid(_("It cannot end before it begins."), field="last_day")
    return Absence.objects.create(user=user, first_day=first_day, last_day=last_day, note=note)


@transaction.atomic
def remove_absence(absence: Absence, *, by: User) -> None:
    absence.delete()
    ask_for_another_try("due")
