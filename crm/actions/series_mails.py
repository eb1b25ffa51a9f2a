"""Invitations to a whole series by mail: one mail each for all that comes, for each change of all, and when none will be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.meeting_mails import letter_to, mail_guests, must_have_address, subject_of
from crm.delivery.queueing import Attachment, send_one
from crm.models import Activity, ActivitySeries, Attendee, User
from crm.queries.series import guests_of, occurrences_of, typical
from crm.recurrence import Repeat
from crm.series_calendars import series_file


def invite_to_series(series: ActivitySeries, named_by: Activity, *, by: User) -> None:
    """Everybody who takes part in all of it is invited to all of it. `named_by` gives it its UID: whoever has been invited
    to that one alone sees it become the series. The caller holds the series.
    """
    series.invited_as = named_by.pk
    series.sequence = max((guest.sequence or 0 for guest in named_by.attendees.all()), default=0)
    series.save(update_fields=["invited_as", "sequence"])
    open_ones = Activity.objects.alive().filter(series=series, status=Activity.Status.OPEN)
    open_ones.filter(guest_invited_at=None).update(guest_invited_at=timezone.now())
    mail_series(series, by=by)


def mail_series(series: ActivitySeries, *, by: User, method: str = "REQUEST") -> list[Attendee]:
    """One mail to each who takes part in all of it, with the rule; answers to whom. Nobody, where it was not invited to as a
    whole. Raises Invalid for a guest without an address.
    """
    guests = guests_of(series) if series.invited_as else []
    if not guests:
        return []
    series.sequence += 1
    series.save(update_fields=["sequence"])
    shown = list(occurrences_of(series).select_related("owner"))
    pattern = typical(shown) or Activity.objects.filter(series=series).latest("recurs_at", "pk")
    for guest in guests:
        must_have_address(guest)
        is_known = guest.sequence is not None
        send_one(
            to=guest.email,
            contact=guest.contact,
            subject=subject_of(pattern, method, is_known),
            text=_letter(series, pattern, guest, by, method, is_known),
            attachments=[
                Attachment(
                    "invitation.ics", f"text/calendar; method={method}", series_file(series, method=method, to=guest)
                )
            ],
            reply_to=(pattern.owner or by).email,
            key=f"series:{series.pk}:{series.sequence}:{guest.pk}",
            by=by,
        )
        seats = Attendee.objects.filter(activity__series=series, contact=guest.contact_id, user=guest.user_id)
        seats.filter(activity__status=Activity.Status.OPEN).update(sequence=series.sequence)
    return guests


def mail_those_of_one(activity: Activity, *, by: User, method: str = "REQUEST") -> None:
    """Who was invited to this one alone is no part of the mail about all."""
    alone = activity.attendees.select_related("contact", "user").filter(takes_all=False, sequence__isnull=False)
    mail_guests(activity, by, method=method, only=list(alone))


def _letter(series: ActivitySeries, pattern: Activity, guest: Attendee, by: User, method: str, is_known: bool) -> str:
    """Its times are told on its own clock: on the guest's, summer time may begin on another day."""
    host = pattern.owner or by
    starts = series.starts_at.astimezone(ZoneInfo(series.time_zone))
    if method == "CANCEL":
        first, last = (
            _("our appointments “%s” are cancelled, all of them."),
            _("The attached file takes them out of your calendar."),
        )
    elif is_known:
        first, last = (
            _("our appointments “%s” have changed. They are now:"),
            _("The attached file changes all of them in your calendar."),
        )
    else:
        first, last = _("we meet for “%s”:"), _("The attached file puts all of them into your calendar.")
    told = {
        "how_often": Repeat.of(series.rule).words,
        "first": f"{starts:%A, %-d %B %Y, %H:%M}",
        "zone": series.time_zone,
    }
    when = _("%(how_often)s, from %(first)s (%(zone)s)") % told
    return letter_to(guest, host, pattern, (first % pattern.subject, when, last), is_cancelled=method == "CANCEL")
