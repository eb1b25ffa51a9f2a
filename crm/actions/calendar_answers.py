"""Reading the answer to an invitation out of a raw mail (RFC 5546, METHOD:REPLY): who answered what to which appointment."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from crm.actions.attendees import set_answer
from crm.calendars import ANSWERS, activity_of_uid
from crm.models import Activity, Attendee

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

    Ignored, with the reason: a mail without a calendar answer, another calendar's appointment, one that is over, somebody who was
    not invited or writes from another address, and an answer to an invitation that has been replaced by a later one.
    """
    if len(raw) > LARGEST:
        return Reading(_("Ignored: the mail is larger than 2 MB."))
    mail = message_from_bytes(raw, policy=policy.default)
    event = _reply_in(mail)
    if event is None:
        return Reading(_("Ignored: there is no calendar answer in this mail."))
    activity = _appointment(event)
    if activity is None:
        return Reading(_("Ignored: it answers no appointment of ours."))
    address, partstat = _answer_in(event)
    sender = parseaddr(str(mail["From"] or ""))[1].lower()
    guest = next(
        (one for one in activity.attendees.select_related("contact", "user") if one.email.lower() == address), None
    )
    if guest is None or sender != address:
        return Reading(
            _("Ignored: %(who)s was not invited to “%(what)s”.") % {"who": sender or _("somebody"), "what": activity}
        )
    return _taken(guest, activity, partstat, event)


def _taken(guest: Attendee, activity: Activity, partstat: str, event: Event) -> Reading:
    answer = ANSWERS.get(partstat)
    if answer is None or answer == Attendee.Answer.WAITING:
        return Reading(_("Ignored: “%s” is no answer.") % partstat)
    if activity.status != Activity.Status.OPEN:
        return Reading(
            _("Ignored: “%(what)s” is already %(state)s.")
            % {"what": activity, "state": activity.get_status_display().lower()}
        )
    if _number(event.get("sequence")) < (guest.sequence or 0):
        return Reading(_("Ignored: %s answered an invitation that has been replaced by a later one.") % guest)
    guest = set_answer(guest, answer)
    told = {"who": guest, "answer": guest.get_answer_display(), "what": activity}
    return Reading(_("%(who)s: %(answer)s, “%(what)s”.") % told, guest)


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


def _appointment(event: Event) -> Activity | None:
    pk = activity_of_uid(str(event.get("uid", "")))
    rows = Activity.objects.alive().filter(kind=Activity.Kind.APPOINTMENT)
    return rows.select_related("owner").filter(pk=pk).first() if pk else None


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
