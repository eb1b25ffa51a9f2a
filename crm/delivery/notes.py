"""A carrier's answers, noted at once in a file, because results reach the database by the hundred.

A line handed to the kernel survives the death of the process. So who takes over from a killed worker of this machine
first stores what the dead one had noted, and repeats only what was given to a socket without a reply. The file of a
claim is gone when its results are stored; a machine that dies takes its notes along (then a group is repeated).
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from crm.delivery.providers import Outcome, Result

KEEP_SECONDS = 24 * 3600


class Notes:
    """One claim's file. `note` may be called from any thread: an append of one line is not torn."""

    def __init__(self, token: str) -> None:
        self._path = _path(token)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, outcome: Outcome) -> None:
        line = json.dumps([outcome.message, outcome.result.value, outcome.reason, outcome.ref])
        os.write(self._file, f"{line}\n".encode())

    def close(self) -> None:
        """Everything is stored."""
        os.close(self._file)
        with suppress(FileNotFoundError):
            self._path.unlink()


def noted(token: str) -> list[Outcome]:
    """What a claimant who is no more had noted; empty where there are no notes on this machine."""
    try:
        lines = _path(token).read_text().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError):  # the last line of a killed process
            message, result, reason, ref = json.loads(line)
            found.append(Outcome(message, Result(result), reason, ref))
    return found


def sweep_old() -> None:
    """Notes of the dead are of no use once their messages have been taken over."""
    for path in settings.DELIVERY_NOTES.glob("*.notes"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()


def _path(token: str) -> Path:
    return Path(settings.DELIVERY_NOTES) / f"{token}.notes"
