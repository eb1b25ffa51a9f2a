"""The warm-up of a sender: begun and ended by whoever sets up senders."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.deliverability import must_set_up
from crm.delivery.pace import WARM_UP_DAYS, begin_of_day, open_again
from crm.errors import Invalid
from crm.models import Sender, User

LATEST = timedelta(days=366)
MOST = 1_000_000


@transaction.atomic
def start_warm_up(sender: Sender, *, on: date, first: int, by: User) -> Sender:
    """So many messages on the first day, twice as many on each day after. Raises Forbidden, Invalid with the field.

    A day of the past is meant where the sender has warmed up elsewhere until now.
    """
    must_set_up(by)
    today = begin_of_day(timezone.now()).date()
    if not 1 <= first <= MOST:
        raise Invalid(_("From one to a million messages."), field="warm_up_first")
    if not today - timedelta(days=WARM_UP_DAYS) < on <= today + LATEST:
        raise Invalid(
            _("A day within the next year, or of the last month where it has begun already."), field="warm_up_on"
        )
    return _set(sender, on, first)


@transaction.atomic
def stop_warm_up(sender: Sender, *, by: User) -> Sender:
    """Full speed from now on: only the other limits hold. Raises Forbidden."""
    must_set_up(by)
    return _set(sender, None, None)


def _set(sender: Sender, on: date | None, first: int | None) -> Sender:
    sender = Sender.objects.select_for_update().get(pk=sender.pk)
    sender.warm_up_on, sender.warm_up_first = on, first
    sender.save(update_fields=["warm_up_on", "warm_up_first"])
    open_again("email", sender)
    return sender
