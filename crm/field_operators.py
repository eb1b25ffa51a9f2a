"""How a field of a kind of record can be asked: “city__contains”, “created_at__last”, “owner=me”. Pages and API use these names.

The name of a filter is the field's, then “__” and the operator; the bare name is “is”. Days are the asker's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial, reduce
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.custom_fields import questions
from crm.hooks.records import Field, RecordKind
from crm.hooks.registry import Text
from crm.models import Tagging, User

IS = ""
ME, MY_TEAM = "me", "team"
PERIODS = [
    ("today", _("today")),
    ("yesterday", _("yesterday")),
    ("tomorrow", _("tomorrow")),
    ("this_week", _("this week")),
    ("last_week", _("last week")),
    ("next_week", _("next week")),
    ("this_month", _("this month")),
    ("last_month", _("last month")),
    ("next_month", _("next month")),
    ("this_quarter", _("this quarter")),
    ("last_quarter", _("last quarter")),
    ("this_year", _("this year")),
    ("last_year", _("last year")),
]


@dataclass(frozen=True)
class Operator:
    """`takes` is the shape of its value: text, some (of the field's choices), number, moment, count, period or yesno."""

    name: str
    label: Text
    takes: str


_EMPTY = Operator("empty", _("is empty"), "yesno")
_TEXT = (
    Operator("contains", _("contains"), "text"),
    Operator(IS, _("is"), "text"),
    Operator("begins", _("begins with"), "text"),
    Operator("not", _("is not"), "text"),
    _EMPTY,
)
_NUMBER = (
    Operator("from", _("at least"), "number"),
    Operator("to", _("at most"), "number"),
    Operator(IS, _("is"), "number"),
    _EMPTY,
)
_TIME = (
    Operator("last", _("in the last … days"), "count"),
    Operator("next", _("in the next … days"), "count"),
    Operator("older", _("more than … days ago"), "count"),
    Operator("in", _("in"), "period"),
    Operator("from", _("from"), "moment"),
    Operator("to", _("until"), "moment"),
    Operator(IS, _("on"), "day"),
    _EMPTY,
)
_SOME = (Operator(IS, _("is"), "some"), Operator("not", _("is not"), "some"), _EMPTY)
OPERATORS: dict[str, tuple[Operator, ...]] = {
    **dict.fromkeys(("text", "longtext", "email", "phone", "url"), _TEXT),
    **dict.fromkeys(("number", "money"), _NUMBER),
    **dict.fromkeys(("day", "moment"), _TIME),
    **dict.fromkeys(("choice", "choices", "lookup", "person"), _SOME),
    "tags": (_SOME[0], Operator("all", _("are all of"), "some"), *_SOME[1:]),
    "yesno": (Operator(IS, _("is"), "yesno"),),
}


@dataclass(frozen=True)
class Asker:
    """Who asks and when: “me” and “the last 30 days” need both. Has the `user` of a request, as FilterSets expect."""

    user: Any
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(getattr(self.user, "time_zone", "") or "UTC")

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


def name_of(field: Field, op: Operator) -> str:
    return f"{field.name}__{op.name}" if op.name else field.name


def split(name: str) -> tuple[str, str]:
    """“created_at__last” -> the field's name and the operator's."""
    field, _sep, op = name.partition("__")
    return field, op


def operators_of(field: Field) -> tuple[Operator, ...]:
    """None where it is put together from columns, and so cannot be asked."""
    return OPERATORS[field.kind] if field.is_column else ()


Look = Callable[[str, Any], Q]
"""One of Django's lookups asked of the field: look("gte", 5)."""


def question(kind: RecordKind, field: Field, op: str, value: Any, asker: Asker) -> Q:
    """The rows of the kind for which the field answers so; true or false for each, never unknown."""
    look: Look = partial(questions.compare, field, "custom") if field.is_custom else partial(_look, field.name)
    if op == "empty":
        return _empty(kind, field, look) if value else ~_empty(kind, field, look)
    if op == "not":
        return ~question(kind, field, IS, value, asker)
    match field.kind:
        case "tags":
            return _tagged(kind, value, every=op == "all")
        case "person":
            return look("in", people(value, asker))
        case "choices":
            return questions.to_q(field)("has_any_of", value)
        case "choice" | "lookup":
            return look("in", value)
        case "yesno":
            return look("exact", value)
        case "number" | "money":
            return look({IS: "exact", "from": "gte", "to": "lte"}[op], value)
        case "day":
            return _between(look, *_range(op, value, asker))
        case "moment":
            return _moments(look, op, value, asker)
    return _text(field, look, op, value)


def _look(path: str, lookup: str, value: Any) -> Q:
    return Q(**{f"{path}__{lookup}": value})


def people(said: list[str], asker: Asker) -> list[int]:
    """The ids meant by “me”, “team” and ids: a list in the SQL, so that an index on the owner serves."""
    found = {int(one) for one in said if one not in (ME, MY_TEAM)}
    if ME in said:
        found.add(asker.user.pk)
    if MY_TEAM in said:
        found.add(asker.user.pk)
        team = asker.user.team_id
        found.update(User.objects.filter(team=team).values_list("pk", flat=True) if team else ())
    return sorted(found)


def _empty(kind: RecordKind, field: Field, look: Look) -> Q:
    if field.kind == "tags":
        return ~Q(pk__in=_taggings(kind).values("record_id"))
    is_text = field.kind in ("text", "longtext", "email", "phone", "url", "choice") and kind.is_text_column(field)
    nothing = look("isnull", True)
    return nothing | look("exact", "") if is_text else nothing


def _taggings(kind: RecordKind) -> Any:
    return Tagging.objects.filter(record_type=ContentType.objects.get_for_model(kind.model))


def _tagged(kind: RecordKind, names: list[str], *, every: bool) -> Q:
    wanted = [Q(pk__in=_taggings(kind).filter(tag__name__iexact=name).values("record_id")) for name in names]
    return reduce(lambda one, other: one & other if every else one | other, wanted)


def _text(field: Field, look: Look, op: str, value: str) -> Q:
    if field.kind == "email" and op in (IS, "begins") and field.sort == f"{field.name}_normal":
        return _look(field.sort, "startswith" if op else "exact", value.strip().lower())
    return look({IS: "iexact", "contains": "icontains", "begins": "istartswith"}[op], value)


def _between(look: Look, low: Any, high: Any) -> Q:
    """From `low` on, before `high`; None is without end."""
    asked = Q() if low is None else look("gte", low)
    return asked if high is None else asked & look("lt", high)


def _moments(look: Look, op: str, value: Any, asker: Asker) -> Q:
    if op in ("last", "next", "older"):
        return _from_now(look, op, timedelta(days=value), asker.now)
    if isinstance(value, datetime):
        return look("gte" if op == "from" else "lte", value)
    low, high = _range(op, value, asker)
    return _between(look, low and asker.midnight(low), high and asker.midnight(high))


def _from_now(look: Look, op: str, span: timedelta, now: datetime) -> Q:
    match op:
        case "last":
            return look("gte", now - span) & look("lte", now)
        case "next":
            return look("gte", now) & look("lte", now + span)
    return look("lt", now - span)


def _range(op: str, value: Any, asker: Asker) -> tuple[date | None, date | None]:
    """From this day on, before that day; None is without end."""
    day = timedelta(days=1)
    if isinstance(value, datetime):
        value = value.astimezone(asker.zone).date()
    match op:
        case "last":
            return asker.today - value * day, asker.today + day
        case "next":
            return asker.today, asker.today + (value + 1) * day
        case "older":
            return None, asker.today - value * day
        case "from":
            return value, None
        case "to":
            return None, value + day
        case "in":
            return period(value, asker.today)
    return value, value + day


def period(name: str, today: date) -> tuple[date, date]:
    """The first day of a named period, and the first day after it. Weeks begin on Monday."""
    which, _sep, unit = name.partition("_")
    match name:
        case "today" | "yesterday" | "tomorrow":
            start = today + timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[name])
            return start, start + timedelta(days=1)
    step = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        start = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        return start, start + timedelta(weeks=1)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (today.year * 12 + today.month - 1) // months * months + step * months
    return _month(first), _month(first + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
