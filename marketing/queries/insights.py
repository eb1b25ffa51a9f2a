"""What became of an email or a send, counted by what one likes: in all, by variant, by domain, by link, over time.

Each count is one question grouped by the database; a message counts once, however often its reader did it. “all” counts
machines, too, “human” only who is likely a person (crm/delivery/verdicts.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Lower, StrIndex, Substr, TruncDay, TruncHour

from crm.delivery.send_counts import counts_of
from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction, Message, TrackedLink
from marketing.models import MarketingEmail, Send, SendMember
from marketing.queries.numbers import DONE, Line, Pair, line_of, messages_with
from marketing.queries.results import CLICKED, OPENED

NAMES = (
    "sent", "delivered", "opened", "clicked", "replied", "bounced", "bounced_hard", "bounced_soft", "unsubscribed", "complained",
)  # fmt: skip
HITS_OF = {"opened": OPENED, "clicked": CLICKED}
NAME_OF = {kind: name for name, kinds in HITS_OF.items() for kind in kinds}
FEW, MOST_LINKS, MOST_HOURS, MOST_POINTS, MOST_GROUPS = 20, 200, 72, 400, 2000
HIT_COLUMNS = {
    "device": "client__device",
    "client": "client__client",
    "system": "client__system",
    "country": "country",
}
NOT_KNOWN = "-"
"""In an address: whatever was not told."""
HUMAN = Q(verdict__in=LIKELY_HUMAN) | Q(verdict="")


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


def in_all(subject: MarketingEmail | Send) -> Line:
    """One question; of a send for a few rows only."""
    if isinstance(subject, Send):
        return line_of((status, heard, n) for (_, status, _, heard), n in counts_of(subject.send_key).items())
    return _lines(messages_of(subject), Value("", output_field=CharField())).get("", Line("", ""))


def by_variant(subject: MarketingEmail | Send) -> list[Line]:
    """A, B, C …; empty where nothing was tested."""
    found: dict[str, Line] = {}
    if isinstance(subject, Send):
        for (variant, status, _reason, heard), n in counts_of(subject.send_key).items():
            if variant:
                found.setdefault(variant, Line(variant, variant)).add(status, heard, n)
    else:
        found = _lines(messages_of(subject).exclude(variant=""), F("variant"))
    return sorted(found.values(), key=lambda line: line.key)


def by_domain(messages: QuerySet[Message]) -> list[Line]:
    """The twenty domains that got most. Two questions."""
    rows = messages.filter(address__contains="@").annotate(domain=_domain())
    sent = rows.filter(status__in=DONE).order_by().values("domain").annotate(n=Count("pk")).order_by("-n", "domain")
    most = [row["domain"] for row in sent[:FEW]]
    found = _lines(rows.filter(domain__in=most), F("domain"))
    return sorted(found.values(), key=lambda line: (-line.of("sent").all, line.key))


def by_link(messages: QuerySet[Message]) -> list[Line]:
    """Most clicked first; those that nobody has clicked, too."""
    rows = heard_from(messages, CLICKED).annotate(link=Cast(KT("data__link"), BigIntegerField()))
    per_link = dict(counted(rows.exclude(link=None), "link")[:MOST_LINKS])
    contents = messages.order_by().values("content_type", "content_id").distinct()[:FEW]
    there = Q(pk__in=list(per_link))
    for one in contents:
        there |= Q(content_type=one["content_type"], content_id=one["content_id"])
    links = TrackedLink.objects.filter(there).order_by("pk")[: 2 * MOST_LINKS]
    found = [Line(str(link.pk), link.url, {"clicked": per_link.get(link.pk, Pair())}) for link in links]
    return sorted(found, key=lambda line: -line.of("clicked").all)[:MOST_LINKS]


def by_place(messages: QuerySet[Message]) -> dict[int, Pair]:
    """Place among the links of the mail → who clicked there."""
    rows = heard_from(messages, CLICKED).annotate(place=Cast(KT("data__place"), BigIntegerField())).exclude(place=None)
    return dict(counted(rows, "place"))


def over_time(messages: QuerySet[Message]) -> tuple[list[Moment], bool]:
    """Opens and clicks by the hour, or by the day where there are many hours (True then). Two questions."""
    rows = heard_from(messages, (*OPENED, *CLICKED))
    span = rows.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
    by_day = bool(span["first"]) and span["last"] - span["first"] > timedelta(hours=MOST_HOURS)
    step = TruncDay("occurred_at") if by_day else TruncHour("occurred_at")
    found: dict[datetime, dict[str, Pair]] = defaultdict(dict)
    for at, kind, pair in counted(rows.annotate(at=step), "at", "kind"):
        found[at][NAME_OF[kind]] = pair
    moments = [Moment(at, one.get("opened", Pair()), one.get("clicked", Pair())) for at, one in sorted(found.items())]
    return _drawn(moments[-MOST_POINTS:], timedelta(days=1) if by_day else timedelta(hours=1)), by_day


def people(subject: MarketingEmail | Send, name: str, wanted: Mapping[str, str]) -> QuerySet[Message]:
    """The messages behind a number. `wanted`: variant, domain, segment, version; of opens and clicks link, place, device,
    client, system, country, or at (with by=day).

    Raises LookupError where there is no such number, ValueError where what is wanted cannot be read.
    """
    messages = messages_of(subject)
    if variant := wanted.get("variant"):
        messages = messages.filter(variant=variant)
    if domain := wanted.get("domain"):
        messages = messages.annotate(domain=_domain()).filter(domain=domain)
    if version := wanted.get("version"):
        messages = messages.filter(content_version=int(version))
    if (segment := wanted.get("segment")) and isinstance(subject, Send):
        members = SendMember.objects.filter(send=subject, segment=int(segment))
        messages = messages.filter(contact__in=members.values("contact"))
    hits = _hits(wanted)
    if hits is None or name.removesuffix("_all") not in HITS_OF:
        return messages_with(messages, name)
    rows = hits.filter(message=OuterRef("pk"), kind__in=HITS_OF[name.removesuffix("_all")])
    return messages.filter(Exists(rows if name.endswith("_all") else rows.filter(HUMAN)))


def _hits(wanted: Mapping[str, str]) -> QuerySet[Interaction] | None:
    """The opens and clicks that are wanted, where they are narrowed by what only the log knows."""
    narrow = [Q(**{f"data__{key}": int(wanted[key])}) for key in ("link", "place") if wanted.get(key)]
    for name, column in HIT_COLUMNS.items():
        if said := wanted.get(name):
            unknown = Q(**{f"{column}__isnull": True}) | Q(**{column: ""})
            narrow.append(unknown if said == NOT_KNOWN else Q(**{column: said}))
    if at := wanted.get("at"):
        begin = datetime.fromisoformat(at)
        end = begin + (timedelta(days=1) if wanted.get("by") == "day" else timedelta(hours=1))
        narrow.append(Q(occurred_at__gte=begin, occurred_at__lt=end))
    return Interaction.objects.filter(*narrow) if narrow else None


def _lines(messages: QuerySet[Message], group: Any) -> dict[str, Line]:
    """One question, whatever the number of groups."""
    found: dict[str, Line] = {}
    states = messages.annotate(part=group).order_by().values_list("part", "status", "heard").annotate(n=Count("pk"))
    for part, status, heard, n in states:
        found.setdefault(part, Line(part, part)).add(status, heard, n)
    return found


def heard_from(messages: QuerySet[Message], kinds: tuple[str, ...]) -> QuerySet[Interaction]:
    return Interaction.objects.filter(message__in=messages.order_by().values("pk"), kind__in=kinds)


def counted(rows: QuerySet[Interaction], *by: str) -> list[Any]:
    """(…by, how many messages), the largest groups first."""
    counts = {
        "every": Count("message", distinct=True),
        "human": Count("message", distinct=True, filter=HUMAN),
    }
    grouped: Any = rows.order_by().values_list(*by)
    found = grouped.annotate(**counts).order_by("-every", *by)
    return [(*row[: len(by)], Pair(*row[len(by) :])) for row in found[:MOST_GROUPS]]


def _domain() -> Any:
    address = F("address")
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
