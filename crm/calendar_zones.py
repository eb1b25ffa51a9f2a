"""The clock of a zone as a calendar file tells it (VTIMEZONE, RFC 5545 3.6.5): each change of the clocks, by its day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def zone_part(zone: str, first_year: int, last_year: int) -> Timezone:
    """Right from the first of January of one year to the last of December of the other."""
    place = ZoneInfo(zone)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    part = Timezone()
    part.add("tzid", zone)
    begins = start.astimezone(place)
    offset = begins.utcoffset() or timedelta()
    part.add_component(_observance(begins, offset, [begins.replace(tzinfo=None)]))
    onsets: dict[tuple[timedelta, timedelta], list[datetime]] = defaultdict(list)
    for moment in _changes(place, start, datetime(last_year + 1, 1, 1, tzinfo=UTC)):
        before = (moment - MINUTE).astimezone(place).utcoffset() or timedelta()
        after = moment.astimezone(place).utcoffset() or timedelta()
        onsets[before, after].append(moment)
    for (before, _after), moments in onsets.items():
        told = [(moment + before).replace(tzinfo=None) for moment in moments]
        part.add_component(_observance(moments[0].astimezone(place), before, told))
    return part


def _observance(at: datetime, before: timedelta, onsets: list[datetime]) -> TimezoneStandard | TimezoneDaylight:
    """What the clock shows from `at` on; `onsets` are told on the clock from before, as the standard wants it."""
    part = TimezoneDaylight() if at.dst() else TimezoneStandard()
    part.add("dtstart", onsets[0])
    for onset in onsets[1:]:
        part.add("rdate", onset)
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", at.utcoffset())
    part.add("tzname", at.tzname())
    return part


def _changes(place: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The first minute of each new offset."""
    day = start
    while day < end:
        low, high = day, day + DAY
        if low.astimezone(place).utcoffset() != high.astimezone(place).utcoffset():
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                same = middle.astimezone(place).utcoffset() == low.astimezone(place).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high
        day += DAY
