"""Which messages are ours to carry now: one short transaction that takes them and decides who gets none."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value

from crm import jobs
from crm.delivery.eligibility import reason_for_message
from crm.delivery.notes import noted
from crm.delivery.results import MOST_ATTEMPTS, TitleOf, store
from crm.models import Message

WORN_OUT = f"It was tried {MOST_ATTEMPTS} times, and no worker came back with a result."
MAYBE_SENT = "The worker died while it was being sent; it may have gone out, so it is not sent again."


def due(channel: str, now: datetime) -> QuerySet[Message]:
    """Messages whose time has come and on which nobody works who still breathes."""
    free = Q(claim=None) | ~Q(claim__in=jobs.fresh_claims(now))
    return Message.objects.filter(free, channel=channel, status=Message.Status.DUE, due_at__lte=now)


def claim_due(
    channel: str, token: str, size: int, now: datetime, *, title_of: TitleOf, repeats_safely: bool = True
) -> int:
    """Mark up to `size` due messages with the token; answers how many were looked at.

    The UPDATE that claims also decides consent, suppression and expiry as they are at this moment; a message that may
    not go out leaves the queue here, with its reason. What a dead claimant had noted as answered is stored first. Those marked with the token afterwards are to be carried.
    """
    with transaction.atomic():
        rows = due(channel, now).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        found = dict(rows.values_list("pk", "claim")[:size])  # on SQLite the transaction is the lock: it is IMMEDIATE
        if not found:
            return 0
        for dead in {claim for claim in found.values() if claim}:
            store(dead, [outcome for outcome in noted(dead) if outcome.message in found], title_of, channel, now)
        taken = Message.objects.filter(pk__in=list(found), status=Message.Status.DUE)
        if not repeats_safely:
            taken.exclude(claim=None).update(status=Message.Status.UNKNOWN, reason=MAYBE_SENT, claim=None)
        taken.filter(attempts__gte=MOST_ATTEMPTS).update(status=Message.Status.FAILED, reason=WORN_OUT, claim=None)
        taken.update(claim=Value(token), attempts=F("attempts") + 1, reason=reason_for_message(channel, now))
        taken.exclude(reason="").update(status=Message.Status.NOT_SENT, claim=None)
    return len(found)


def give_back(token: str) -> int:
    """What was claimed and not begun is free again, and was no attempt."""
    held = Message.objects.filter(claim=token, status=Message.Status.DUE)
    return held.update(claim=None, attempts=F("attempts") - 1)
