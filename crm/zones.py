"""Where a reader lives: the time zone that is known of a person, or the likeliest one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.utils.translation import gettext as _

from crm.countries import country_name
from crm.models import Company, Contact

MORNING = time(8, 30)
MOST_PEOPLE = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CD": "Africa/Kinshasa",
    "CL": "America/Santiago", "CN": "Asia/Shanghai", "DE": "Europe/Berlin", "EC": "America/Guayaquil",
    "ES": "Europe/Madrid", "FR": "Europe/Paris", "GB": "Europe/London", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow", "UA": "Europe/Kiev", "US": "America/New_York", "UZ": "Asia/Tashkent", "AR": "America/Buenos_Aires",
}  # fmt: skip
"""Of countries with several time zones, the one most people live in: a morning mail comes in the morning there, and some
hours of the morning or evening off elsewhere."""


@dataclass(frozen=True)
class Zone:
    """An IANA name, and where we know it from, in words."""

    name: str
    why: str


def zone_of(contact: Contact) -> Zone:
    """The person's own zone, else her country's, else the company's."""
    if contact.time_zone:
        return Zone(contact.time_zone, _("their time zone"))
    if found := zone_of_country(contact.country):
        return Zone(found, _("by their country, %s") % country_name(contact.country))
    return Zone(company_zone(), _("our company's, for theirs is not known"))


def company_zone() -> str:
    return Company.objects.values_list("time_zone", flat=True).first() or "UTC"


@cache
def clock_of(zone: str) -> ZoneInfo:
    """UTC where this machine knows no such zone: a strange name that was imported stops nobody's mail."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@cache
def zone_of_country(code: str) -> str:
    """The zone of a country, or that in which most of its people live; "" where that is not known."""
    if code in MOST_PEOPLE:
        return MOST_PEOPLE[code]
    zones = get_global("territory_zones").get(code, [])
    return str(zones[0]) if len(zones) == 1 else ""


def next_morning(zone: str, now: datetime) -> datetime:
    """Half past eight of the next working day there, at the earliest a quarter of an hour from now."""
    place = ZoneInfo(zone)
    day = now.astimezone(place).date()
    while True:
        morning = datetime.combine(day, MORNING, place)
        if day.weekday() < 5 and morning >= now + timedelta(minutes=15):
            return morning
        day += timedelta(days=1)
