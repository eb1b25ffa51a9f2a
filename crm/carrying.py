"""Long work carried on in turns: a row of its own is claimed, worked on for a minute, and asked for again until it is done.

The row's model is a `Progress` with `claim`, `problem` and Status.FAILED. Each batch is one short transaction that holds the
row (`held`), its effects and its progress, so that a kill loses and doubles nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm import jobs
from crm.errors import CrmError

log = logging.getLogger(__name__)

LONGEST = timedelta(seconds=60)
"""A turn works this long and then asks for the next: well under the time-out of the queue."""
Turn = Callable[[int, str, float], bool]
"""turn(pk, token, until) works until `until` (time.monotonic) at the longest; answers whether all is done."""
Told = Callable[[Any, str], None]
"""told(row, sentence) hears, in the same transaction, that the work has failed."""


class Gone(Exception):
    """Somebody cancelled it, or another worker has it."""


def nobody(row: Any, sentence: str) -> None:
    return None


def carry_on(model: Any, pk: int, turn: Turn, *, task: str, told: Told = nobody) -> None:
    """One turn, if nobody else is at it. What is refused or breaks ends the work with its sentence."""
    with jobs.claim() as token:
        if not waiting(model, timezone.now()).filter(pk=pk).update(claim=token):
            return
        mine = model.objects.filter(pk=pk, claim=token)
        try:
            is_done = turn(pk, token, time.monotonic() + LONGEST.total_seconds())
        except Gone:
            return
        except OperationalError:
            raise  # the database is away or busy: the next nudge tries again
        except CrmError as problem:
            _end(mine, problem.message, told)
            return
        except Exception as problem:
            log.exception("%s %s failed", model.__name__, pk)
            sentence = f"Something that nobody foresaw stopped it ({type(problem).__name__}). It is in the log."
            _end(mine, sentence, told)
            return
        finally:
            mine.update(claim=None)
    if not is_done:
        jobs.nudge(task, pk)


def waiting(model: Any, now: datetime) -> QuerySet:
    """What should move and nobody moves: for the sweep, too."""
    free = Q(claim=None) | ~Q(claim__in=jobs.fresh_claims(now))
    rows: QuerySet = model.objects.filter(free, status__in=model.WORKING)
    return rows


def waiting_ids(model: Any, now: datetime) -> list[int]:
    return list(waiting(model, now).order_by("pk").values_list("pk", flat=True))


def held(model: Any, pk: int, token: str, status: str = "running") -> Any:
    """The row, locked, with its owner, if it is still ours to work on, and still at this. Raises Gone."""
    rows = model.objects.select_related("owner")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=pk, claim=token, status=status).first()
    if row is None:
        raise Gone
    return row


@transaction.atomic
def _end(mine: QuerySet, sentence: str, told: Told) -> None:
    row: Any = mine.first()
    if row is not None and mine.update(status=row.Status.FAILED, problem=sentence, finished_at=timezone.now()):
        told(row, sentence)
