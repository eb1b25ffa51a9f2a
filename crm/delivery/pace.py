"""How much may go out now: limits of a sender, of a mail provider, of what one person bears, and the quiet hours.

What went out is never counted by reading messages: each claim counts up rows of `Tally`, in its own transaction. A lane is
one sender on one channel; a lane that may not go on is closed until a moment, and nothing of it is due before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    CharField,
    DateTimeField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat
from django.db.models.lookups import GreaterThan

from crm.delivery import purposes
from crm.delivery.channels import way
from crm.models import ChannelRule, Contact, DomainLimit, Lane, Message, Sender, Tally
from crm.sql import typed
from crm.zones import clock_of, company_zone, zone_of_country

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
WARM_UP_DAYS = 30
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
IS_QUIET = "It waits for the end of the quiet hours where the reader lives."
IS_FULL = "It waits, for the reader's mail provider has got as much as it bears for now."
KEPT = timedelta(days=91)


@dataclass(frozen=True)
class Limits:
    """The company's rules for a channel as they are now."""

    quiet: tuple[time, time] | None = None
    most: int | None = None
    days: int = 7
    domains: dict[str, int] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    """Purposes that need no consent, since somebody waits for such a message: they are neither held up nor counted."""


def limits_on(channel: str, *, with_domains: bool = False) -> Limits:
    """One or two small questions, and one more where there is a rule."""
    rule = ChannelRule.objects.filter(channel=channel).first()
    domains = dict(DomainLimit.objects.values_list("domain", "per_hour")) if with_domains and channel == "email" else {}
    if rule is None:
        return Limits(domains=domains)
    begin, end = rule.quiet_from, rule.quiet_until
    quiet = (begin, end) if begin is not None and end is not None else None
    return Limits(quiet, rule.most, rule.days, domains, purposes.rules().free)


# Lanes


def lane_key(channel: str, sender: Sender | None) -> str:
    return f"{channel}:{sender.pk if sender else 0}"


def closed_senders(channel: str, now: datetime) -> set[int]:
    """Senders of whom nothing is due now; 0 stands for messages without one."""
    keys = Lane.objects.filter(key__startswith=f"{channel}:", closed_until__gt=now).values_list("key", flat=True)
    return {int(key.partition(":")[2]) for key in keys}


def room_for(channel: str, sender: Sender | None, size: int, now: datetime, *, is_counted: bool) -> int:
    """How many of this lane may be claimed now, at most `size`. Where none may, the lane closes until the next span begins.

    Call it inside the claiming transaction: the lane is locked, so that two workers do not both take the last one.
    """
    limits = limits_of(sender, now)
    key = lane_key(channel, sender)
    if not limits and not is_counted:
        return size
    Lane.objects.get_or_create(key=key)
    Lane.objects.select_for_update().get(key=key)
    if not limits:
        return size
    used = _numbers({_subject(key, span): _begin(span, now) for span, _most in limits})
    closed = [_begin(span, now) + span for span, most in limits if used[_subject(key, span)] >= most]
    if closed:
        Lane.objects.filter(key=key).update(closed_until=max(closed))
        return 0
    return min(size, *(most - used[_subject(key, span)] for span, most in limits))


def limits_of(sender: Sender | None, now: datetime) -> list[tuple[timedelta, int]]:
    """(span, at most so many in it), the shortest span first."""
    if sender is None:
        return []
    found = [(SECOND, sender.per_second), (HOUR, sender.per_hour), (DAY, day_limit(sender, now))]
    return [(span, most) for span, most in found if most]


def day_limit(sender: Sender, now: datetime) -> int | None:
    """Of this day: what the warm-up allows, twice as many each day, until the limit of every day is reached."""
    if sender.warm_up_on and sender.warm_up_first:
        day = (now.date() - sender.warm_up_on).days
        if day < WARM_UP_DAYS:
            warm = sender.warm_up_first * 2 ** max(0, day)
            return min(warm, sender.per_day) if sender.per_day else warm
    return sender.per_day


def begin_of_day(moment: datetime | date) -> datetime:
    """Of the day, in UTC, for which the limits of a day hold."""
    if isinstance(moment, datetime):
        return _begin(DAY, moment)
    return datetime.combine(moment, time(), tzinfo=UTC)


def day_subject(channel: str, sender: Sender) -> str:
    """The counter of a sender's messages of a day."""
    return _subject(lane_key(channel, sender), DAY)


def count_lane(channel: str, sender: Sender | None, number: int, now: datetime) -> None:
    """So many were taken (or, negative, given back)."""
    key = lane_key(channel, sender)
    count_up([(_subject(key, span), _begin(span, now), number) for span, _most in limits_of(sender, now)])


