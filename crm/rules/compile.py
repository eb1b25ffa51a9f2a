"""A rule -> one SQL over contacts, or over the records of another kind. Time comes in as an argument."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from crm.hooks import rankings, records, shortcuts
from crm.models import Company, Contact, Interaction, Message, Purpose, User
from crm.rules import facts
from crm.rules.columns import about_few, among, is_about_few
from crm.rules.tree import LAST, All, Did, Either, First, Has, Not, Rule, Source, Test, Top

HUMAN = ("", "human", "proxy")


def contacts() -> QuerySet[Contact]:
    """Those whom rules speak of: neither in the bin nor deactivated."""
    return Contact.objects.alive().filter(is_active=True)


def matching(rule: Rule, now: datetime, *, rolled: bool = False) -> QuerySet[Contact]:
    """The contacts to whom the rule applies at `now`, as one query; `rolled` as in `to_q`."""
    return contacts().filter(to_q(rule, now, rolled=rolled))


def is_in(rule: Rule, contact: int, now: datetime) -> bool:
    """The same question for one contact: the same query with pk=."""
    with about_few():
        return matching(rule, now).filter(pk=contact).exists()


def to_q(rule: Rule, now: datetime, reader: User | None = None, *, rolled: bool = False) -> Q:
    """The question to each row. `reader` limits what may be asked of the records a row points at (crm.rules.facts).

    Behaviour is asked of the log itself; with `rolled` of a roll-up where an app keeps one (crm/hooks/shortcuts.py), which
    says the same a moment later, and of everybody at a fraction of the cost.
    """
    match rule:
        case All(rules):
            return reduce(and_, (to_q(one, now, reader, rolled=rolled) for one in rules))
        case Either(rules):
            return reduce(or_, (to_q(one, now, reader, rolled=rolled) for one in rules))
        case Not(inner):
            return ~to_q(inner, now, reader, rolled=rolled)
        case Test():
            return _test(rule, now, reader)
        case Did():
            return (shortcuts.answer(rule, now) if rolled else None) or _did(rule, now)
        case Has():
            return _has(rule, now, reader)
        case Top():
            return _top(rule, now)


def _test(test: Test, now: datetime, reader: User | None) -> Q:
    attribute = facts.get(test.attribute, test.kind, reader)
    op, value = test.op, test.value
    if attribute.kind == "date":
        op, value = _moments(op, value, now)
    if attribute.kind == "day":
        op, value = _days(op, value, now)
    return attribute.to_q(op, value, test.of) if attribute.subjects else attribute.to_q(op, value)


def _moments(op: str, value: Any, now: datetime) -> tuple[str, Any]:
    """Days become moments: a day begins at midnight where our company is."""
    match op:
        case "on":
            return "between", (_midnight(value), _midnight(value + timedelta(days=1)))
        case "before":
            return "before", _midnight(value)
        case "after":
            return "from", _midnight(value + timedelta(days=1))
        case "between":
            return "between", (_midnight(value[0]), _midnight(value[1] + timedelta(days=1)))
        case "in_last":
            return "between", (now - timedelta(days=value), now + timedelta(microseconds=1))
        case "longer_ago":
            return "before", now - timedelta(days=value)
        case "in_next":
            return "between", (now, now + timedelta(days=value))
    return op, value


def _days(op: str, value: Any, now: datetime) -> tuple[str, Any]:
    """Days stay days; today is the day where our company is."""
    today = now.astimezone(company_zone()).date()
    match op:
        case "on":
            return "is", value
        case "after":
            return "over", value
        case "between":
            return "between", (value[0], value[1] + timedelta(days=1))
        case "in_last":
            return "between", (today - timedelta(days=value), today + timedelta(days=1))
        case "longer_ago":
            return "before", today - timedelta(days=value)
        case "in_next":
            return "between", (today, today + timedelta(days=value + 1))
    return op, value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, company_zone())


def company_zone() -> ZoneInfo:
    """Where our company is: its days are the days of rules."""
    return ZoneInfo(Company.objects.values_list("time_zone", flat=True).first() or "UTC")


def _did(did: Did, now: datetime) -> Q:
    done = behaviour(did, now)
    least = did.at_least if did.at_least is not None else None if did.at_most is not None else 1
    question = Q()
    if least is not None:
        question &= _at_least(did.who, done, least)
    if did.at_most is not None:
        question &= ~_at_least(did.who, done, did.at_most + 1)
    return question


def behaviour(did: Did, now: datetime) -> QuerySet[Interaction]:
    """The rows of the log that count for a condition."""
    rows = log_rows(did.kind, did.source)
    if not did.machines:
        rows = rows.filter(verdict__in=HUMAN)
    if did.link is not None:
        rows = rows.filter(data__link=did.link)
    if did.page:
        rows = rows.filter(data__url__icontains=did.page)
    if did.within_days is not None:
        rows = rows.filter(occurred_at__gt=now - timedelta(days=did.within_days))
    if did.before_days is not None:
        rows = rows.filter(occurred_at__lte=now - timedelta(days=did.before_days))
    if did.since is not None:
        rows = rows.filter(occurred_at__gte=_midnight(did.since))
    if did.until is not None:
        rows = rows.filter(occurred_at__lt=_midnight(did.until + timedelta(days=1)))
    return rows


def log_rows(kind: str, source: Source | None) -> QuerySet[Interaction]:
    """The rows of the log of a kind, on a source, that are about somebody."""
    rows = Interaction.objects.filter(kind=kind, contact__isnull=False)
    if source == LAST:
        return rows.filter(message=_last_email(OuterRef("contact_id")))
    return rows.filter(source_type=source[0], source_id=source[1]) if source else rows


def commercial_emails() -> QuerySet[Message]:
    """Those that were sent: of them one is a person's last."""
    return Message.objects.filter(channel="email", purpose=Purpose.COMMERCIAL, sent_at__isnull=False)


