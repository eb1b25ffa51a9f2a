"""The sender: claims due messages in batches, has them carried, writes the results back in bulk.

A job is a nudge; the rows are the truth. Killed at any instant, a worker loses nothing: its claim goes stale within 15 s
(at once, where the supervisor saw it die) and the next one repeats at most what was given to a socket without a reply,
with the same Message-ID. Nothing is carried inside a transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from crm import jobs
from crm.delivery.channels import DELIVER
from crm.delivery.claiming import claim_due, due, give_back
from crm.delivery.notes import Notes, sweep_old
from crm.delivery.packing import Packer, claimed
from crm.delivery.providers import Outcome, Parcel, Provider, Result, provider_of
from crm.delivery.results import store
from crm.errors import ProviderError

log = logging.getLogger(__name__)

RUN_SECONDS = 45  # well under the time-out of the queue
GROUP = 100
GROUP_SECONDS = 1.0
BEAT_SECONDS = 3.0


def is_due(channel: str, now: datetime) -> bool:
    """Asked every second by the sweep."""
    return due(channel, now).exists()


def deliver(channel: str, now: datetime) -> int:
    """Carry what is due until nothing is left or the run has lasted long enough; answers how many were looked at."""
    provider, packer = provider_of(channel), Packer(channel)
    sweep_old()
    until, seen = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < until:
        with jobs.claim() as token:
            looked_at = claim_due(
                channel, token, provider.batch, now, title_of=packer.title_of, repeats_safely=provider.repeats_safely
            )
            if not looked_at:
                return seen
            seen += looked_at
            messages = claimed(token)
            parcels, failed = packer.pack(messages, now)
            Carriage(channel, token, packer, provider).carry(parcels, failed, until)
        now = max(now, timezone.now())
    jobs.nudge(DELIVER, channel, name=f"{DELIVER}:{channel}")
    return seen


class Carriage:
    """One claimed batch on its way: outcomes are gathered, stored by the hundred, and the claim is kept fresh."""

    def __init__(self, channel: str, token: str, packer: Packer, provider: Provider) -> None:
        self.channel, self.token, self.packer, self.provider = channel, token, packer, provider
        self.notes = Notes(token)
        self.waiting: list[Outcome] = []
        self.stored_at = self.beat_at = time.monotonic()

    def carry(self, parcels: Sequence[Parcel], failed: Sequence[Outcome], until: float) -> None:
        self.waiting += failed
        done: set[int] = set()
        try:
            for outcome in self.provider.carry(parcels, until, self.notes.note):
                if outcome:
                    done.add(outcome.message)
                    self.waiting.append(outcome)
                self._keep_up()
        except ProviderError as problem:
            log.warning("%s cannot be carried: %s", self.channel, problem)
            result = Result.REFUSED if problem.permanent else Result.LATER
            self.waiting += [Outcome(p.message, result, str(problem)) for p in parcels if p.message not in done]
        finally:
            self._store()
            give_back(self.token)
            self.notes.close()

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
