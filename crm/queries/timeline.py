"""What happened with somebody: the interaction log, the activities and, where asked for, the changes, as one line of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from crm.log import kinds
from crm.models import Account, Activity, Contact, Interaction
from crm.queries.happenings import Happening, folded, from_activity, from_change, from_interactions
from crm.queries.history import history_of
from crm.queries.letters import tell_results

PER_PAGE = 30
MOST_PEOPLE = 300
"""So many of an account's people are told of, those who were active last: more would not be read, and cost more to read."""
SENT_BY = ("Email", "SMS")
TOLD_BY_ACTIVITIES = ("activity.done", "email.replied")
"""What the activity itself tells; of what a person did, a reply is part."""
UNDONE = (Activity.Status.OPEN, Activity.Status.WAITING)


class Stream(models.TextChoices):
    """What a reader asks for: `""` is what happened, without the changes of fields."""

    HAPPENED = "", _("What happened")
    ALL = "all", _("Everything, changes too")
    ACTIVITIES = "activities", _("Activities")
    MESSAGES = "messages", _("Messages")
    HERS = "hers", _("What they did")
    CHANGES = "changes", _("Changes")


@dataclass(frozen=True)
class Subject:
    """Whose timeline: the record, and the contact and account behind it."""

    record: Model
    contact: Contact | None
    account: Account | None

    @classmethod
    def of(cls, record: Any) -> Subject:
        if isinstance(record, Contact):
            return cls(record, record, None)
        if isinstance(record, Account):
            return cls(record, None, record)
        return cls(record, getattr(record, "contact", None), getattr(record, "account", None))

    @property
    def label(self) -> str:
        return f"{self.record._meta.label_lower}:{self.record.pk}"


@dataclass(frozen=True)
class Mark:
    """A place in the stream: after the first `told` lines of a moment. Many lines may have one moment, as an import writes them."""

    moment: datetime | None = None
    told: int = 0

    @classmethod
    def read(cls, text: str) -> Mark:
        """Of what `str` wrote, and of a bare moment; anything else is the beginning."""
        moment, _tilde, told = text.partition("~")
        try:
            found = parse_datetime(moment)
        except ValueError:
            found = None
        if found is None or timezone.is_naive(found):
            return cls()
        return cls(found, int(told) if told.isascii() and told.isdigit() and len(told) < 7 else 0)

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}~{self.told}" if self.moment else ""

    def after(self, shown: list[Happening]) -> Mark:
        moment = shown[-1].at
        same = sum(1 for row in shown if row.at == moment)
        return Mark(moment, same + (self.told if moment == self.moment else 0))


@dataclass(frozen=True)
class TimelinePage:
    """A page of happenings, newest first; `before` continues it. Open activities stand apart, the earliest first."""

    open: list[Happening]
    happenings: list[Happening]
    before: str


@dataclass(frozen=True)
class _Asked:
    """One reading: how many rows, of which moment and before, with which words."""

    subject: Subject
    user: Any
    stream: str
    words: str
    until: datetime | None
    count: int
    people: list[int]


def timeline_of(
    record: Model, user: Any, before: str = "", limit: int = PER_PAGE, *, stream: str = "", words: str = ""
) -> TimelinePage:
    """The newest `limit` happenings before a mark (as a page's `before` gives it): of one stream, with these words in them."""
    subject, mark = Subject.of(record), Mark.read(before)
    is_account = isinstance(record, Account)
    asked = _Asked(
        subject,
        user,
        stream,
        words.strip()[:100],
        mark.moment,
        limit + 1 + mark.told,
        _people_of(record, user) if is_account else [],
    )
    rows = [row for read in READERS[stream] for row in read(asked)]
    rows.sort(key=lambda row: row.at, reverse=True)
    shown, more = rows[mark.told :][:limit], len(rows) > mark.told + limit
    is_first = mark.moment is None and stream in (Stream.HAPPENED, Stream.ALL, Stream.ACTIVITIES) and not words
    waiting = _activities_of(asked).filter(status__in=UNDONE).order_by("due_at", "pk")[:20] if is_first else []
    opened = [from_activity(activity, subject.contact) for activity in waiting]
    tell_results([*opened, *shown])
    return TimelinePage(opened, folded(shown), str(mark.after(shown)) if more else "")


