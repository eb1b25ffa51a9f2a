"""A rep's day: new leads first, then what is due, then deals that close or stand still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, FloatField, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from crm.models import Activity
from sales.models import Lead, Opportunity

FEW = 10
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Block:
    """One list of the page: the first ten rows, and how many there are in all."""

    rows: list[Any]
    count: int


@dataclass(frozen=True)
class MyWork:
    new_leads: Block
    open_leads: Block
    due: Block
    closing: Block
    stalled: Block

    @property
    def is_empty(self) -> bool:
        return not any(block.count for block in (self.new_leads, self.open_leads, self.due, self.closing, self.stalled))


def my_work(user: Any, now: datetime) -> MyWork:
    """What is this user's own and wants attention. New are leads that nobody has called, written to or noted yet."""
    leads = Lead.objects.visible_to(user).open().filter(owner=user).select_related("contact", "campaign")
    worked = Exists(
        Activity.objects.alive().filter(
            regarding_type=ContentType.objects.get_for_model(Lead), regarding_id=OuterRef("pk")
        )
    )
    newest = leads.order_by("-assigned_at", "-pk")
    deals = Opportunity.objects.visible_to(user).open().filter(owner=user).select_related("account", "contact")
    today = timezone.localdate(now)
    end_of_today = timezone.localtime(now).replace(hour=23, minute=59, second=59)
    due = Activity.objects.visible_to(user).filter(owner=user, status=Activity.Status.OPEN, due_at__lte=end_of_today)
    return MyWork(
        new_leads=_block(_by_score(newest.filter(~worked))),
        open_leads=_block(newest.filter(worked)),
        due=_block(due.select_related("contact", "account").order_by("due_at", "pk")),
        closing=_block(deals.filter(estimated_close__lte=today + SOON).order_by("estimated_close", "pk")),
        stalled=_block(deals.stalled(now).order_by("stage_since", "pk")),
    )


def _by_score(leads: Any) -> Any:
    """The highest score first, those without one behind; then the newest. A score is a number in `details`."""
    return leads.annotate(points=Cast(KeyTextTransform("score", "details"), FloatField())).order_by(
        F("points").desc(nulls_last=True), "-assigned_at", "-pk"
    )


def _block(rows: Any) -> Block:
    shown = list(rows[: FEW + 1])
    return Block(shown[:FEW], len(shown) if len(shown) <= FEW else rows.order_by().count())
