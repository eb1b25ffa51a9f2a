"""What the page of a segment shows beside its members: its size over time, who its people are, how two overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDay
from django.utils.translation import gettext as _

from crm.access.depths import Depth, depth_of
from crm.countries import country_name
from crm.delivery.channels import way
from crm.delivery.eligibility import COMMERCIAL, SHARED, preview, reason_for_contact
from crm.models import Contact, Interaction, User
from crm.rules.columns import among
from marketing.models import Engagement, Segment, SegmentMember, SegmentSize

FEW = 8
MOST_HOURS = 72
"""More hours than that are folded into days."""
MOST_POINTS = 400
WENT = ("segment.entered", "segment.left")


@dataclass(frozen=True)
class Point:
    """How many were in at the end of an hour or a day, and who came and went in it. x, width and height are per cent of the picture."""

    at: datetime
    members: int
    entered: int
    left: int
    x: float = 0
    width: float = 0
    height: float = 0


@dataclass(frozen=True)
class OverTime:
    points: Sequence[Point]
    by_day: bool


def over_time(segment: Segment) -> OverTime:
    """Its size by the hour, or by the day where there are many hours; the last 400 of them."""
    rows = SegmentSize.objects.filter(segment=segment)
    span = rows.aggregate(first=Min("hour"), last=Max("hour"))
    by_day = bool(span["first"]) and span["last"] - span["first"] > timedelta(hours=MOST_HOURS)
    return OverTime(_drawn(_by_day(rows) if by_day else _by_hour(rows)), by_day)


def _by_hour(rows: QuerySet[SegmentSize]) -> list[Point]:
    found = rows.order_by("-hour").values_list("hour", "members", "entered", "left")[:MOST_POINTS]
    return [Point(*one) for one in reversed(found)]


def _by_day(rows: QuerySet[SegmentSize]) -> list[Point]:
    days = (
        rows.annotate(day=TruncDay("hour"))
        .values("day")
        .annotate(came=Sum("entered"), went=Sum("left"), last=Max("hour"))
        .order_by("-day")[:MOST_POINTS]
    )
    kept = list(reversed(days))
    sizes = dict(rows.filter(hour__in=[day["last"] for day in kept]).values_list("hour", "members"))
    return [Point(day["day"], sizes[day["last"]], day["came"], day["went"]) for day in kept]


def _drawn(points: Sequence[Point]) -> list[Point]:
    most = max((point.members for point in points), default=0) or 1
    width = 100 / (len(points) or 1)
    return [
        Point(
            point.at, point.members, point.entered, point.left,
            round(at * width, 3), round(width * 0.86, 3), round(point.members * 36 / most, 3),
        )
        for at, point in enumerate(points)
    ]  # fmt: skip


def comings_and_goings(segment: Segment, user: Any) -> QuerySet[Interaction]:
    """Who entered and who left, the last first; only people whom the user sees."""
    rows = Interaction.objects.filter(source_type="marketing.segment", source_id=segment.pk, kind__in=WENT)
    seen = rows.filter(contact__in=Contact.objects.visible_to(user).values("pk"))
    return seen.select_related("contact").order_by("-occurred_at", "-pk")


# Who they are


def people_of(segment: Segment, user: Any) -> QuerySet[Contact]:
    """The contacts in it whom the user may see."""
    inside = SegmentMember.objects.filter(segment=segment)
    return Contact.objects.visible_to(user).filter(among("pk", inside, "contact_id"))


def visible_count(segment: Segment, user: Any) -> int | None:
    """How many of its people the user may see; None where that is all of them by right."""
    if depth_of(user, "crm.contact", "view") == Depth.ALL:
        return None
    return people_of(segment, user).order_by().count()


@dataclass(frozen=True)
class Slice:
    """A number and what it counts. `key` finds its people on the page of members: ?by=country&is=IN."""

    label: str
    people: int
    share: int
    key: str


@dataclass(frozen=True)
class Insight:
    name: str
    title: str
    slices: Sequence[Slice]


def insights(segment: Segment, user: Any, now: datetime) -> list[Insight]:
    """One query for each."""
    people = people_of(segment, user).order_by()
    return [
        Insight("country", _("Countries"), _top(people, "country", country_name)),
        Insight("owner", _("Owners"), _owners(people)),
        Insight("industry", _("Industries of their companies"), _top(people, "account__industry", str)),
        Insight("engagement", _("Engagement with emails"), _engagement(people, now)),
        Insight("mail", _("Who can be mailed"), _mail(people)),
    ]


def _counted(people: QuerySet[Contact], column: str) -> list[tuple[Any, int]]:
    return list(people.values_list(column).annotate(n=Count("pk")).order_by("-n", column)[:FEW])


def _top(people: QuerySet[Contact], column: str, label: Callable[[Any], str]) -> list[Slice]:
    found: dict[str, int] = {}
    for key, n in _counted(people, column):
        found[key or ""] = found.get(key or "", 0) + n
    return _slices([(label(key) if key else _("Not known"), n, key or "-") for key, n in found.items()])


def _owners(people: QuerySet[Contact]) -> list[Slice]:
    found = _counted(people, "owner")
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=[key for key, _n in found if key])}
    return _slices([(names.get(key) or _("Nobody"), n, str(key or "-")) for key, n in found])


def _engaged(now: datetime) -> dict[str, tuple[str, Q]]:
    return {
        f"{verb}-{days}": (label % days, Q(**{f"_{verb}__gte": now - timedelta(days=days)}))
        for verb, label in (("opened", _("Opened in the last %s days")), ("clicked", _("Clicked in the last %s days")))
        for days in (30, 90)
    } | {"never": (_("Never opened or clicked"), Q(_opened=None, _clicked=None))}


def _with_engagement(people: QuerySet[Contact]) -> QuerySet[Contact]:
    own = Engagement.objects.filter(pk=OuterRef("pk"))
    return people.annotate(
        _opened=Subquery(own.values("opened_at")[:1]), _clicked=Subquery(own.values("clicked_at")[:1])
    )


def _engagement(people: QuerySet[Contact], now: datetime) -> list[Slice]:
    ways = _engaged(now)
    marks = {f"n{at}": Count("pk", filter=condition) for at, (_label, condition) in enumerate(ways.values())}
    found = _with_engagement(people).aggregate(**marks)
    return _slices([(label, found[f"n{at}"], key) for at, (key, (label, _q)) in enumerate(ways.items())])


def _mail(people: QuerySet[Contact]) -> list[Slice]:
    audience = preview(people)
    lines = [(_("Would get an email now"), audience.will_get, "yes")]
    return _slices(lines + [(reason, n, reason) for reason, n in audience.left_out])


def _slices(lines: Sequence[tuple[str, int, str]]) -> list[Slice]:
    most = max((n for _label, n, _key in lines), default=0) or 1
    return [Slice(label, n, n * 100 // most, key) for label, n, key in lines]


def narrowed(people: QuerySet[Contact], by: str, key: str, now: datetime) -> QuerySet[Contact] | None:
    """Those whom a number of the insights counts; None where there is no such number."""
    if by == "country":
        return people.filter(country="" if key == "-" else key)
    if by == "industry":
        unknown = Q(account=None) | Q(account__industry="")
        return people.filter(unknown if key == "-" else Q(account__industry=key))
    if by == "owner" and (key == "-" or key.isdigit()):
        return people.filter(owner=None if key == "-" else int(key))
    if by == "engagement" and key in (ways := _engaged(now)):
        return _with_engagement(people).filter(ways[key][1])
    if by == "mail":
        why_not: QuerySet[Any] = people.annotate(why_not=reason_for_contact("email", COMMERCIAL, None, now))
        return _mailed(why_not) if key == "yes" else _left_out(why_not, key)
    return None


def _first_of_each(why_not: QuerySet[Any]) -> QuerySet[Any]:
    address = way("email").address
    return why_not.filter(why_not="").order_by().values(address).annotate(first=Min("pk")).values("first")


def _mailed(why_not: QuerySet[Any]) -> QuerySet[Any]:
    return why_not.filter(pk__in=_first_of_each(why_not))


def _left_out(why_not: QuerySet[Any], reason: str) -> QuerySet[Contact]:
    if reason == SHARED:
        return why_not.filter(why_not="").exclude(pk__in=_first_of_each(why_not))
    return why_not.filter(why_not=reason)


# Two segments beside each other


PARTS = ("only_a", "both", "only_b")


@dataclass(frozen=True)
class Overlap:
    """How many are in both, and only in one or the other."""

    only_a: int
    both: int
    only_b: int

    @property
    def a(self) -> int:
        return self.only_a + self.both

    @property
    def b(self) -> int:
        return self.both + self.only_b

    @property
    def all(self) -> int:
        return self.only_a + self.both + self.only_b


def overlap(a: Segment, b: Segment, user: Any) -> Overlap:
    """In one statement over the members of both, as far as the user may see them."""
    rows = SegmentMember.objects.filter(segment__in=[a.pk, b.pk])
    if depth_of(user, "crm.contact", "view") != Depth.ALL:
        rows = rows.filter(contact__in=Contact.objects.visible_to(user).values("pk"))
    both = Q(first=F("last"))
    each = (
        rows.order_by()
        .values("contact")
        .annotate(first=Min("segment"), last=Max("segment"))
        .aggregate(
            both=Count("contact", filter=~both),
            only_a=Count("contact", filter=both & Q(first=a.pk)),
            only_b=Count("contact", filter=both & Q(first=b.pk)),
        )
    )
    return Overlap(each["only_a"], each["both"], each["only_b"])


def people_in_part(a: Segment, b: Segment, part: str, user: Any) -> QuerySet[Contact]:
    """`part` is one of PARTS."""
    in_a = among("pk", SegmentMember.objects.filter(segment=a), "contact_id")
    in_b = among("pk", SegmentMember.objects.filter(segment=b), "contact_id")
    which = {"only_a": in_a & ~in_b, "both": in_a & in_b, "only_b": in_b & ~in_a}[part]
    return Contact.objects.visible_to(user).filter(which).order_by("last_name", "first_name", "pk")