def trouble(channel: str, sender: Sender | None, reason: str, now: datetime) -> datetime:
    """The carrier failed us: nothing of this lane for a while, twice as long each time in a row. Answers until when."""
    lane, _ = Lane.objects.get_or_create(key=lane_key(channel, sender))
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(lane.troubles, 10))
    lane.closed_until, lane.troubles, lane.reason = now + pause, min(lane.troubles + 1, 1000), reason[:300]
    lane.save()
    return lane.closed_until


def closed_until(channel: str, sender: Sender) -> datetime | None:
    return Lane.objects.filter(key=lane_key(channel, sender)).values_list("closed_until", flat=True).first()


def open_again(channel: str, sender: Sender | None = None) -> None:
    """Somebody has mended what stood in the way. What a limit had closed closes by itself again."""
    lanes = (
        Lane.objects.filter(key=lane_key(channel, sender)) if sender else Lane.objects.filter(key__startswith=channel)
    )
    lanes.update(closed_until=None, troubles=0, reason="")


def works_again(channel: str, sender: Sender | None) -> None:
    key = lane_key(channel, sender)
    Lane.objects.filter(key=key, troubles__gt=0).update(troubles=0, reason="")


# What of the due messages waits


@dataclass(frozen=True)
class Due:
    """What a claim must know of a message, to say whether it waits."""

    message: int
    claim: str
    address: str
    purpose: str
    send_key: str
    attempts: int
    time_zone: str = ""
    country: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass
