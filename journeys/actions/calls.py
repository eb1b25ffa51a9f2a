"""Making the calls of webhook steps: signed, a few at a time, tried again with growing patience, and told to who waits.

The signature is that of Stripe's webhooks in form: `Tandem-Signature: t=<unix seconds>,v1=<hex>`, an HMAC-SHA256 of
“<t>.<body>” (RFC 2104). The secret belongs to the host that is called, so that one receiver cannot speak for us to another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from crm import jobs
from crm.errors import ProviderError
from crm.integrations import gateway
from journeys.models import ACTIVE, Call, Participant

AT_ONCE = 8
BATCH = 40
HELD = timedelta(minutes=3)
"""How long a claim holds: longer than all of a batch may hang."""
WAITS = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2)]
"""Before the second try, the third, …; after the last one it has failed."""
LEFT = "The person left the journey before the call was made."
LATER = (408, 425, 429)
Status = Call.Status


@dataclass(frozen=True)
class Said:
    """What came of one try. `status` is DUE where it shall be tried again."""

    status: str
    words: str
    http_status: int | None = None


def secret_for(url: str) -> str:
    """What signs the calls to the host of this address."""
    host = (urlsplit(url).hostname or "").lower()
    return f"tds_{base64.urlsafe_b64encode(salted_hmac('journeys.calls', host, algorithm='sha256').digest()).decode().rstrip('=')}"


def signature(secret: str, body: bytes, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def has_due(now: datetime) -> bool:
    return Call.objects.due(now).exists()


def make_due(now: datetime | None = None) -> int:
    """Make the next calls; answers how many were tried. The network is waited for outside of any transaction."""
    now = now or timezone.now()
    _drop_what_nobody_waits_for(now)
    calls = _claim(now)
    if not calls:
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(_try, calls, [int(now.timestamp())] * len(calls)))
    _keep(list(zip(calls, said, strict=True)), now)
    return len(calls)


def _drop_what_nobody_waits_for(now: datetime) -> None:
    """Whoever left the journey meanwhile is told to nobody any more."""
    left = Call.objects.due(now).exclude(participant__status__in=ACTIVE).order_by().values_list("pk", flat=True)
    Call.objects.filter(pk__in=list(left[: BATCH * 25])).update(status=Status.FAILED, ended_at=now, answer=LEFT)


@transaction.atomic
def _claim(now: datetime) -> list[Call]:
    due = Call.objects.due(now).order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    ids, token = list(due.values_list("pk", flat=True)[:BATCH]), secrets.token_hex(16)
    Call.objects.filter(pk__in=ids).update(claim=token, due_at=now + HELD, tries=F("tries") + 1)
    return list(Call.objects.filter(pk__in=ids, claim=token).order_by("pk"))


def _try(call: Call, at: int) -> Said:
    """One POST, in a thread of its own that touches no database."""
    body = json.dumps(call.body, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Tandem",
        "Idempotency-Key": str(call.body["id"]),
        "Tandem-Signature": signature(secret_for(call.url), body, at),
    }
    try:
        answer = gateway.post(call.url, data=body, headers=headers)
    except ProviderError as problem:
        return Said(Status.FAILED if problem.permanent else Status.DUE, problem.message)
    return _judged(answer.status_code, answer.headers.get("Location", ""))


def _judged(code: int, location: str) -> Said:
    if 200 <= code < 300:
        return Said(Status.ACCEPTED, f"Answered {code}.", code)
    if 300 <= code < 400:
        where = f" to {location[:150]}" if location else ""
        return Said(Status.FAILED, f"Answered {code}: it redirects{where}. Calls follow no redirect.", code)
    if code in LATER or code >= 500:
        return Said(Status.DUE, f"Answered {code}.", code)
    return Said(Status.REFUSED, f"Answered {code}.", code)


@transaction.atomic
def _keep(results: Sequence[tuple[Call, Said]], now: datetime) -> None:
    """Only what this worker still holds: a claim that was taken over is the other's. Who waits for an end is made due."""
    held = set(
        Call.objects.filter(pk__in=[call.pk for call, _ in results], status=Status.DUE, claim=results[0][0].claim)
        .select_for_update()
        .values_list("pk", flat=True)
    )
    mine = [(call, said) for call, said in results if call.pk in held]
    for call, said in mine:
        call.answer, call.http_status, call.claim = said.words[:300], said.http_status, ""
        if said.status == Status.DUE and call.tries <= len(WAITS):
            call.due_at = now + WAITS[call.tries - 1]
        else:
            call.status = Status.FAILED if said.status == Status.DUE else said.status
            call.ended_at = now
    calls = [call for call, _ in mine]
    Call.objects.bulk_update(calls, ["answer", "http_status", "claim", "due_at", "status", "ended_at"])
    ended = [call for call in calls if call.ended_at]
    for node in {call.node for call in ended}:
        here = [call.participant_id for call in ended if call.node == node]
        Participant.objects.active().filter(pk__in=here, node=node).update(due_at=now)
    if ended:
        jobs.nudge("journeys.tasks.advance")