def mark_new(page: TimelinePage, since: datetime | None, reader: Any) -> int:
    """Mark what others did after `since`; answers how many lines that are."""
    for row in page.happenings:
        row.is_new = bool(since and row.at > since and row.actor != reader)
    return sum(row.times for row in page.happenings if row.is_new)


def _people_of(account: Any, user: Any) -> list[int]:
    """Those the reader may see. As a list: with the ids in the SQL the planner takes the index of each, and not the whole log."""
    newest = F("last_active_at").desc(nulls_last=True)
    people = Contact.objects.visible_to(user).filter(account=account).order_by(newest, "pk")
    return list(people.values_list("pk", flat=True)[:MOST_PEOPLE])


def _interactions(asked: _Asked) -> list[Happening]:
    """Log rows of the contact, else of the account and its people. What an activity tells is told by the activity itself."""
    told_beside = TOLD_BY_ACTIVITIES[:1] if asked.stream == Stream.HERS else TOLD_BY_ACTIVITIES
    subject, rows = asked.subject, Interaction.objects.exclude(kind__in=told_beside).select_related("actor")
    if subject.contact:
        rows = rows.filter(contact=subject.contact)
    elif subject.account:
        rows = rows.filter(Q(account=subject.account) | Q(contact__in=asked.people)).select_related("contact")
    else:
        return []
    if asked.stream == Stream.HERS:
        rows = rows.filter(kind__in=[kind.name for kind in kinds.all_kinds() if kind.is_behaviour])
    elif asked.stream == Stream.MESSAGES:
        rows = rows.filter(kind__in=[kind.name for kind in kinds.all_kinds() if kind.group in SENT_BY])
    if asked.until:
        rows = rows.filter(occurred_at__lte=asked.until)
    if asked.words:
        named = [kind.name for kind in kinds.all_kinds() if asked.words.lower() in str(kind.label).lower()]
        said = rows.annotate(
            said=Cast("data", models.TextField())
        )  # rows of one subject are few enough to look through
        rows = said.filter(Q(said__icontains=asked.words) | Q(kind__in=named))
    read = list(rows.order_by("-occurred_at", "-pk")[: asked.count])
    return from_interactions(read, asked.user, asked.people)


def _activities(asked: _Asked) -> list[Happening]:
    rows = _activities_of(asked).exclude(status__in=UNDONE)
    if asked.stream == Stream.MESSAGES:
        rows = rows.filter(kind=Activity.Kind.EMAIL)
    if asked.until:
        rows = rows.filter(done_at__lte=asked.until)
    if asked.words:
        said = {"subject__icontains": asked.words, "body__icontains": asked.words, "outcome__icontains": asked.words}
        rows = rows.filter(Q(**said, _connector=Q.OR))
    return [from_activity(row, asked.subject.contact) for row in rows.order_by("-done_at", "-pk")[: asked.count]]


def _activities_of(asked: _Asked) -> QuerySet[Activity]:
    subject = asked.subject
    on = ContentType.objects.get_for_model(subject.record)
    mine = Q(regarding_type=on, regarding_id=subject.record.pk)
    for earlier in getattr(subject.record, "grown_from", ()):
        mine |= Q(regarding_type=ContentType.objects.get_for_model(earlier), regarding_id=earlier.pk)
    if subject.contact:
        mine |= Q(contact=subject.contact)
    elif subject.account:
        mine |= Q(account=subject.account) | Q(contact__in=asked.people)
    # On her own page all but a few are hers, so her many columns are not read again with each of them
    beside = () if subject.contact else ("contact",)
    return Activity.objects.visible_to(asked.user).filter(mine).select_related("owner", *beside)


def _changes(asked: _Asked) -> list[Happening]:
    events = history_of(
        asked.subject.record, asked.user, until=asked.until, words=asked.words, limit=asked.count
    ).events
    return [from_change(event) for event in events]


Reader = Callable[[_Asked], list[Happening]]
READERS: dict[str, tuple[Reader, ...]] = {
    Stream.HAPPENED: (_interactions, _activities),
    Stream.ALL: (_interactions, _activities, _changes),
    Stream.ACTIVITIES: (_activities,),
    Stream.MESSAGES: (_interactions, _activities),
    Stream.HERS: (_interactions,),
    Stream.CHANGES: (_changes,),
}
