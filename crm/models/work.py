"""What a job over many rows has in common with every other: whose it is, how far it has come, how long it will take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models

from crm.access.depths import Depth, depth_of, teams_below


class WorkQuerySet(models.QuerySet):
    """Whose work one sees: it belongs to its `owner`, who started it."""

    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def editable_by(self, user: Any) -> Self:
        return self.reachable_by(user, "change")

    def reachable_by(self, user: Any, verb: str) -> Self:
        match depth_of(user, self.model._meta.label_lower, verb):
            case Depth.ALL:
                return self
            case Depth.NONE:
                return self.none()
            case Depth.OWN:
                return self.filter(owner=user)
            case _:
                return self.filter(models.Q(owner=user) | models.Q(owner__team__in=teams_below(user)))


class Progress:
    """How far it is. The model has these columns; in a status of `WORKING` a job carries it on (crm/carrying.py)."""

    WORKING: ClassVar[Sequence[str]]
    status: Any
    total: Any
    handled: Any
    started_at: Any
    finished_at: Any

    @property
    def is_working(self) -> bool:
        return self.status in self.WORKING

    @property
    def percent(self) -> int:
        return min(100, 100 * self.handled // self.total) if self.total else 0

    def rate(self, now: datetime) -> float:
        """Rows a second since it began."""
        until = self.finished_at or now
        seconds = (until - self.started_at).total_seconds() if self.started_at else 0
        return self.handled / seconds if seconds > 0 else 0.0

    def time_left(self, now: datetime) -> timedelta | None:
        """How long it will still take at this rate; None while nobody can know."""
        rate = self.rate(now)
        return timedelta(seconds=round((self.total - self.handled) / rate)) if rate and self.is_working else None
