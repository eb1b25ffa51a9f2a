"""Reading the answer to an invitation out of a raw mail (RFC 5546, METHOD:REPLY): who answered what to which appointment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from crm.actions.attendees import set_answer, set_answer_to_series
from crm.calendars import ANSWERS, activity_of_uid
from crm.models import Activity, ActivitySeries, Attendee

LARGEST = 2_000_000
"""Bytes of a mail that is looked into."""


@dataclass(frozen=True)
class Reading:
    """What a mail said. `attendee` is None where nothing was taken from it; `said` tells why, in a sentence."""

    said: str
    attendee: Attendee | None = None


@transaction.atomic
def read_answer(raw: bytes) -> Reading:
    """Take the answer of a mail's calendar part and set it. Never raises for what a stranger may have written.

    An answer to a series counts for its open occurrences; one that names an occurrence (RECURRENCE-ID) for that one. Ignored, with the reason: a mail without a calendar answer, another calendar's appointment, one that is over, somebody who was
    not invited or writes from another address, and an answer to an invitation that has been replaced by a later one.
    """
    if len(raw) > LARGEST:
        return Reading(_("Ignored: the mail is larger than 2 MB."))
    mail = message_from_bytes(raw, policy=policy.default)
    event = _reply_in(mail)
    if event is None:
        return Reading(_("Ignored: there is no calendar answer in this mail."))
    activity, is_for_all = _appointment(event)
    if activity is None:
        return Reading(_("Ignored: it answers no appointment of ours."))
    address, partstat = _answer_in(event)
    sender = parseaddr(str(mail["From"] or ""))[1].lower()
    guest = _guest_of(activity, address, is_for_all=is_for_all)
    if guest is None or sender != address:
        return Reading(
            _("Ignored: %(who)s was not invited to “%(what)s”.") % {"who": sender or _("somebody"), "what": activity}
        )
    return _taken(guest, partstat, _number(event.get("sequence")), is_for_all=is_for_all)


def _taken(guest: Attendee, partstat: str, sequence: int, *, is_for_all: bool) -> Reading:
    activity, answer = guest.activity, ANSWERS.get(partstat)
    if answer is None or answer == Attendee.Answer.WAITING:
        return Reading(_("Ignored: “%s” is no answer.") % partstat)
    if activity.status != Activity.Status.OPEN:
        return Reading(
            _("Ignored: “%(what)s” is already %(state)s.")
            % {"what": activity, "state": activity.get_status_display().lower()}
        )
    if sequence < (guest.sequence or 0):
        return Reading(_("Ignored: %s answered an invitation that has been replaced by a later one.") % guest)
    guest = set_answer_to_series(guest, answer, up_to=sequence) if is_for_all else set_answer(guest, answer)
    told = {"who": guest, "answer": guest.get_answer_display(), "what": activity}
    said = (
        _("%(who)s: %(answer)s, “%(what)s”, all of the series.")
        if is_for_all
        else _("%(who)s: %(answer)s, “%(what)s”.")
    )
    return Reading(said % told, guest)


def _reply_in(mail: EmailMessage) -> Event | None:
    """The event of the first part that is a calendar with METHOD:REPLY."""
    for part in mail.walk():
        if part.get_content_type() not in ("text/calendar", "application/ics"):
            continue
        try:
            calendar = Calendar.from_ical(part.get_payload(decode=True) or b"")
            events = calendar.walk("VEVENT")
        except (ValueError, IndexError, KeyError):
            continue
        if str(calendar.get("method", "")).upper() == "REPLY" and events:
            event: Event = events[0]
            return event
    return None


def _appointment(event: Event) -> tuple[Activity | None, bool]:
    """What it answers, and whether it answers the whole series of it."""
    pk = activity_of_uid(str(event.get("uid", "")))
    if not pk:
        return None, False
    rows = Activity.objects.alive().filter(kind=Activity.Kind.APPOINTMENT).select_related("owner")
    series = ActivitySeries.objects.filter(invited_as=pk).first()
    if series is None:
        return rows.filter(pk=pk).first(), False
    in_series = rows.filter(series=series)
    if "recurrence-id" in event:
        at = _moment(event, series)
        return in_series.filter(recurs_at=at).first() if at else None, False
    upcoming = in_series.filter(status=Activity.Status.OPEN).order_by("recurs_at", "pk")
    return upcoming.first() or in_series.order_by("-recurs_at", "-pk").first(), True


def _moment(event: Event, series: ActivitySeries) -> datetime | None:
    """The occurrence that it names. A time without a zone is on the clock of the series."""
    try:
        at = event.decoded("recurrence-id")
    except (ValueError, KeyError):
        return None
    if not isinstance(at, datetime):
        return None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(series.time_zone))


def _guest_of(activity: Activity, address: str, *, is_for_all: bool) -> Attendee | None:
    """Who answers. To a whole series: on the open occurrence that they were told of the longest ago."""
    rows = Attendee.objects.filter(activity=activity)
    if is_for_all and activity.status == Activity.Status.OPEN:
        rows = Attendee.objects.filter(
            activity__series=activity.series_id, activity__status=Activity.Status.OPEN, activity__deleted_at=None,
            sequence__isnull=False,
        ).order_by("sequence", "activity__recurs_at", "pk")  # fmt: skip
    by_address = Q(contact__email__iexact=address) | Q(user__email__iexact=address)
    return rows.filter(by_address).select_related("activity__owner", "contact", "user").first() if address else None


def _answer_in(event: Event) -> tuple[str, str]:
    """The address that answers, and its PARTSTAT. A reply names exactly one attendee."""
    found = event.get("attendee")
    one = found[0] if isinstance(found, list) and found else found
    if one is None or not hasattr(one, "params"):
        return "", ""
    address = str(one).strip().lower().removeprefix("mailto:")
    return address, str(one.params.get("PARTSTAT", "")).upper()


def _number(value: object) -> int:
    text = str(value if value is not None else "0")
    return int(text) if text.isdigit() else 0
