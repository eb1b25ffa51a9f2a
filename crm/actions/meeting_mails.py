"""Invitations by mail: who takes part is told, told again when it changes, and told when it will not be (RFC 5546)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.translation import gettext as _

from crm.calendars import calendar_file, invited_series
from crm.delivery.queueing import Attachment, send_one
from crm.errors import Invalid
from crm.models import Activity, ActivitySeries, Attendee, Contact, User


@dataclass(frozen=True)
class Guest:
    """Somebody who is to take part: a contact or a colleague."""

    contact: Contact | None = None
    user: User | None = None
    is_required: bool = True


def seat(activity: Activity, guests: Iterable[Guest]) -> list[Attendee]:
    """Put them on the list, each once; the owner is the host and no guest."""
    seated = []
    for guest in guests:
        if guest.user is None or guest.user.pk != activity.owner_id:
            made, is_new = Attendee.objects.get_or_create(
                activity=activity, contact=guest.contact, user=guest.user, defaults={"is_required": guest.is_required}
            )
            seated += [made] if is_new else []
    return seated


def mail_guests(
    activity: Activity, by: User, *, method: str = "REQUEST", only: Sequence[Attendee] | None = None
) -> list[Attendee]:
    """One mail each, with the calendar file; `method` is REQUEST or CANCEL. The same version is told once.

    One of a series that they were invited to as a whole is told as that one of it. Raises Invalid for a guest without an
    address.
    """
    series = invited_series(activity)
    number = _next_number(series) if series else activity.version
    guests = list(activity.attendees.select_related("contact", "user")) if only is None else list(only)
    for guest in guests:
        must_have_address(guest)
        is_known = guest.sequence is not None
        send_one(
            to=guest.email,
            contact=guest.contact,
            subject=subject_of(activity, method, is_known),
            text=_letter(activity, guest, by, method, is_known),
            attachments=[
                Attachment(
                    "invitation.ics",
                    f"text/calendar; method={method}",
                    calendar_file(activity, method=method, to=guest),
                )
            ],
            reply_to=(activity.owner or by).email,
            key=f"activity:{activity.pk}:{method.lower()}:{'of-series-' if series else ''}{number}:{guest.pk}",
            by=by,
        )
        guest.sequence = number
        guest.save(update_fields=["sequence"])
    return guests


def must_have_address(guest: Attendee) -> None:
    if not guest.email:
        raise Invalid(_("%s has no email address, so no invitation can be sent.") % guest, field="invite")


def _next_number(series: ActivitySeries) -> int:
    ActivitySeries.objects.filter(pk=series.pk).update(sequence=F("sequence") + 1)
    series.refresh_from_db(fields=["sequence"])
    return series.sequence


def subject_of(activity: Activity, method: str, is_known: bool) -> str:
    if method == "CANCEL":
        return _("Cancelled: %s") % activity.subject
    return _("Changed: %s") % activity.subject if is_known else activity.subject


def _letter(activity: Activity, guest: Attendee, by: User, method: str, is_known: bool) -> str:
    """What the guest reads, in the guest's own zone where it is known, else in the host's."""
    host, who = activity.owner or by, guest.who
    assert activity.due_at is not None
    zone = ZoneInfo(getattr(who, "time_zone", "") or host.time_zone or "UTC")
    starts = activity.due_at.astimezone(zone)
    is_cancelled = method == "CANCEL"
    if is_cancelled:
        first, last = _("our appointment “%s” is cancelled."), _("The attached file takes it out of your calendar.")
    elif is_known:
        first, last = (
            _("our appointment “%s” has changed. It is now:"),
            _("The attached file changes it in your calendar."),
        )
    else:
        first, last = _("we meet for “%s”:"), _("The attached file puts it into your calendar.")
    when = f"{starts:%A, %-d %B %Y, %H:%M} ({zone.key})"
    return letter_to(guest, host, activity, (first % activity.subject, when, last), is_cancelled=is_cancelled)


def letter_to(
    guest: Attendee, host: User, activity: Activity, said: tuple[str, str, str], *, is_cancelled: bool
) -> str:
    """An invitation's text around what it says: what is the matter, when, and what the file does."""
    first, when, last = said
    lines = [
        _("Hello %s,") % (getattr(guest.who, "first_name", "") or guest.who),
        "",
        first,
        when,
        *([_("Where: %s") % activity.location] if activity.location else []),
        *(["", activity.body] if activity.body and not is_cancelled else []),
        "",
        last,
        "",
        str(host),
    ]
    return "\n".join(lines)
