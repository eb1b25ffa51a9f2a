"""Logging what was done, planning what is to do, and booking an appointment with its calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from crm.actions.meeting_mails import Guest, mail_guests, seat
from crm.actions.mentions import tell_mentioned
from crm.actions.plain import save_plainly
from crm.errors import Invalid, NotAllowed
from crm.log.recording import record
from crm.models import Activity, Attendee, User

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
    priority: str = Activity.Priority.NORMAL,
    reminder: str = "",
) -> Activity:
    """One activity. A note or an email is done when it is logged, and so is a call unless it has a time to come.

    Whoever knows better says `is_done`, and when it was. `contact` and `account` are taken from `regarding` where they are not given. The log hears of what is done.
    """
    if ends_at and due_at and ends_at < due_at:
        raise Invalid("It cannot end before it starts.", field="ends_at")
    contact, account = about(regarding, contact, account)
    now = timezone.now()
    if is_done is None:
        is_done = done_at is not None or (kind in DONE_AT_ONCE and (due_at is None or due_at <= now))
    activity = Activity(
        kind=kind, subject=subject, body=body, direction=direction, outcome=outcome, location=location,
        due_at=due_at, ends_at=ends_at, contact=contact, account=account, owner=owner or by, created_by=by,
        status=Activity.Status.DONE if is_done else Activity.Status.OPEN,
        done_at=(done_at or due_at or now) if is_done else None, custom=custom or {}, priority=priority,
        reminder=reminder,
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
    return finish(lock_open(activity), at=timezone.now(), outcome=outcome, by=by)


def finish(
    activity: Activity, *, at: datetime, outcome: str = "", by: User | None, status: str = Activity.Status.DONE
) -> Activity:
    """Done, or CANCELLED, at that moment; the log hears of what was done. The caller holds the row."""
    activity.status, activity.done_at = status, at
    activity.outcome = outcome[:100] or activity.outcome
    activity.version += 1
    activity.save()
    if status == Activity.Status.DONE:
        _tell(activity, by)
    return activity


@transaction.atomic
def cancel_activity(activity: Activity, *, by: User, is_told: bool = True) -> Activity:
    """It will not take place; a guest who was invited gets a calendar file that takes it out again.

    `is_told` False: the caller tells them, of this one among others.
    """
    activity = lock_open(activity)
    activity.status, activity.done_at = Activity.Status.CANCELLED, timezone.now()
    activity.version += 1
    activity.save()
    if is_told and activity.kind == Activity.Kind.APPOINTMENT and activity.guest_invited_at:
        mail_guests(activity, by, method="CANCEL")
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
    guests: Sequence[Guest] = (),
    **more: Any,
) -> Activity:
    """An appointment; with `invite` everybody who takes part gets a mail with the calendar file (RFC 5545, METHOD:REQUEST).

    The contact it is about is one of them. Raises Invalid where it ends before it starts, or where one is to be invited
    who has no email address. `more` goes to `log_activity` (priority, reminder, custom).
    """
    if ends_at <= starts_at:
        raise Invalid("It must end after it starts.", field="ends_at")
    activity = log_activity(
        kind=Activity.Kind.APPOINTMENT, subject=subject, by=by, contact=contact, regarding=regarding,
        location=location, body=body, due_at=starts_at, ends_at=ends_at, owner=owner, **more,
    )  # fmt: skip
    seat(activity, [*([Guest(contact=activity.contact)] if activity.contact else []), *guests])
    if invite and activity.attendees.exists():
        activity.guest_invited_at = timezone.now()
        activity.save(update_fields=["guest_invited_at"])
        mail_guests(activity, by)
    return activity


TOLD_OF = ("due_at", "ends_at", "location", "subject")
"""What an invitation says: guests hear of a change."""


@transaction.atomic
def change_activity(activity: Activity, *, by: User | None, is_told: bool = True, **columns: Any) -> Activity:
    """A plain edit of a locked row. A start that moves takes the end along; invited guests get the appointment as it is now,
    and their answers to another time are none to this one. `is_told` False: the caller tells them, of this one among others.
    """
    before = {name: getattr(activity, name) for name in TOLD_OF}
    if "due_at" in columns and "ends_at" not in columns and activity.due_at and activity.ends_at:
        moved = columns["due_at"]
        columns["ends_at"] = moved + (activity.ends_at - activity.due_at) if moved else None
    activity = save_plainly(activity, columns)
    changed = {name for name in TOLD_OF if getattr(activity, name) != before[name]}
    if changed & {"due_at", "ends_at"}:
        activity.attendees.update(answer=Attendee.Answer.WAITING, answered_at=None)
    host = activity.owner or by
    if is_told and changed and activity.guest_invited_at and activity.status == Activity.Status.OPEN and host:
        mail_guests(activity, by or host)
    return activity


def about(regarding: Any, contact: Any, account: Any) -> tuple[Any, Any]:
    """The contact and the account of what it is about, where they are not given."""
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


def _tell(activity: Activity, by: User | None) -> None:
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
