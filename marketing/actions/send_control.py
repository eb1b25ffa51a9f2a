"""A send that is on its way: paused, resumed, stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from crm.delivery.queueing import cancel, hold, release
from crm.errors import NotAllowed
from crm.models import Message
from marketing.actions.experiments import put_off
from marketing.models import Send

if TYPE_CHECKING:
    from crm.models import User


@transaction.atomic
def pause_send(send: Send, *, by: User) -> Send:
    """What has not gone out yet waits; what is being carried at this moment goes out."""
    send = _locked(send, by)
    if not can_proceed(send.pause):
        raise NotAllowed(f"This send is {send.get_status_display().lower()}; only one that has begun can be paused.")
    send.pause(timezone.now())
    send.save()
    hold(send.send_key, f"The send was paused by {by}.")
    return send


@transaction.atomic
def resume_send(send: Send, *, by: User) -> Send:
    """It goes on. What goes out one after the other keeps its distances: everything is later by as long as it was paused,
    and so is the end of a test of variants."""
    send = _locked(send, by)
    if not can_proceed(send.resume) or send.paused_at is None:
        raise NotAllowed("This send is not paused.")
    lasted = timezone.now() - send.paused_at
    release(send.send_key, send.channel, later=lasted if send.rate_per_hour else None)
    put_off(send, lasted)
    send.resume()
    send.save()
    return send


@transaction.atomic
def cancel_send(send: Send, *, by: User) -> Send:
    """Stop it: what has not gone out yet stays unsent, with this reason."""
    send = _locked(send, by)
    if not can_proceed(send.cancel):
        raise NotAllowed(f"This send is {send.get_status_display().lower()} already.")
    was_paused = send.status == Send.Status.PAUSED
    send.cancel()
    send.save()
    if was_paused:
        release(send.send_key, send.channel)
    cancel(Message.objects.filter(send_key=send.send_key), f"The send was stopped by {by}.")
    return send


def _locked(send: Send, by: User) -> Send:
    send.must_be_editable_by(by)
    return Send.objects.select_for_update().get(pk=send.pk)
