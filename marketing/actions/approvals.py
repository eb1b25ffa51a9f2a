"""Sends to many people wait until somebody else has agreed; both sides are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django_fsm import can_proceed

from crm import jobs
from crm.access.depths import may, within_reach
from crm.actions.notifications import notify, notify_many
from crm.delivery.eligibility import preview
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.models import Company, Contact, User
from marketing.models import Send

if TYPE_CHECKING:
    from django.db.models import QuerySet

RESOURCE, VERB = "marketing.send", "approve"
GROWTH = 1.1
"""An audience may grow by so much between the approval and the send; segments live."""


def limit() -> int | None:
    """How many people a send may go to without somebody else's agreement; None where there is no such limit."""
    return Company.objects.values_list("approve_sends_over", flat=True).first()


def must_be_agreed_to(send: Send, people: QuerySet[Contact]) -> bool:
    """Asked when its time has come: has its audience passed the limit, and what was agreed to by more than a tenth?

    Where it has, `audience_count` of `send` is what it is now.
    """
    most = limit()
    if most is None:
        return False
    now = preview(people, channel=send.channel, purpose=send.purpose, topic=send.topic_id).will_get
    agreed = send.audience_count * GROWTH if send.decided_at else 0
    if now <= max(most, agreed):
        return False
    send.audience_count = now
    return True


def ask_for_approval(send: Send, *, by: str) -> None:
    """It waits, and whoever may agree is told: each time that there are more people than before."""
    send.decided_by = send.decided_at = None
    send.wait()
    send.save()
    many = number_format(send.audience_count, force_grouping=True)
    text = f"{by} asks you to approve a send to {many} people: {send}"
    notify_many(
        approvers(send), text[:300], _page(send), "send", f"send:{send.pk}:asked:{send.audience_count}", kind="approval"
    )


def approvers(send: Send) -> QuerySet[User]:
    """Whose role lets them approve; never who asked."""
    granted = Q(roles__grants__resource=RESOURCE, roles__grants__verb=VERB, roles__grants__depth__gt=0)
    return (
        User.objects.filter(Q(is_superuser=True) | granted, is_active=True)
        .exclude(pk=send.created_by_id or 0)
        .distinct()
    )


def may_approve(send: Send, user: User) -> bool:
    """Does the role reach it, and is it somebody else's?"""
    if send.created_by_id == user.pk or not may(user, RESOURCE, VERB):
        return False
    return within_reach(Send.objects.filter(pk=send.pk), user, VERB).exists()


@transaction.atomic
def approve_send(send: Send, *, by: User) -> Send:
    """It goes out at its time, or now where that is past."""
    send = _locked(send, by)
    if not can_proceed(send.approve):
        raise NotAllowed("This send does not wait for approval.")
    send.approve()
    _decided(send, by, "")
    now = timezone.now()
    if send.due_at <= now:
        jobs.nudge("marketing.tasks.start_sends")
    _tell(send, f"{by} approved your send: {send}")
    return send


@transaction.atomic
def reject_send(send: Send, *, reason: str, by: User) -> Send:
    """It never goes out. Whoever asked reads why."""
    send = _locked(send, by)
    if not can_proceed(send.reject):
        raise NotAllowed("This send does not wait for approval.")
    if not reason.strip():
        raise Invalid("Say why, so that it can be done better.", field="reason")
    send.reject()
    _decided(send, by, reason.strip()[:300])
    _tell(send, f"{by} rejected your send: {reason.strip()}")
    return send


def _decided(send: Send, by: User, reason: str) -> None:
    send.decided_by, send.decided_at, send.decision_reason = by, timezone.now(), reason
    send.save()


def _tell(send: Send, text: str) -> None:
    if send.created_by_id:
        notify(send.created_by_id, text[:300], _page(send), "send", f"send:{send.pk}:decided", kind="approval")


def _page(send: Send) -> str:
    return reverse("admin:marketing_send_live", args=[send.pk])


def _locked(send: Send, by: User) -> Send:
    if not may_approve(send, by):
        own = send.created_by_id == by.pk
        raise Forbidden(
            "Somebody else must approve what you ask for." if own else "Your role does not let you approve sends."
        )
    return Send.objects.select_for_update().get(pk=send.pk)