def _last_email(contact: Any) -> Subquery:
    """The id of the last commercial email sent to a contact."""
    sent = commercial_emails().filter(contact=contact)
    return Subquery(sent.order_by("-sent_at", "-pk").values("pk")[:1])


def _has(has: Has, now: datetime, reader: User | None) -> Q:
    rows = records_of(has, now, reader)
    least = has.at_least if has.at_least is not None else None if has.at_most is not None else 1
    question = Q()
    if least is not None:
        question &= _at_least("pk", rows, least)
    if has.at_most is not None:
        question &= ~_at_least("pk", rows, has.at_most + 1)
    return question


def records_of(has: Has, now: datetime, reader: User | None = None) -> QuerySet:
    """The records that count for a condition, of all contacts."""
    model: Any = records.get(has.kind).model
    rows = model.objects.alive().filter(contact__isnull=False)
    return rows if has.rule is None else rows.filter(to_q(has.rule, now, reader))


def _at_least(who: str, rows: QuerySet, times: int) -> Q:
    if times == 1:
        return among(who, rows, "contact_id")
    if is_about_few():
        hers = rows.filter(contact_id=OuterRef(who)).order_by()
        return Q(Exists(hers.values("contact_id").annotate(times=Count("*")).filter(times__gte=times)))
    often = rows.values("contact_id").annotate(times=Count("*")).filter(times__gte=times)
    return Q(**{f"{who}__in": often.values("contact_id")})


def _top(top: Top, now: datetime) -> Q:
    ranking = rankings.get(top.by)
    value = ranking.value(top.subject) if ranking.subjects else ranking.value(None)
    ranked = matching(top.of, now).annotate(_rank=value)
    order: list[Any] = [F("_rank").desc()]
    if top.ties:
        ranked = ranked.annotate(_first=_first_time(top.ties))
        order.append(F("_first").asc(nulls_last=True))
    return Q(pk__in=ranked.order_by(*order, "pk").values("pk")[: top.n])


def _first_time(first: First) -> Subquery:
    rows = log_rows(first.kind, first.source).filter(contact_id=OuterRef("pk"), verdict__in=HUMAN)
    return Subquery(rows.order_by().values("contact_id").annotate(at=Min("occurred_at")).values("at"))
