"""A rep's day: hot leads first, then what is overdue, due today and next, then deals that close or stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, Exists, F, FloatField, OuterRef, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from crm.models import Activity
from sales.models import Lead, Opportunity
from sales.models.choices import Rating

FEW = 10
FIRST = 4
SOON = timedelta(days=14)
NEXT = timedelta(days=7)

URGENCY = Case(
    When(priority=Activity.Priority.HIGH, then=Value(0)),
    When(priority=Activity.Priority.LOW, then=Value(2)),
    default=Value(1),
)


@dataclass(frozen=True)
class Block:
    """One list of the page: the first ten rows, and how many there are in all."""

    rows: list[Any]
    count: int


@dataclass(frozen=True)
class MyWork:
    new_leads: Block
    overdue: Block
    today: Block
    next: Block
    open_leads: Block
    closing: Block
    stalled: Block

    @property
    def blocks(self) -> list[Block]:
        """In the order of the page."""
        return [
            self.new_leads, self.overdue, self.today, self.next, self.open_leads, self.closing, self.stalled,
        ]  # fmt: skip

    @property
    def is_empty(self) -> bool:
        return not any(block.count for block in self.blocks)

    @property
    def activities(self) -> list[Activity]:
        return [*self.overdue.rows, *self.today.rows, *self.next.rows]

    def keys(self) -> Iterator[str]:
        """“sales.lead:5”, “crm.activity:7” …: every row once, in the order of the page."""
        rows = (row for block in self.blocks for row in block.rows)
        yield from dict.fromkeys(f"{row._meta.label_lower}:{row.pk}" for row in rows)


def my_work(user: Any, now: datetime) -> MyWork:
    """What is this user's own and wants attention. New are leads that nobody has called, written to or noted yet."""
    newest, worked = _leads(user), _worked()
    deals = Opportunity.objects.visible_to(user).open().filter(owner=user).select_related("account", "contact")
    midnight = _midnight(now)
    due = _due(user).annotate(rank=URGENCY).order_by("rank", "due_at", "pk")
    return MyWork(
        new_leads=_block(_hot_first(newest.filter(~worked))),
        overdue=_block(due.filter(due_at__lt=now)),
        today=_block(due.filter(due_at__gte=now, due_at__lt=midnight)),
        next=_block(due.filter(due_at__gte=midnight, due_at__lt=midnight + NEXT).order_by("due_at", "pk")),
        open_leads=_block(newest.filter(worked)),
        closing=_block(deals.filter(estimated_close__lte=timezone.localdate(now) + SOON).order_by("estimated_close", "pk")),
        stalled=_block(deals.stalled(now).order_by("stage_since", "pk")),
    )  # fmt: skip


def first_things(user: Any, now: datetime) -> list[Lead | Activity]:
    """What the day begins with: a few new leads of this user, then what is due until midnight, the longest overdue first."""
    new = _hot_first(_leads(user).filter(~_worked()))[:FIRST]
    due = _due(user).filter(due_at__lt=_midnight(now)).order_by("due_at", "pk")[:FIRST]
    return [*new, *due]


def _leads(user: Any) -> Any:
    leads = Lead.objects.visible_to(user).open().filter(owner=user).select_related("contact", "campaign")
    return leads.order_by("-assigned_at", "-pk")


def _worked() -> Exists:
    about = {"regarding_type": ContentType.objects.get_for_model(Lead), "regarding_id": OuterRef("pk")}
    return Exists(Activity.objects.alive().filter(**about))


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _due(user: Any) -> Any:
    rows = Activity.objects.visible_to(user).filter(owner=user, status=Activity.Status.OPEN)
    return rows.select_related("contact", "account", "regarding_type")


def _hot_first(rows: Any) -> Any:
    """Hot ones, then the highest score, those without one behind; then the newest. A score is a number in `details`."""
    heat = Case(When(rating=Rating.HOT, then=Value(1)), default=Value(0))
    points = Cast(KeyTextTransform("score", "details"), FloatField())
    return rows.annotate(heat=heat, points=points).order_by(
        "-heat", F("points").desc(nulls_last=True), "-assigned_at", "-pk"
    )


def _block(rows: Any) -> Block:
    shown = list(rows[: FEW + 1])
    return Block(shown[:FEW], len(shown) if len(shown) <= FEW else rows.order_by().count())
