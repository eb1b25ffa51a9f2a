"""Mail by SMTP: kept connections, several at once, pipelined where the server offers it (RFC 2920)."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterator, Sequence

from crm.delivery.providers import HungUp, Note, Outcome, Parcel, Result
from crm.errors import ProviderError
from crm.integrations.run import Run
from crm.integrations.smtp_server import Server
from crm.integrations.smtp_wire import Closed, Wire

PARCELS_A_CONNECTION = 50
IDLE_SECONDS = 20.0


class Smtp:
    """`url` is what `Server.at` reads, `is_guarded` where it was typed into a page. At most one message per connection is
    given to the socket without a reply."""

    batch = 1000
    repeats_safely = True

    def __init__(self, url: str, is_guarded: bool = False) -> None:
        """Raises ValueError where the address cannot be read."""
        self.server = Server.at(url, is_guarded=True, named="The address") if is_guarded else Server.at(url)
        self._idle: list[tuple[float, Wire]] = []
        self._lock = threading.Lock()

    def carry(self, parcels: Sequence[Parcel], until: float, note: Note) -> Iterator[Outcome | None]:
        """Outcomes as they come. Raises ProviderError where no connection could be had at all."""
        run = Run(parcels, until, note)
        count = max(1, min(self.server.connections, -(-len(parcels) // PARCELS_A_CONNECTION)))
        threads = [threading.Thread(target=self._work, args=(run,), daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        yield from run.outcomes(threads)
        for thread in threads:
            thread.join()
        if run.trouble and not run.has_begun:
            raise run.trouble
        if run.hung_up and not run.has_sent:
            raise HungUp(run.hung_up)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, wire in idle:
            wire.quit()

    def _work(self, run: Run) -> None:
        try:
            wire = self._wire()
            run.has_begun = True
        except ProviderError as problem:
            run.trouble = problem
            return
        try:
            wire.carry(run.take, run.put)
        except (Closed, OSError, smtplib.SMTPException) as problem:
            wire.abandon()
            said = str(problem) if isinstance(problem, Closed) else _said(problem)
            run.hung_up = f"The mail server {self.server.host} {said}"
            if wire.in_hand:  # no reply: it is repeated later, with the same Message-ID
                run.put(Outcome(wire.in_hand.message, Result.LATER, run.hung_up))
            return
        with self._lock:
            self._idle.append((time.monotonic(), wire))

    def _wire(self) -> Wire:
        """A kept connection that still answers, else a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                since, wire = self._idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and wire.is_alive():
                return wire
            wire.abandon()
        return Wire(self.server.connect())


def _said(problem: Exception) -> str:
    if isinstance(problem, TimeoutError) or "timed out" in str(problem):  # smtplib wraps the one in the other
        return "did not answer in time."
    return f"hung up: {problem}"
