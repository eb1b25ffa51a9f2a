"""The sender: claims due messages in batches, has them carried, writes the results back in bulk.

A job is a nudge; the rows are the truth. Killed at any instant, a worker loses nothing: its claim goes stale within 15 s
(at once, where the supervisor saw it die) and the next one repeats at most what was given to a socket without a reply,
with the same Message-ID. Nothing is carried inside a transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from crm import jobs
from crm.delivery import pace
from crm.delivery.carriers import carrier_of
from crm.delivery.channels import DELIVER
from crm.delivery.claiming import Lane, claim_due, due_of, give_back, is_any_due
from crm.delivery.notes import Notes, sweep_old
from crm.delivery.packing import Packer, claimed
from crm.delivery.providers import HungUp, Outcome, Parcel, Provider, Result
from crm.delivery.results import store
from crm.errors import ProviderError
from crm.models import Sender

log = logging.getLogger(__name__)

RUN_SECONDS = 45  # well under the time-out of the queue
FIRST_LOT = 500
LOT_SECONDS = 1.0
GROUP = 500
GROUP_SECONDS = 1.0
BEAT_SECONDS = 3.0


def is_due(channel: str, now: datetime) -> bool:
    """Asked every second by the sweep."""
    return is_any_due(channel, now)


def deliver(channel: str, now: datetime) -> int:
    """Carry what is due until nothing is left or the run has lasted long enough; answers how many were looked at.

    Lanes (a sender each) take turns, a batch each, so that a slow one holds up none. A lane that may send no more in this
    second is waited for.
    """
    packer, clock, lots, seen = Packer(channel), _Clock(now), _Lots(), 0
    sweep_old()
    until = time.monotonic() + RUN_SECONDS
    waiting = _open_lanes(channel, now)
    while waiting and time.monotonic() < until:
        for sender in list(waiting):
            looked_at, is_well = _carry_some(channel, sender, packer, clock.now, until, lots)
            seen += looked_at
            if not (looked_at and is_well):
                waiting.remove(sender)
        if not waiting:
            waiting = _opening_soon(channel, clock)
    if waiting:
        jobs.nudge(DELIVER, channel, name=f"{DELIVER}:{channel}")
    return seen


def _carry_some(
    channel: str, sender: Sender | None, packer: Packer, now: datetime, until: float, lots: _Lots
) -> tuple[int, bool]:
    """One batch of a lane; answers how many were looked at, and whether its carrier did its work."""
    lane = Lane(sender)
    if not due_of(channel, lane, now).exists():
        return 0, True
    try:
        provider = carrier_of(channel, sender)
    except ProviderError as problem:
        pace.trouble(channel, sender, str(problem), now)
        return 0, False
    begun = time.monotonic()
    with jobs.claim() as token:
        looked_at = claim_due(
            channel, token, lots.size(sender, provider.batch), now,
            title_of=packer.title_of, repeats_safely=provider.repeats_safely, lane=lane,
        )  # fmt: skip
        if looked_at:
            parcels, failed = packer.pack(claimed(token), now)
            is_well = Carriage(channel, sender, token, packer, provider).carry(parcels, failed, until)
            lots.carried(sender, looked_at, time.monotonic() - begun)
            return looked_at, is_well
    return 0, True


def _open_lanes(channel: str, now: datetime) -> list[Sender | None]:
    closed = pace.closed_senders(channel, now)
    lanes: list[Sender | None] = [None, *Sender.objects.order_by("pk")]
    return [sender for sender in lanes if (sender.pk if sender else 0) not in closed]


def _opening_soon(channel: str, clock: _Clock) -> list[Sender | None]:
    """Lanes that are closed for the rest of this second and have work: waits for it. Empty where there are none."""
    now = clock.now
    soon = [
        sender
        for sender in Sender.objects.exclude(per_second=None).order_by("pk")
        if now < (pace.closed_until(channel, sender) or now) <= now + pace.SECOND
        and due_of(channel, Lane(sender), now).exists()
    ]
    if soon:
        time.sleep(1 - clock.now.microsecond / 1_000_000)
    return list(soon)


class _Lots:
    """How many messages a lane takes at once: what it carried in the second before, so that a fast carrier is not held up
    by small claims, and who waits in another lane (or for a more urgent message) does not wait long."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}

    def size(self, sender: Sender | None, most: int) -> int:
        return min(most, self._sizes.get(sender.pk if sender else 0, FIRST_LOT))

    def carried(self, sender: Sender | None, number: int, seconds: float) -> None:
        self._sizes[sender.pk if sender else 0] = max(FIRST_LOT, int(number / max(seconds, 0.001) * LOT_SECONDS))


class _Clock:
    """Goes on from the moment at which a run was asked for."""

    def __init__(self, now: datetime) -> None:
        self._begin, self._at = now, time.monotonic()

    @property
    def now(self) -> datetime:
        return self._begin + timedelta(seconds=time.monotonic() - self._at)


class Carriage:
    """One claimed batch on its way: outcomes are gathered, stored by the hundreds, and the claim is kept fresh."""

    def __init__(self, channel: str, sender: Sender | None, token: str, packer: Packer, provider: Provider) -> None:
        self.channel, self.sender, self.token, self.packer, self.provider = channel, sender, token, packer, provider
        self.notes = Notes(token)
        self.waiting: list[Outcome] = []
        self.stored_at = self.beat_at = time.monotonic()

    def carry(self, parcels: Sequence[Parcel], failed: Sequence[Outcome], until: float) -> bool:
        """False where the carrier failed us, so that the lane is closed for a while."""
        self.waiting += failed
        done: set[int] = set()
        try:
            for outcome in self.provider.carry(parcels, until, self.notes.note):
                if outcome:
                    done.add(outcome.message)
                    self.waiting.append(outcome)
                self._keep_up()
            if done:
                pace.works_again(self.channel, self.sender)
        except HungUp as problem:  # what was in hand has its outcome, the others were not begun
            log.warning("%s is interrupted: %s", self.channel, problem)
            pace.trouble(self.channel, self.sender, str(problem), timezone.now())
            return False
        except ProviderError as problem:
            log.warning("%s cannot be carried: %s", self.channel, problem)
            result = Result.REFUSED if problem.permanent else Result.LATER
            self.waiting += [Outcome(p.message, result, str(problem)) for p in parcels if p.message not in done]
            pace.trouble(self.channel, self.sender, str(problem), timezone.now())
            return False
        finally:
            self._store()
            give_back(self.token, self.channel, self.sender, timezone.now())
            self.notes.close()
        return True

    def _keep_up(self) -> None:
        now = time.monotonic()
        if len(self.waiting) >= GROUP or (self.waiting and now - self.stored_at > GROUP_SECONDS):
            self._store()
        if now - self.beat_at > BEAT_SECONDS:
            jobs.beat(self.token)
            self.beat_at = now

    def _store(self) -> None:
        if self.waiting:
            store(self.token, self.waiting, self.packer.title_of, self.channel, timezone.now())
        self.waiting, self.stored_at = [], time.monotonic()
