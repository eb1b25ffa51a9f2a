"""What happened with somebody: the interaction log and the activities, as one line of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.access.depths import within_reach
from crm.log import kinds
from crm.models import Account, Activity, Contact, Interaction, Record
from crm.queries.sketches import Sketch, sketches

PER_PAGE = 30
MACHINES = ("prefetch", "scanner", "bot")
ACTIVITY_ICONS = {"task": "checkbox", "call": "phone", "appointment": "calendar-event", "email": "mail", "note": "note"}


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


@dataclass
class Happening:
    """One line of the timeline. `times` counts like things folded into one; `activity` is set where it is one."""

    at: datetime
    icon: str
    title: str
    about: str = ""
    url: str = ""
    body: str = ""
    actor: Any = None
    is_behaviour: bool = False
    is_machine: bool = False
    times: int = 1
    activity: Activity | None = None
    facts: list[str] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        return bool(self.activity and self.activity.is_late)

    @property
    def day(self) -> Any:
        return timezone.localdate(self.at)


@dataclass(frozen=True)
class TimelinePage:
    """A page of happenings, newest first; `before` continues it. Open activities stand apart, the earliest first."""

    open: list[Happening]
    happenings: list[Happening]
    before: str


def timeline_of(record: Model, user: Any, before: str = "", limit: int = PER_PAGE) -> TimelinePage:
    """The newest `limit` happenings before a moment (ISO, as a page's `before` gives it)."""
    subject = Subject.of(record)
    moment = parse_datetime(before) if before else None
    interactions = _interactions_of(subject)
    activities = _activities_of(subject, user)
    done = activities.exclude(status=Activity.Status.OPEN)
    if moment:
        interactions = interactions.filter(occurred_at__lt=moment)
        done = done.filter(done_at__lt=moment)
    rows = _told(list(interactions.order_by("-occurred_at", "-pk")[: limit + 1]), user)
    rows += [_from_activity(activity, subject) for activity in done.order_by("-done_at", "-pk")[: limit + 1]]
    rows.sort(key=lambda row: row.at, reverse=True)
    shown = rows[:limit]
    more = shown[-1].at.isoformat() if len(rows) > limit else ""
    waiting = [] if moment else list(activities.filter(status=Activity.Status.OPEN).order_by("due_at", "pk")[:20])
    return TimelinePage([_from_activity(a, subject) for a in waiting], _folded(shown), more)


def _interactions_of(subject: Subject) -> QuerySet[Interaction]:
    """Log rows of the contact, else of the account. What an activity tells is told by the activity itself."""
    rows = Interaction.objects.exclude(kind="activity.done").select_related("actor")
    if subject.contact:
        return rows.filter(contact=subject.contact)
    if subject.account:
        return rows.filter(account=subject.account)
    return rows.none()


def _activities_of(subject: Subject, user: Any) -> QuerySet[Activity]:
    on = ContentType.objects.get_for_model(subject.record)
    mine = Q(regarding_type=on, regarding_id=subject.record.pk)
    if subject.contact:
        mine |= Q(contact=subject.contact)
    elif subject.account:
        mine |= Q(account=subject.account)
    # On her own page all but a few are hers, so her many columns are not read again with each of them
    beside = () if subject.contact else ("contact",)
    return Activity.objects.visible_to(user).filter(mine).select_related("owner", *beside)


def _told(rows: list[Interaction], user: Any) -> list[Happening]:
    """What a person did is hers and told whole; what was done on a record that the reader may not see is told without it."""
    found = sketches({(row.source_type, row.source_id) for row in rows if row.source_id}, partial(_within_sight, user))
    return [_told_one(row, found.get((row.source_type, row.source_id or 0))) for row in rows]


def _told_one(row: Interaction, source: Sketch | None) -> Happening:
    hers = kinds.known(row.kind) and kinds.get(row.kind).is_behaviour
    return _from_interaction(row, source) if hers or source is None or source.is_seen else _without_its_record(row)


def _within_sight(user: Any, model: Any) -> QuerySet | None:
    """Records within the reader's reach; that one rests in the bin is no reason to hide what was done."""
    return within_reach(model._base_manager.all(), user, "view") if issubclass(model, Record) else None


def address_of(record: Any) -> str:
    """The page of a record, or "" where it has none, or rests in the bin."""
    if getattr(record, "deleted_at", None):
        return ""
    try:
        return record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
    except NoReverseMatch:
        return ""


def _from_interaction(row: Interaction, source: Sketch | None) -> Happening:
    kind = kinds.get(row.kind) if kinds.known(row.kind) else None
    title, url = str(row.data.get("title", "")), ""
    if source is not None:
        title, url = str(source.record), address_of(source.record)
    return Happening(
        at=row.occurred_at,
        icon=kind.icon if kind else "point",
        title=kind.label if kind else row.kind,
        about=title,
        url=url,
        body=str(row.data.get("text", "")),
        actor=row.actor,
        is_behaviour=bool(kind and kind.is_behaviour),
        is_machine=row.verdict in MACHINES,
        facts=_facts(row.data),
    )


def _without_its_record(row: Interaction) -> Happening:
    kind = kinds.get(row.kind) if kinds.known(row.kind) else None
    return Happening(
        at=row.occurred_at,
        icon=kind.icon if kind else "point",
        title=kind.label if kind else row.kind,
        about=_("on a record you may not see"),
    )


def _facts(data: dict[str, Any]) -> list[str]:
    """What the log says for a reader: `reasons` (a score's) and `url` (a click's)."""
    reasons = data.get("reasons") or []
    facts = [str(reason) for reason in reasons] if isinstance(reasons, list) else []
    return [*facts, *([str(data["url"])] if data.get("url") else [])]


def _from_activity(activity: Activity, subject: Subject) -> Happening:
    is_hers = subject.contact is not None and activity.contact_id == subject.contact.pk
    about = "" if is_hers or not activity.contact else str(activity.contact)
    moment = activity.done_at or activity.due_at or activity.created_at
    return Happening(
        at=moment,
        icon=ACTIVITY_ICONS[activity.kind],
        title=activity.subject,
        about=about,
        body=activity.body,
        actor=activity.owner,
        activity=activity,
        facts=[activity.outcome] if activity.outcome else [],
    )


def _folded(rows: list[Happening]) -> list[Happening]:
    """Neighbours of one day that say the same become one line with a count."""
    told: list[Happening] = []
    for row in rows:
        last = told[-1] if told else None
        if last and not row.activity and _key(last) == _key(row):
            last.times += 1
        else:
            told.append(row)
    return told


def _key(row: Happening) -> tuple:
    return (row.day, row.title, row.about, row.is_machine, row.body, tuple(row.facts), row.activity and row.activity.pk)
