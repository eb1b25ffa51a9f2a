"""Who takes leads, how full they are, and whether they are there: the rows of the page of sellers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from crm.access.depths import Depth, depth_of, people_within
from crm.models import User
from sales.models import WEEKDAYS, Absence, AssignmentRule
from sales.queries.availability import AWAY, OFF, Hours, Person, State, people


@dataclass(frozen=True)
class Row:
    """One seller now. `tone` colours the state."""

    user: User
    person: Person
    state: str
    tone: str
    hours: str
    next_absence: Absence | None


def sellers(user: Any) -> QuerySet[User]:
    """Those who take leads or are named in a rule, as far as `user` may see when they work."""
    named = AssignmentRule.users.through.objects.values("user")
    rows = User.objects.filter(is_active=True).filter(Q(roles__takes_leads=True) | Q(pk__in=named)).distinct()
    return within(rows, user, "view")


def within(rows: QuerySet[User], user: Any, verb: str) -> QuerySet[User]:
    depth = depth_of(user, "sales.seller", verb)
    if depth == Depth.ALL:
        return rows
    return rows.filter(pk__in=people_within(user, depth)) if depth > Depth.NONE else rows.none()


def rows_of(users: Iterable[User], now: datetime) -> list[Row]:
    """Five queries, however many users."""
    listed = list(users)
    found = people([user.pk for user in listed], now)
    ahead = Absence.objects.filter(user__in=found, last_day__gte=now.date()).order_by("-first_day", "-pk")
    upcoming = {absence.user_id: absence for absence in ahead}
    return [_row(user, found[user.pk], upcoming.get(user.pk), now) for user in listed if user.pk in found]


def _row(user: User, person: Person, absence: Absence | None, now: datetime) -> Row:
    state = person.state(now)
    tone = "success" if state is None else "neutral" if state.kind == OFF else "warning"
    return Row(user, person, in_words(state), tone, hours_in_words(person.hours), absence)


def in_words(state: State | None) -> str:
    if state is None:
        return _("Available")
    if state.kind == AWAY and isinstance(state.until, date):
        return _("Away until %s") % date_format(state.until, "j M")
    if state.kind == OFF and isinstance(state.until, datetime):
        return _("At work from %s") % date_format(timezone.localtime(state.until), "D H:i")
    return _("Full")


def hours_in_words(hours: Hours) -> str:
    """“Mon–Fri 09:00–17:00”; at any time where no days are chosen."""
    if not hours.days:
        return _("At any time")
    return f"{_days(sorted(hours.days))} {time_format(hours.begin, 'H:i')}–{time_format(hours.end, 'H:i')}"


def _days(numbers: list[int]) -> str:
    names = [str(name)[:3] for _number, name in WEEKDAYS]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{names[numbers[0]]}–{names[numbers[-1]]}"
    return ", ".join(names[number] for number in numbers)
