"""The job of a bulk run: rows in turns, each batch one short transaction with its results and its progress in it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import carrying, jobs
from crm.access.why import why_not
from crm.actions.notifications import notify
from crm.audit import changing
from crm.bulk.asking import cleaned_by
from crm.carrying import Gone, carry_on, held
from crm.errors import CrmError
from crm.hooks import bulk_actions, records
from crm.hooks.bulk_actions import FAILED, Batch, BulkAction, Outcome, failed, skipped
from crm.log.quiet import quietly
from crm.models import BulkItem, BulkRun, User

log = logging.getLogger(__name__)

WORK = "crm.tasks.work_on_bulk_run"
FIRST, MOST = 25, 2000
TARGET = 0.15
"""Seconds that a batch should take: on SQLite it holds the one write lock meanwhile."""


def work_on(pk: int) -> None:
    """Carry one run on until it is done, cancelled, or has had its minute."""
    carry_on(BulkRun, pk, _turn, task=WORK)


def has_waiting_work(now: datetime) -> bool:
    return carrying.waiting(BulkRun, now).exists()


def waiting_ids(now: datetime) -> list[int]:
    return carrying.waiting_ids(BulkRun, now)


def _turn(pk: int, token: str, until: float) -> bool:
    """Batches of a size that fits the time; after an error nobody foresaw row by row, down to the one that causes it."""
    size = FIRST
    while time.monotonic() < until:
        jobs.beat(token)
        began = time.monotonic()
        try:
            count = _run_batch(pk, token, size)
        except (Gone, OperationalError, CrmError):
            raise
        except Exception:
            if size == 1:
                log.exception("A row of bulk run %s failed", pk)
                _set_aside(pk, token)
            size = 1
            continue
        if not count:
            _finish(pk, token)
            return True
        size = _fitting(size, time.monotonic() - began)
    return False


def _fitting(size: int, seconds: float) -> int:
    if seconds > TARGET * 1.5:
        return max(1, size // 2)
    return min(MOST, size * 2) if seconds < TARGET / 2 else size


@transaction.atomic
def _run_batch(pk: int, token: str, size: int) -> int:
    """Answers how many items had their turn; 0 where none is left."""
    run: BulkRun = held(BulkRun, pk, token)
    items = list(run.items.filter(number__gt=run.handled).order_by("number")[:size])
    if items:
        action = bulk_actions.get(run.kind, run.action)
        with changing("bulk", about=str(run), by=run.owner), quietly("undo" if run.reverts_id else ""):
            outcomes = _judge(run, action, items)
        _keep(run, action, items, outcomes)
    return len(items)


def _judge(run: BulkRun, action: BulkAction, items: list[BulkItem]) -> Mapping[int, Outcome]:
    """An outcome for every item: of the action for those that the person reaches now, else the reason why not."""
    by, is_undo = run.owner, run.reverts_id is not None
    in_bin = action.undo_from_bin if is_undo else action.from_bin
    ids = [item.record_id for item in items]
    model: Any = records.get(run.kind).model
    reach = model.objects.in_bin_reachable_by if in_bin else model.objects.reachable_by
    reached = {row.pk: row for row in reach(by, action.verb).filter(pk__in=ids)}
    rows = [reached[pk] for pk in ids if pk in reached]
    outcomes = _why_not(model, [pk for pk in ids if pk not in reached], by, action.verb)
    if rows:
        befores = {item.record_id: item.before for item in items} if is_undo else {}
        values = {} if is_undo else _values(run, action)
        act: Any = action.undo if is_undo else action.run
        outcomes |= act(Batch(run, by, values, rows, befores))
    return outcomes


def _values(run: BulkRun, action: BulkAction) -> Mapping[str, Any]:
    form = cleaned_by(action, run.kind, run.owner, run.values)
    return form.cleaned_data if form is not None else {}


def _why_not(model: Any, ids: list[int], by: User, verb: str) -> dict[int, Outcome]:
    if not ids:
        return {}
    seen = {row.pk: row for row in model.objects.visible_to(by).filter(pk__in=ids).select_related("owner")}
    binned = set(model.objects.in_bin().filter(pk__in=ids).values_list("pk", flat=True))
    gone, in_bin = _("It is no longer there, or no longer yours to see."), _("It is in the bin by now.")
    return {pk: skipped(why_not(by, seen[pk], verb) if pk in seen else in_bin if pk in binned else gone) for pk in ids}


def _keep(run: BulkRun, action: BulkAction, items: list[BulkItem], outcomes: Mapping[int, Outcome]) -> None:
    """The results, and the progress with them; of an export only those that are not done."""
    before: Any = BulkItem._meta.get_field("before")
    told = []
    for item in items:
        outcome = outcomes[item.record_id]
        run.done_count += outcome.verdict == bulk_actions.DONE
        run.skipped_count += outcome.verdict == bulk_actions.SKIPPED
        run.failed_count += outcome.verdict == FAILED
        if action.keeps_results or outcome.verdict != bulk_actions.DONE:
            kept = item.before if run.reverts_id else outcome.before
            value = before.get_db_prep_save(kept, connection)
            told.append((outcome.verdict, str(outcome.sentence)[:300], value, item.pk))
    with connection.cursor() as cursor:
        table = BulkItem._meta.db_table
        cursor.executemany(f"UPDATE {table} SET verdict = %s, sentence = %s, before = %s WHERE id = %s", told)
    run.handled = items[-1].number
    run.save(update_fields=["handled", "done_count", "skipped_count", "failed_count"])


@transaction.atomic
def _set_aside(pk: int, token: str) -> None:
    """The one row that breaks its batch."""
    run: BulkRun = held(BulkRun, pk, token)
    items = list(run.items.filter(number__gt=run.handled).order_by("number")[:1])
    why = _("Something that nobody foresaw went wrong with this one. It is in the log.")
    if items:
        _keep(run, bulk_actions.get(run.kind, run.action), items, {items[0].record_id: failed(why)})


def _finish(pk: int, token: str) -> None:
    run = BulkRun.objects.select_related("owner").get(pk=pk)
    action = bulk_actions.get(run.kind, run.action)
    if action.finish and not run.reverts_id:
        beat: Callable[[], None] = partial(jobs.beat, token)
        action.finish(run, by=run.owner, values=_values(run, action), beat=beat)
    with transaction.atomic():
        run = held(BulkRun, pk, token)
        run.status, run.finished_at = BulkRun.Status.DONE, timezone.now()
        run.save(update_fields=["status", "finished_at"])
        if run.total > action.at_once:
            _tell_the_owner(run, action)


def _tell_the_owner(run: BulkRun, action: BulkAction) -> None:
    what = records.get(run.kind).plural
    text = f"{action.label}: {run.done_count:,} {str(what).lower()} done"
    if run.reverts_id:
        text = f"{action.label}, reverted: {run.done_count:,} {str(what).lower()} are as before"
    left_out = run.skipped_count + run.failed_count
    text += f", {left_out:,} left out." if left_out else "."
    notify(run.owner, text, f"/bulk/{run.pk}/", "list-check", key=f"bulk:{run.pk}", kind="work")
