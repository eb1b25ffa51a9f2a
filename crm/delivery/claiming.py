"""Which messages are ours to carry now: one short transaction that takes them and decides who gets none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value

from crm import jobs
from crm.delivery import pace
from crm.delivery.eligibility import reason_for_message
from crm.delivery.notes import noted
from crm.delivery.pace import Due, Limits
from crm.delivery.results import MOST_ATTEMPTS, TitleOf, store
from crm.models import HeldSend, Message, Sender

WORN_OUT = f"It was tried {MOST_ATTEMPTS} times, and no worker came back with a result."
MAYBE_SENT = "The worker died while it was being sent; it may have gone out, so it is not sent again."
IS_PAUSED = "Its send is paused."


@dataclass(frozen=True)
class Lane:
    """The messages of one sender; without one those that name none, which have no limits."""

    sender: Sender | None = None


EVERY = Lane()
"""All messages of a channel, whoever they are from: for a claim that knows no limits of senders."""


def due(channel: str, now: datetime) -> QuerySet[Message]:
    """Messages whose time has come and on which nobody works who still breathes."""
    free = Q(claim=None) | ~Q(claim__in=jobs.fresh_claims(now))
    return Message.objects.filter(free, channel=channel, status=Message.Status.DUE, due_at__lte=now)


def due_of(channel: str, lane: Lane, now: datetime) -> QuerySet[Message]:
    """Those of one lane."""
    return due(channel, now) if lane is EVERY else due(channel, now).filter(sender=lane.sender)


def is_any_due(channel: str, now: datetime) -> bool:
    """In a lane that is open. Asked every second."""
    closed = pace.closed_senders(channel, now)
    rows = due(channel, now)
    senders = set(Sender.objects.values_list("pk", flat=True)) - closed
    wanted = Q(sender__in=senders) if 0 in closed else Q(sender__in=senders) | Q(sender=None)
    return (rows.filter(wanted) if closed else rows).exists()


def claim_due(
    channel: str,
    token: str,
    size: int,
    now: datetime,
    *,
    title_of: TitleOf,
    repeats_safely: bool = True,
    lane: Lane = EVERY,
) -> int:
    """Mark up to `size` due messages of a lane with the token; answers how many were looked at.

    The UPDATE that claims also decides consent, suppression, expiry and how often a person is written to, as they are at
    this moment; a message that may not go out leaves the queue here, with its reason. Before, quiet hours and limits put
    off what may not go out yet. What a dead claimant had noted as answered is stored first. Those marked with the token
    afterwards are to be carried.
    """
    with transaction.atomic():
        limits, key = pace.limits_on(channel, with_domains=True), pace.lane_key(channel, lane.sender)
        size = pace.room_for(channel, lane.sender, size, now, is_counted=bool(limits.domains))
        if not size:
            return 0
        found = _next(due_of(channel, lane, now), limits, size)
        if not found:
            return 0
        _store_noted(found, title_of, channel, now)
        done = pace.sort_out(_without_held(found), limits, key, now)
        pace.put_off(done)
        _take(done.go, token, channel, limits, now, repeats_safely=repeats_safely)
        if done.domains or pace.limits_of(lane.sender, now):
            taken = set(Message.objects.filter(claim=token).values_list("pk", flat=True))
            pace.count_domains(key, done, taken, now)
            pace.count_lane(channel, lane.sender, len(taken), now)
    return len(found)


def _next(due: QuerySet[Message], limits: Limits, size: int) -> list[Due]:
    """What somebody waits for first, however much of a large send is due; the room that is left is for the others, so that
    neither keeps the other waiting for ever. Locked; on SQLite the transaction is the lock: it is IMMEDIATE."""
    rows = due.order_by("due_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    found = pace.facts_of(rows.filter(is_urgent=True), limits, size)
    if len(found) < size:
        found += pace.facts_of(rows.filter(is_urgent=False), limits, size - len(found))
    return found


def give_back(token: str, channel: str = "", sender: Sender | None = None, now: datetime | None = None) -> int:
    """What was claimed and not begun is free again, and was no attempt."""
    held = Message.objects.filter(claim=token, status=Message.Status.DUE)
    if not held.exists():
        return 0
    with transaction.atomic():
        if channel and now:
            if (limits := pace.limits_on(channel)).most:
                pace.count_people(held, limits, now, by=-1)
            pace.count_lane(channel, sender, -held.count(), now)
        return held.update(claim=None, attempts=F("attempts") - 1)


def _store_noted(found: list[Due], title_of: TitleOf, channel: str, now: datetime) -> None:
    ids = {one.message for one in found}
    for dead in {one.claim for one in found if one.claim}:
        store(dead, [outcome for outcome in noted(dead) if outcome.message in ids], title_of, channel, now)


def _without_held(found: list[Due]) -> list[Due]:
    """Messages of a paused send that became due all the same (a refusal for now came after the pause) are put aside."""
    held = set(HeldSend.objects.filter(send_key__in={one.send_key for one in found}).values_list("send_key", flat=True))
    if held:
        ids = [one.message for one in found if one.send_key in held]
        waiting = Message.objects.filter(pk__among=ids, status=Message.Status.DUE)
        waiting.update(status=Message.Status.HELD, reason=IS_PAUSED, claim=None)
    return [one for one in found if one.send_key not in held]


def _take(go: list[Due], token: str, channel: str, limits: Limits, now: datetime, *, repeats_safely: bool) -> None:
    taken = _due_among(go)
    if not repeats_safely and any(one.claim for one in go):
        taken.exclude(claim=None).update(status=Message.Status.UNKNOWN, reason=MAYBE_SENT, claim=None)
    if any(one.attempts >= MOST_ATTEMPTS for one in go):
        taken.filter(attempts__gte=MOST_ATTEMPTS).update(status=Message.Status.FAILED, reason=WORN_OUT, claim=None)
    fresh = _due_among([one for one in go if not one.claim])
    if (
        limits.most
    ):  # counted first, decided after: of two workers the second waits for the row and sees the first one's
        pace.count_people(fresh, limits, now)
    taken.update(claim=Value(token), attempts=F("attempts") + 1, reason=reason_for_message(channel, now))
    if limits.most:
        pace.refuse_too_many(taken, channel, limits, now)
        pace.count_people(fresh.filter(claim=token).exclude(reason=""), limits, now, by=-1)
    taken.exclude(reason="").update(status=Message.Status.NOT_SENT, claim=None)


def _due_among(chosen: list[Due]) -> QuerySet[Message]:
    return Message.objects.filter(pk__among=[one.message for one in chosen], status=Message.Status.DUE)
