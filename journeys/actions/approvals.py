"""Deciding whether a person goes on in a journey; who waits there is made due at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crm import jobs
from crm.errors import Invalid, NotAllowed
from crm.models import User
from journeys.models import ACTIVE, Approval, Participant

Status = Approval.Status
LONGEST = 500


@transaction.atomic
def decide(
    approval: Approval, *, is_approved: bool, comment: str = "", by: User, now: datetime | None = None
) -> Approval:
    """Yes or no, once. Raises NotAllowed where it is decided, too late, or the person has left; Invalid for a long comment."""
    now = now or timezone.now()
    if len(comment) > LONGEST:
        raise Invalid(f"At most {LONGEST} characters.", field="comment")
    approval = Approval.objects.select_for_update(of=("self",)).select_related("participant").get(pk=approval.pk)
    if approval.status != Status.WAITING:
        raise NotAllowed(f"This was decided already: {approval.get_status_display().lower()}.")
    if approval.participant.status not in ACTIVE:
        raise NotAllowed("This person has left the journey meanwhile; there is nothing to decide any more.")
    if approval.until <= now:
        raise NotAllowed("The time to decide is over; the person goes on as “not in time”.")
    approval.status = Status.APPROVED if is_approved else Status.DECLINED
    approval.decided_at, approval.decided_by, approval.comment = now, by, comment
    approval.save()
    here = Participant.objects.active().filter(pk=approval.participant_id, node=approval.node)
    here.update(due_at=now)
    jobs.nudge("journeys.tasks.advance")
    return approval