class Sorted:
    """Those that may go, those that wait until a moment (with the reason), and how many go to each limited domain."""

    go: list[Due] = field(default_factory=list)
    wait: dict[tuple[datetime, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    domains: Counter[str] = field(default_factory=Counter)


def facts_of(rows: QuerySet[Message], limits: Limits, size: int) -> list[Due]:
    """One question, and one more where there are quiet hours: without a join, so that the rows can be locked."""
    found = list(rows.values_list("pk", "claim", "address", "purpose", "send_key", "attempts", "contact_id")[:size])
    homes: dict[int, tuple[str, str]] = {}
    if limits.quiet:
        people = Contact.objects.filter(pk__among={row[6] for row in found if row[6]})
        homes = {pk: (zone, country) for pk, zone, country in people.values_list("pk", "time_zone", "country")}
    return [
        Due(message, claim or "", address, purpose, send_key, attempts, *homes.get(contact or 0, ("", "")))
        for message, claim, address, purpose, send_key, attempts, contact in found
    ]


def sort_out(found: Iterable[Due], limits: Limits, key: str, now: datetime) -> Sorted:
    """Quiet hours first, then what the reader's mail provider bears; of one address a claim takes one where that is counted."""
    done, seen = Sorted(), set()
    hour = _begin(HOUR, now)
    room = _room_of_domains({one.domain for one in found}, limits, key, hour) if limits.domains else {}
    company = company_zone() if limits.quiet else ""
    for one in found:
        is_commercial = one.purpose not in limits.free
        if is_commercial and limits.quiet:
            zone = one.time_zone or zone_of_country(one.country) or company
            if until := quiet_until(zone, limits.quiet, now):
                done.wait[until, IS_QUIET].append(one.message)
                continue
        if is_commercial and limits.most and one.address in seen:
            continue  # its turn comes with the next claim, when this one is counted
        if (left := room.get(one.domain)) is not None:
            if left <= done.domains[one.domain]:
                done.wait[hour + HOUR, IS_FULL].append(one.message)
                continue
            done.domains[one.domain] += 1
        seen.add(one.address)
        done.go.append(one)
    return done


def quiet_until(zone: str, quiet: tuple[time, time], now: datetime) -> datetime | None:
    """When the quiet hours end there, None where it is no quiet hour. 21:00 to 08:00 spans the night."""
    begin, end = quiet
    local = now.astimezone(clock_of(zone))
    clock = local.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = local.date() + (DAY if begin > end and clock >= begin else timedelta())
    return datetime.combine(day, end, clock_of(zone))


def put_off(done: Sorted) -> None:
    for (until, reason), messages in done.wait.items():
        Message.objects.filter(pk__among=messages).update(due_at=until, reason=reason)


def count_domains(key: str, done: Sorted, taken: Collection[int], now: datetime) -> None:
    """Those that were taken in the end."""
    numbers = Counter(one.domain for one in done.go if one.domain in done.domains and one.message in taken)
    count_up([(f"{key}@{domain}", _begin(HOUR, now), number) for domain, number in numbers.items()])


def _room_of_domains(domains: Collection[str], limits: Limits, key: str, hour: datetime) -> dict[str, int]:
    limited = {domain: most for domain, most in limits.domains.items() if domain in domains}
    used = _numbers({f"{key}@{domain}": hour for domain in limited})
    return {domain: most - used[f"{key}@{domain}"] for domain, most in limited.items()}


# What one person bears


def count_people(messages: QuerySet[Message], limits: Limits, now: datetime, by: int = 1) -> None:
    """Of each of these messages that needed consent, one more (or less) to its address today; one statement."""
    subject = Concat(Value("to:"), F("channel"), Value(":"), F("address"), output_field=CharField())
    rows = messages.exclude(purpose__in=limits.free).exclude(address="").order_by("address")
    named = rows.annotate(
        of_subject=subject, of_day=typed(_begin(DAY, now), DateTimeField()), of_number=typed(by, IntegerField())
    ).values_list("of_subject", "of_day", "of_number")
    sql, params = named.query.get_compiler(connection=connection).as_sql()
    _upsert(f"SELECT * FROM ({sql}) AS counted WHERE true", params)


def bears_no_more(channel: str, limits: Limits, now: datetime) -> list[When]:
    """Over contacts: one commercial message more would be too many. None where the company does not count."""
    if not limits.most:
        return []
    return [
        When(
            Q(GreaterThan(_written_to(channel, limits, now, way(channel).address), limits.most - 1)),
            then=_too_often(limits),
        )
    ]


def refuse_too_many(messages: QuerySet[Message], channel: str, limits: Limits, now: datetime) -> None:
    """Of these, whose own count is in the tallies already, those that are one too many get their reason."""
    too_often = Q(GreaterThan(_written_to(channel, limits, now, "address"), limits.most or 0))
    messages.exclude(purpose__in=limits.free).filter(too_often, reason="").update(reason=_too_often(limits))


def _written_to(channel: str, limits: Limits, now: datetime, address: str) -> Coalesce:
    rows = Tally.objects.filter(
        subject=Concat(Value(f"to:{channel}:"), OuterRef(address), output_field=CharField()),
        starts_at__gt=_begin(DAY, now) - limits.days * DAY,
    )
    total = rows.order_by().values("subject").annotate(n=Sum("number")).values("n")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


def _too_often(limits: Limits) -> Value:
    said = "once" if limits.most == 1 else f"{limits.most} times"
    return Value(f"The person was written to {said} in {limits.days} days, which is as often as we write.")


def recount_people(now: datetime) -> None:
    """A company that begins to count looks back: what was sent in the days before, from the messages."""
    for rule in ChannelRule.objects.exclude(most=None):
        since = _begin(DAY, now) - rule.days * DAY
        with transaction.atomic():
            Tally.objects.filter(subject__startswith=f"to:{rule.channel}:").delete()
            sent = Message.objects.filter(channel=rule.channel, status=Message.Status.SENT, sent_at__gte=since)
            for day in range(rule.days + 1):
                begin = since + day * DAY
                count_people(sent.filter(sent_at__gte=begin, sent_at__lt=begin + DAY), limits_on(rule.channel), begin)


# Counters


def count_up(rows: Iterable[tuple[str, datetime, int]]) -> None:
    """(subject, beginning of the span, how many more); one statement."""
    wanted = [row for row in rows if row[2]]
    if not wanted:
        return
    values = ", ".join(["(%s, %s, %s)"] * len(wanted))
    params = [
        value
        for subject, at, number in sorted(wanted)
        for value in (subject, connection.ops.adapt_datetimefield_value(at), number)
    ]
    _upsert(f"VALUES {values}", params)


def sweep(now: datetime) -> None:
    """Spans that nothing asks for any more."""
    Tally.objects.filter(starts_at__lt=now - KEPT).delete()
    spans = Tally.objects.filter(starts_at__lt=now - 2 * DAY).exclude(subject__startswith="to:")
    spans.exclude(subject__endswith=_subject("", DAY)).delete()  # those of days are read by the warm-up's page


def _upsert(source: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO crm_tally (subject, starts_at, number) {source} "
            "ON CONFLICT (subject, starts_at) DO UPDATE SET number = crm_tally.number + excluded.number",
            params,
        )


def _numbers(wanted: dict[str, datetime]) -> Counter[str]:
    """By subject; 0 where nothing was counted in that span."""
    rows = Tally.objects.filter(subject__in=wanted, starts_at__in=set(wanted.values()))
    return Counter(
        {subject: n for subject, at, n in rows.values_list("subject", "starts_at", "number") if wanted[subject] == at}
    )


def _subject(key: str, span: timedelta) -> str:
    return f"{key}/{int(span.total_seconds())}"


def _begin(span: timedelta, now: datetime) -> datetime:
    """Of the span of this length, counted in UTC, in which `now` lies."""
    seconds = int(now.timestamp()) // int(span.total_seconds()) * int(span.total_seconds())
    return datetime.fromtimestamp(seconds, tz=UTC)
