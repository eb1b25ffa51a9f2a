"""Rules of recurrence (RRULE, RFC 5545): made from what a person chose, told in words, counted on the clock of a zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _
from icalendar import vRecur

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


@dataclass(frozen=True)
class Repeat:
    """What was chosen: every `every` days, weeks, months or years; on these `days` of the week; until a day, or so many times."""

    frequency: str
    every: int = 1
    days: tuple[str, ...] = ()
    until: date | None = None
    count: int | None = None

    @property
    def rule(self) -> str:
        """The RRULE. `until` is the end of that day on the clock of the series."""
        parts: dict[str, Any] = {"FREQ": self.frequency, "INTERVAL": self.every}
        if self.days:
            parts["BYDAY"] = [day for day in DAYS if day in self.days]
        if self.until:
            parts["UNTIL"] = datetime.combine(self.until, time(23, 59, 59))
        if self.count:
            parts["COUNT"] = self.count
        return str(vRecur(parts).to_ical().decode())

    @classmethod
    def of(cls, rule: str) -> Repeat:
        parts = vRecur.from_ical(rule)
        first = {name.upper(): value[0] for name, value in parts.items()}
        until = first.get("UNTIL")
        days = tuple(str(day) for day in parts.get("BYDAY", []))
        until_day = until.date() if isinstance(until, datetime) else until
        return cls(str(first["FREQ"]), int(first.get("INTERVAL", 1)), days, until_day, first.get("COUNT"))

    @property
    def words(self) -> str:
        """“every 2 weeks on Mon, Wed, 10 times”"""
        units = {"DAILY": (_("every day"), _("every %d days")), "WEEKLY": (_("every week"), _("every %d weeks")),
                 "MONTHLY": (_("every month"), _("every %d months")), "YEARLY": (_("every year"), _("every %d years"))}  # fmt: skip
        one, many = units[self.frequency]
        named = {
            "MO": _("Mon"),
            "TU": _("Tue"),
            "WE": _("Wed"),
            "TH": _("Thu"),
            "FR": _("Fri"),
            "SA": _("Sat"),
            "SU": _("Sun"),
        }
        said = one if self.every == 1 else many % self.every
        said += f" {_('on')} {', '.join(named[day] for day in self.days)}" if self.days else ""
        said += ", " + _("until %s") % f"{self.until:%-d %b %Y}" if self.until else ""
        return said + (", " + _("%d times") % self.count if self.count else "")  # fmt: skip


def moments(rule: str, starts_at: datetime, zone: str, *, until: datetime) -> Iterator[datetime]:
    """Every occurrence up to `until`, as moments. The rule is counted on the local clock, so that a change to summer time
    moves none of them; an hour that the clocks leave out is told by the clock from before (02:30 becomes 03:30).
    """
    place = ZoneInfo(zone)
    local_start = starts_at.astimezone(place).replace(tzinfo=None)
    last = until.astimezone(place).replace(tzinfo=None)
    for local in rrulestr(rule, dtstart=local_start):
        if local > last:
            return
        yield local.replace(tzinfo=place)


def told_to_calendars(rule: str, zone: str) -> vRecur:
    """The rule as a calendar file has it: where it ends is a moment in UTC (RFC 5545, 3.3.10)."""
    parts = vRecur.from_ical(rule)
    if "UNTIL" in parts:
        parts["UNTIL"] = [parts["UNTIL"][0].replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)]
    return parts


def without_after(repeat: Repeat, day: date) -> Repeat:
    """The same, ending on the day before."""
    return Repeat(repeat.frequency, repeat.every, repeat.days, day - timedelta(days=1))


def weekday(moment: datetime) -> str:
    return DAYS[moment.weekday()]
