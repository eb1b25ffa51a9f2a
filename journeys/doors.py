"""The door of a journey: who may come in again, who never, when it stands open, and how many an hour. Read from the entry's params."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from crm.zones import clock_of

AGAIN = [
    ("never", "Never: everybody once"),
    ("after_leaving", "After they have left"),
    ("after_days", "Some days after they have left"),
    ("always", "Always, even while inside"),
]
PERIODS = [("hour", "an hour"), ("day", "a day")]
LATE = 10
"""Seconds that a turn may be given late and still be made up for; the distance between two turns allows for it, so that no
hour sees more than was asked for."""


@dataclass(frozen=True)
class Door:
    """`again` is one of AGAIN, with `days` where it counts them. `rate` people a `per` are let in, 0 means: no limit;
    `weekdays` (0 is Monday) and the hours from `opens` to `closes` are those where our company is; empty means always.
    """

    again: str = "never"
    days: int = 0
    without: tuple[int, ...] = ()
    pulls_out: bool = False
    rate: int = 0
    per: str = "hour"
    weekdays: tuple[int, ...] = ()
    opens: time | None = None
    closes: time | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @classmethod
    def of(cls, params: dict[str, Any]) -> Door:
        """Of the params of any entry that was judged."""
        return cls(
            again=params.get("again", "never"),
            days=params.get("days", 0),
            without=tuple(params.get("without", ())),
            pulls_out=bool(params.get("pull_out")),
            rate=params.get("rate", 0),
            per=params.get("per", "hour"),
            weekdays=tuple(int(day) for day in params.get("weekdays", ())),
            opens=_time(params.get("opens")),
            closes=_time(params.get("closes")),
            starts_at=moment(params.get("starts_at")),
            ends_at=moment(params.get("ends_at")),
        )

    @property
    def is_paced(self) -> bool:
        """Do people wait for a turn, by rate, weekday or hour?"""
        return bool(self.rate or self.weekdays or self.opens or self.closes)

    def is_over(self, now: datetime) -> bool:
        """Has its window closed? Who is inside goes on."""
        return self.ends_at is not None and now >= self.ends_at

    @property
    def gap(self) -> float:
        """Seconds between two turns, so that the people of a day are spread over its open hours. 0 where there is no rate."""
        return (self._period + LATE) / self.rate if self.rate else 0.0

    @property
    def _period(self) -> float:
        if self.per == "hour":
            return 3600.0
        opens, closes = self.opens or time.min, self.closes
        end = closes.hour * 3600 + closes.minute * 60 if closes else 86400
        return float(end - opens.hour * 3600 - opens.minute * 60)

    def next_opening(self, now: datetime, zone: str) -> datetime:
        """`now` where it stands open in `zone`, else the moment when it opens next."""
        clock = clock_of(zone)
        local = now.astimezone(clock)
        for ahead in range(9):
            day = local.date() + timedelta(days=ahead)
            opens = datetime.combine(day, self.opens or time.min, clock)
            closes = datetime.combine(day, self.closes, clock) if self.closes else None
            if (not self.weekdays or day.weekday() in self.weekdays) and (closes is None or local < closes):
                return max(now, opens.astimezone(now.tzinfo))
        raise ValueError(
            "This door never opens."
        )  # a form refuses closes ≤ opens, and weekdays come round in eight days


def moment(stored: Any) -> datetime | None:
    """A stored moment (ISO, with its offset from UTC)."""
    return parse_datetime(stored) if isinstance(stored, str) else None


def _time(stored: Any) -> time | None:
    return time.fromisoformat(stored) if stored else None
