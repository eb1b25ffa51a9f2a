"""Who takes part in an appointment: added, taken off, and what each one answers."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.activities import lock_open
from crm.actions.meeting_mails import Guest, mail_guests, seat
from crm.actions.notifications import notify
from crm.actions.series_mails import invite_to_series
from crm.errors import Invalid, NotAllowed
from crm.log.recording import record
from crm.models import Activity, ActivitySeries, Attendee, User


@transaction.atomic
def add_attendee(activity: Activity, guest: Guest, *, by: User) -> Attendee:
    """One more takes part; where the others were invited, this one is, too.

    Raises NotAllowed where the appointment is over, Invalid for one who is there already, for the host, and for one who
    is to be invited and has no address.
    """
    activity = lock_open(activity)
    _must_be_appointment(activity)
    seated = seat(activity, [guest])
    if not seated:
        raise Invalid(
            _("%s takes part already.") % (guest.contact or guest.user), field="contact" if guest.contact else "user"
        )
    if activity.guest_invited_at:
        mail_guests(activity, by, only=seated)
    return seated[0]


@transaction.atomic
def remove_attendee(attendee: Attendee, *, by: User) -> None:
    """They do not take part any more; one who was invited gets a mail that takes it out of the calendar again."""
    activity = lock_open(attendee.activity)
    if attendee.sequence is not None and attendee.email:
        mail_guests(activity, by, method="CANCEL", only=[attendee])
    attendee.delete()


@transaction.atomic
def invite_all(activity: Activity, *, by: User) -> Activity:
    """Mail the invitation to everybody on the list, now and whenever it changes from now on.

    Of a series: those who take part in all of it are invited to all of it, by one mail; the others to this one.
    """
    activity = lock_open(activity)
    _must_be_appointment(activity)
    if not activity.attendees.exists():
        raise NotAllowed(_("Nobody takes part yet: add them first."))
    activity.guest_invited_at = timezone.now()
    activity.save(update_fields=["guest_invited_at", "updated_at"])
    if activity.series is None:
        mail_guests(activity, by)
        return activity
    if not activity.series.invited_as and activity.attendees.filter(takes_all=True).exists():
        invite_to_series(ActivitySeries.objects.select_for_update().get(pk=activity.series.pk), activity, by=by)
        activity.refresh_from_db()
    mail_guests(activity, by, only=list(activity.attendees.select_related("contact", "user").filter(sequence=None)))
    return activity


@transaction.atomic
def set_answer(attendee: Attendee, answer: str, *, by: User | None = None) -> Attendee:
    """What they answered: by themselves on the page, or by the calendar of their mail. The host is told of a new answer.

    `answer` is accepted, tentative or declined; Raises Invalid for another one.
    """
    if answer not in (Attendee.Answer.ACCEPTED, Attendee.Answer.TENTATIVE, Attendee.Answer.DECLINED):
        raise Invalid(_("Answer accepted, tentative or declined."), field="answer")
    attendee = (
        Attendee.objects.select_for_update(of=("self",))
        .select_related("activity", "contact", "user")
        .get(pk=attendee.pk)
    )
    if attendee.answer == answer:
        return attendee
    attendee.answer, attendee.answered_at = Attendee.Answer(answer), timezone.now()
    attendee.save(update_fields=["answer", "answered_at"])
    _tell_answer(attendee, by)
    return attendee


@transaction.atomic
def set_answer_to_series(
    attendee: Attendee, answer: str, *, by: User | None = None, up_to: int | None = None
) -> Attendee:
    """Their answer to the whole series that this is one of: it counts for every open occurrence that they take part in, also
    for those still to be made. The host is told once. `up_to`: what was told to them later than that is not answered by it.
    """
    if answer not in (Attendee.Answer.ACCEPTED, Attendee.Answer.TENTATIVE, Attendee.Answer.DECLINED):
        raise Invalid(_("Answer accepted, tentative or declined."), field="answer")
    rows = Attendee.objects.filter(
        activity__series=attendee.activity.series_id, contact=attendee.contact_id, user=attendee.user_id,
        activity__status=Activity.Status.OPEN, activity__deleted_at=None,
    )  # fmt: skip
    seats = list(rows.select_for_update(of=("self",)).order_by("pk"))
    rows.filter(takes_all=True).update(answer_to_all=answer)
    answered = [one for one in seats if one.answer != answer and (up_to is None or (one.sequence or 0) <= up_to)]
    Attendee.objects.filter(pk__in=[one.pk for one in answered]).update(answer=answer, answered_at=timezone.now())
    attendee.refresh_from_db()
    if answered:
        _tell_answer(attendee, by)
    return attendee


def _tell_answer(attendee: Attendee, by: User | None) -> None:
    activity = attendee.activity
    assert attendee.answered_at is not None
    said = f"{attendee}: {attendee.get_answer_display()}"
    if activity.owner_id and (by is None or by.pk != activity.owner_id):
        key = f"answer:{attendee.pk}:{attendee.answered_at:%Y%m%d%H%M%S%f}"
        notify(
            activity.owner_id,
            f"{said} · {activity.subject}",
            activity.get_absolute_url(),
            "calendar-check",
            key,
            kind="answer",
        )
    if attendee.contact_id:
        facts = {"title": activity.subject, "reasons": [str(attendee.get_answer_display())]}
        record("invitation.answered", contact=attendee.contact_id, source=activity, by=by, data=facts)


def _must_be_appointment(activity: Activity) -> None:
    if activity.kind != Activity.Kind.APPOINTMENT:
        raise NotAllowed(_("Only an appointment has people who take part."))
