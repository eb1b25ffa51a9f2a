"""What became of an email or a send, counted by what one likes: in all, by variant, by domain, by link, over time.

Each count is one question grouped by the database; a message counts once, however often its reader did it. “all” counts
machines, too, “human” only who is likely a person (crm/delivery/verdicts.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Lower, StrIndex, Substr, TruncDay, TruncHour

from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction, Message, TrackedLink
from marketing.models import MarketingEmail, Send
from marketing.queries.results import CLICKED, DONE, OPENED, WAITING, messages_with

HEARD = {
    "opened": OPENED,
    "clicked": CLICKED,
    "replied": ("email.replied",),
    "bounced": ("email.bounced",),
    "unsubscribed": ("email.unsubscribed",),
    "complained": ("email.complained",),
}
NAMES = ("sent", "delivered", *HEARD)
JUDGED = ("opened", "clicked")
NAME_OF = {kind: name for name, kinds in HEARD.items() for kind in kinds}
FEW, MOST_LINKS, MOST_HOURS, MOST_POINTS, MOST_GROUPS = 20, 200, 72, 400, 2000
HUMAN = Q(verdict__in=LIKELY_HUMAN) | Q(verdict="")


@dataclass(frozen=True)
class Pair:
    all: int = 0
    human: int = 0


@dataclass
class Line:
    """One group and its numbers by name; `key` finds its people."""

    key: str
    label: str
    counts: dict[str, Pair] = field(default_factory=dict)

    def of(self, name: str) -> Pair:
        return self.counts.get(name, Pair())


@dataclass(frozen=True)
class Moment:
    """An hour or a day. x, width (of one bar) and heights are per cent of the picture."""

    at: datetime
    opened: Pair
    clicked: Pair
    x: float = 0
    width: float = 0
    opened_height: float = 0
    clicked_height: float = 0

    @property
    def next_x(self) -> float:
        return round(self.x + self.width, 3)


def messages_of(subject: MarketingEmail | Send) -> QuerySet[Message]:
    """All that went to somebody; test messages belong to nobody."""
    if isinstance(subject, Send):
        return Message.objects.filter(send_key=subject.send_key).exclude(contact=None)
    return Message.objects.filter(content_type="marketing.email", content_id=subject.pk).exclude(contact=None)


def is_running(messages: QuerySet[Message]) -> bool:
    return messages.filter(status__in=WAITING).exists()


def in_all(messages: QuerySet[Message]) -> Line:
    """Three questions."""
    return _lines(messages, lambda path: Value("", output_field=CharField())).get("", Line("", ""))


def by_variant(messages: QuerySet[Message]) -> list[Line]:
    """A, B, C …; empty where nothing was tested."""
    found = _lines(messages.exclude(variant=""), lambda path: F(f"{path}variant"))
    return sorted(found.values(), key=lambda line: line.key)


def by_domain(messages: QuerySet[Message]) -> list[Line]:
    """The twenty domains that got most."""
    found = _lines(messages.filter(address__contains="@"), _domain)
    return sorted(found.values(), key=lambda line: (-line.of("sent").all, line.key))[:FEW]


def by_link(messages: QuerySet[Message]) -> list[Line]:
    """Most clicked first; those that nobody has clicked, too."""
    rows = _heard(messages, CLICKED).annotate(link=Cast(KT("data__link"), BigIntegerField()))
    counted = dict(_counted(rows.exclude(link=None), "link")[:MOST_LINKS])
    contents = messages.order_by().values("content_type", "content_id").distinct()[:FEW]
    there = Q(pk__in=list(counted))
    for one in contents:
        there |= Q(content_type=one["content_type"], content_id=one["content_id"])
    links = TrackedLink.objects.filter(there).order_by("pk")[: 2 * MOST_LINKS]
    found = [Line(str(link.pk), link.url, {"clicked": counted.get(link.pk, Pair())}) for link in links]
    return sorted(found, key=lambda line: -line.of("clicked").all)[:MOST_LINKS]


def by_place(messages: QuerySet[Message]) -> dict[int, Pair]:
    """Place among the links of the mail → who clicked there."""
    rows = _heard(messages, CLICKED).annotate(place=Cast(KT("data__place"), BigIntegerField())).exclude(place=None)
    return dict(_counted(rows, "place"))


def over_time(messages: QuerySet[Message]) -> tuple[list[Moment], bool]:
    """Opens and clicks by the hour, or by the day where there are many hours (True then). Two questions."""
    rows = _heard(messages, (*OPENED, *CLICKED))
    span = rows.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
    by_day = bool(span["first"]) and span["last"] - span["first"] > timedelta(hours=MOST_HOURS)
    step = TruncDay("occurred_at") if by_day else TruncHour("occurred_at")
    counted: dict[datetime, dict[str, Pair]] = defaultdict(dict)
    for at, kind, pair in _counted(rows.annotate(at=step), "at", "kind"):
        counted[at][NAME_OF[kind]] = pair
    moments = [Moment(at, one.get("opened", Pair()), one.get("clicked", Pair())) for at, one in sorted(counted.items())]
    return _drawn(moments[-MOST_POINTS:], timedelta(days=1) if by_day else timedelta(hours=1)), by_day


def people(messages: QuerySet[Message], name: str, wanted: Mapping[str, str]) -> QuerySet[Message]:
    """The messages behind a number. `wanted`: variant, domain, link, place, version, or at (with by=day).

    Raises LookupError where there is no such number, ValueError where what is wanted cannot be read.
    """
    if variant := wanted.get("variant"):
        messages = messages.filter(variant=variant)
    if domain := wanted.get("domain"):
        messages = messages.annotate(domain=_domain("")).filter(domain=domain)
    if version := wanted.get("version"):
        messages = messages.filter(content_version=int(version))
    plain = name.removesuffix("_all")
    if plain in ("sent", "delivered"):
        return messages_with(messages, plain)
    rows = Interaction.objects.filter(message=OuterRef("pk"), kind__in=HEARD[plain])
    for key in ("link", "place"):
        if wanted.get(key):
            rows = rows.filter(**{f"data__{key}": int(wanted[key])})
    if at := wanted.get("at"):
        begin = datetime.fromisoformat(at)
        end = begin + (timedelta(days=1) if wanted.get("by") == "day" else timedelta(hours=1))
        rows = rows.filter(occurred_at__gte=begin, occurred_at__lt=end)
    return messages.filter(Exists(rows if name.endswith("_all") else rows.filter(HUMAN)))


def _lines(messages: QuerySet[Message], group: Any) -> dict[str, Line]:
    """Three questions, whatever the number of groups."""
    found: dict[str, Line] = {}

    def note(key: str, name: str, pair: Pair) -> None:
        found.setdefault(key, Line(key, key)).counts[name] = pair

    for name, rows in (("sent", messages.filter(status__in=DONE)), ("delivered", messages_with(messages, "delivered"))):
        for part, n in rows.annotate(part=group("")).order_by().values_list("part").annotate(n=Count("pk")):
            note(part, name, Pair(n, n))
    heard = _heard(messages, tuple(NAME_OF)).annotate(part=group("message__"))
    names: dict[tuple[str, str], Pair] = defaultdict(Pair)
    for part, kind, pair in _counted(heard, "part", "kind"):
        before = names[part, NAME_OF[kind]]
        names[part, NAME_OF[kind]] = Pair(before.all + pair.all, before.human + pair.human)
    for (key, name), pair in names.items():
        note(key, name, pair)
    return found


def _heard(messages: QuerySet[Message], kinds: tuple[str, ...]) -> QuerySet[Interaction]:
    return Interaction.objects.filter(message__in=messages.order_by().values("pk"), kind__in=kinds)


def _counted(rows: QuerySet[Interaction], *by: str) -> list[Any]:
    """(…by, how many messages), the largest groups first."""
    counts = {
        "every": Count("message", distinct=True),
        "human": Count("message", distinct=True, filter=HUMAN),
    }
    grouped: Any = rows.order_by().values_list(*by)
    found = grouped.annotate(**counts).order_by("-every", *by)
    return [(*row[: len(by)], Pair(*row[len(by) :])) for row in found[:MOST_GROUPS]]


def _domain(path: str) -> Any:
    address = F(f"{path}address")
    return Lower(Substr(address, StrIndex(address, Value("@")) + 1))


def _drawn(moments: list[Moment], step: timedelta) -> list[Moment]:
    if not moments:
        return []
    most = max(max(one.opened.all, one.clicked.all) for one in moments) or 1
    width = 100 / (round((moments[-1].at - moments[0].at) / step) + 1)
    return [
        Moment(
            one.at, one.opened, one.clicked,
            round(round((one.at - moments[0].at) / step) * width, 3), round(width * 0.42, 3),
            round(one.opened.human * 36 / most, 3), round(one.clicked.human * 36 / most, 3),
        )
        for one in moments
    ]  # fmt: skip
