"""What the threads of one batch share: parcels to take, outcomes to put, and what went wrong."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence

from crm.delivery.providers import Note, Outcome, Parcel, Result
from crm.errors import ProviderError

TICK_SECONDS = 2.0


class Run:
    """`trouble` is why nothing could be begun, `hung_up` why it was not gone on with."""

    def __init__(self, parcels: Sequence[Parcel], until: float, note: Note) -> None:
        self._note = note
        self._parcels = iter(parcels)
        self._until = until
        self._lock = threading.Lock()
        self._results: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.trouble: ProviderError | None = None
        self.has_begun = False
        self.hung_up = ""
        self.has_sent = False

    def take(self) -> Parcel | None:
        """The next parcel, or None where there is none or no time for one."""
        if time.monotonic() >= self._until:
            return None
        with self._lock:
            return next(self._parcels, None)

    def put(self, outcome: Outcome) -> None:
        self.has_sent = self.has_sent or outcome.result is Result.SENT
        self._note(outcome)
        self._results.put(outcome)

    def outcomes(self, threads: Sequence[threading.Thread]) -> Iterator[Outcome | None]:
        while any(thread.is_alive() for thread in threads):
            try:
                yield self._results.get(timeout=TICK_SECONDS if not self._results.empty() else 0.05)
            except queue.Empty:
                yield None
        while not self._results.empty():
            yield self._results.get()
