"""The warm-up of each sender day by day: how much may go out, what has, what the queue plans, when full speed is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from crm.delivery.pace import DAY, WARM_UP_DAYS, begin_of_day, day_limit, day_subject
from crm.models import Message, Sender, Tally

SHOWN_BEFORE, SHOWN_AFTER = 7, 14
"""Days around today; a warm-up without a limit at its end lasts thirty."""


@dataclass(frozen=True)
class Day:
    """Days begin at 0:00 UTC, as the limits do. `sent` is None for days to come.

    `planned` of the messages that wait go out on this day, `left` are too many for it and wait for the next.
    """

    on: date
    limit: int | None
    sent: int | None
    planned: int
    left: int


@dataclass(frozen=True)
class Pace:
    """`full_on` is the first day at full speed; None, as `days` is empty, where no warm-up runs or waits to begin."""

    sender: Sender
    today: Day
    days: list[Day]
    full_on: date | None

    @property
    def is_warming(self) -> bool:
        return self.full_on is not None

    @property
    def is_to_come(self) -> bool:
        return bool(self.is_warming and self.sender.warm_up_on and self.sender.warm_up_on > self.today.on)


def paces(senders: Sequence[Sender], now: datetime) -> list[Pace]:
    """Two queries, however many senders: counters by day, and the queue, counted along its index."""
    today = begin_of_day(now).date()
    sent, due = _sent(senders, now), _due(senders, today)
    return [_pace(sender, today, sent, due) for sender in senders]


def full_speed_on(sender: Sender) -> date | None:
    """The first day on which the warm-up allows as much as every day does; None without a warm-up."""
    if not (sender.warm_up_on and sender.warm_up_first):
        return None
    days = 0
    while days < WARM_UP_DAYS and not (sender.per_day and sender.warm_up_first * 2**days >= sender.per_day):
        days += 1
    return sender.warm_up_on + timedelta(days=days)


Counted = dict[tuple[int, date], int]


def _pace(sender: Sender, today: date, sent: Counted, due: Counted) -> Pace:
    full_on = full_speed_on(sender)
    if full_on and full_on <= today:
        full_on = None
    first = max(today - timedelta(days=SHOWN_BEFORE), sender.warm_up_on or today) if full_on else today
    last = min(full_on, max(today, first) + timedelta(days=SHOWN_AFTER)) if full_on else today
    days, left = [], 0
    for number in range((last - min(first, today)).days + 1):
        on = min(first, today) + timedelta(days=number)
        day = _day(sender, on, today, sent.get((sender.pk, on), 0), left + due.get((sender.pk, on), 0))
        left = day.left
        days.append(day)
    now = next(day for day in days if day.on == today)
    return Pace(sender, now, [day for day in days if day.on >= first] if full_on else [], full_on)


def _day(sender: Sender, on: date, today: date, sent: int, wanted: int) -> Day:
    limit = day_limit(sender, begin_of_day(on))
    if on < today:
        return Day(on, limit, sent, 0, 0)
    gone = sent if on == today else 0
    planned = wanted if limit is None else min(wanted, max(0, limit - gone))
    return Day(on, limit, sent if on == today else None, planned, wanted - planned)


def _sent(senders: Sequence[Sender], now: datetime) -> Counted:
    subjects = {day_subject("email", sender): sender.pk for sender in senders}
    since = begin_of_day(now) - SHOWN_BEFORE * DAY
    rows = Tally.objects.filter(subject__in=subjects, starts_at__gte=since)
    return {
        (subjects[subject], at.date()): number
        for subject, at, number in rows.values_list("subject", "starts_at", "number")
    }


def _due(senders: Sequence[Sender], today: date) -> Counted:
    """What waits, by the day on which its turn comes; what should have gone before counts today."""
    found: Counted = {}
    waiting = Message.objects.filter(channel="email", status=Message.Status.DUE, sender__in=senders).order_by()
    rows = waiting.annotate(on=TruncDate("due_at", tzinfo=UTC)).values_list("sender", "on").annotate(n=Count("pk"))
    for sender, on, number in rows:
        key = (sender, max(on, today))
        found[key] = found.get(key, 0) + number
    return found
