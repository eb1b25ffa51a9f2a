"""Logging what was done, planning what is to do, and booking an appointment with its calendar file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from crm.actions.mentions import tell_mentioned
from crm.calendars import calendar_file
from crm.delivery.queueing import Attachment, send_one
from crm.errors import Invalid, NotAllowed
from crm.log.recording import record
from crm.models import Activity, User

DONE_AT_ONCE = (Activity.Kind.NOTE, Activity.Kind.EMAIL, Activity.Kind.CALL)


@transaction.atomic
def log_activity(
    *,
    kind: str,
    subject: str,
    by: User,
    regarding: Model | None = None,
    contact: Any = None,
    account: Any = None,
    body: str = "",
    direction: str = Activity.Direction.OUT,
    outcome: str = "",
    location: str = "",
    due_at: datetime | None = None,
    ends_at: datetime | None = None,
    owner: User | None = None,
    is_done: bool | None = None,
    done_at: datetime | None = None,
    custom: dict[str, Any] | None = None,
) -> Activity:
    """One activity. A note or an email is done when it is logged, and so is a call unless it has a time to come.

    Whoever knows better says `is_done`, and when it was. `contact` and `account` are taken from `regarding` where they are not given. The log hears of what is done.
    """
    if ends_at and due_at and ends_at < due_at:
        raise Invalid("It cannot end before it starts.", field="ends_at")
    contact, account = _about(regarding, contact, account)
    now = timezone.now()
    if is_done is None:
        is_done = done_at is not None or (kind in DONE_AT_ONCE and (due_at is None or due_at <= now))
    activity = Activity(
        kind=kind, subject=subject, body=body, direction=direction, outcome=outcome, location=location,
        due_at=due_at, ends_at=ends_at, contact=contact, account=account, owner=owner or by, created_by=by,
        status=Activity.Status.DONE if is_done else Activity.Status.OPEN,
        done_at=(done_at or due_at or now) if is_done else None, custom=custom or {},
    )  # fmt: skip
    if regarding is not None:
        activity.regarding = regarding
    activity.save()
    if is_done:
        _tell(activity, by)
    tell_mentioned(f"{subject}\n{body}", about=regarding or activity, by=by, key=f"activity:{activity.pk}")
    return activity


@transaction.atomic
def complete_activity(activity: Activity, *, outcome: str = "", by: User) -> Activity:
    """Mark as done, now. Raises NotAllowed where it is not open any more."""
    activity = lock_open(activity)
    activity.status, activity.done_at = Activity.Status.DONE, timezone.now()
    activity.outcome = outcome or activity.outcome
    activity.version += 1
    activity.save()
    _tell(activity, by)
    return activity


@transaction.atomic
def cancel_activity(activity: Activity, *, by: User) -> Activity:
    """It will not take place; a guest who was invited gets a calendar file that takes it out again."""
    activity = lock_open(activity)
    activity.status, activity.done_at = Activity.Status.CANCELLED, timezone.now()
    activity.version += 1
    activity.save()
    if activity.kind == Activity.Kind.APPOINTMENT and activity.guest_invited_at:
        _mail(activity, by, is_cancelled=True)
    return activity


@transaction.atomic
def book_appointment(
    *,
    subject: str,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    contact: Any = None,
    regarding: Model | None = None,
    location: str = "",
    body: str = "",
    invite: bool = True,
    owner: User | None = None,
) -> Activity:
    """An appointment; with `invite` the guest gets a mail with the calendar file (an .ics that any calendar reads).

    Raises Invalid where it ends before it starts, or where a guest is to be invited who has no email address.
    """
    if ends_at <= starts_at:
        raise Invalid("It must end after it starts.", field="ends_at")
    activity = log_activity(
        kind=Activity.Kind.APPOINTMENT, subject=subject, by=by, contact=contact, regarding=regarding,
        location=location, body=body, due_at=starts_at, ends_at=ends_at, owner=owner,
    )  # fmt: skip
    if invite and activity.contact:
        if not activity.contact.email:
            raise Invalid(f"{activity.contact} has no email address, so no invitation can be sent.", field="invite")
        activity.guest_invited_at = timezone.now()
        activity.save(update_fields=["guest_invited_at"])
        _mail(activity, by)
    return activity


def _about(regarding: Any, contact: Any, account: Any) -> tuple[Any, Any]:
    from crm.models import Account, Contact

    if isinstance(regarding, Contact):
        contact = contact or regarding
    elif isinstance(regarding, Account):
        account = account or regarding
    else:
        contact = contact or getattr(regarding, "contact", None)
        account = account or getattr(regarding, "account", None)
    return contact, account or getattr(contact, "account", None)


def lock_open(activity: Activity) -> Activity:
    """The fresh row, locked. Raises NotAllowed where it is not open any more."""
    activity = Activity.objects.select_for_update(of=("self",)).select_related("contact").get(pk=activity.pk)
    if activity.status != Activity.Status.OPEN:
        raise NotAllowed(f"“{activity}” is already {activity.get_status_display().lower()}.")
    return activity


def _tell(activity: Activity, by: User) -> None:
    """The log is about somebody; a task of one's own is nobody's history."""
    if activity.contact_id or activity.account_id:
        record(
            "activity.done",
            contact=activity.contact_id,
            account=activity.account_id,
            source=activity,
            by=by,
            data={"kind": activity.kind, "title": activity.subject},
            occurred_at=activity.done_at,
            key=f"activity:{activity.pk}:done",
        )


def _mail(activity: Activity, by: User, *, is_cancelled: bool = False) -> None:
    guest = activity.contact
    assert guest is not None
    method = "CANCEL" if is_cancelled else "REQUEST"
    send_one(
        to=guest.email,
        contact=guest,
        subject=f"{'Cancelled: ' if is_cancelled else ''}{activity.subject}",
        text=_letter(activity, by, is_cancelled),
        attachments=[
            Attachment("invitation.ics", f"text/calendar; method={method}", calendar_file(activity, method=method))
        ],
        reply_to=(activity.owner or by).email,
        key=f"activity:{activity.pk}:{method.lower()}:{activity.version}",
        by=by,
    )


def _letter(activity: Activity, by: User, is_cancelled: bool) -> str:
    """What the guest reads, in the guest's own zone where it is known, else in the host's."""
    from zoneinfo import ZoneInfo

    guest, host = activity.contact, activity.owner or by
    assert guest is not None
    assert activity.due_at is not None
    zone = ZoneInfo(guest.time_zone or host.time_zone or "UTC")
    starts = activity.due_at.astimezone(zone)
    lines = [
        f"Hello {guest.first_name or guest},",
        "",
        f"our appointment “{activity.subject}” is cancelled." if is_cancelled else f"we meet for “{activity.subject}”:",
        f"{starts:%A, %-d %B %Y, %H:%M} ({zone.key})",
        *([f"Where: {activity.location}"] if activity.location else []),
        *(["", activity.body] if activity.body and not is_cancelled else []),
        "",
        "The attached file takes it out of your calendar."
        if is_cancelled
        else "The attached file puts it into your calendar.",
        "",
        str(host),
    ]
    return "\n".join(lines)
