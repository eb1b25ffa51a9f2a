"""Bulk work begins, is cancelled, is reverted. What it does is a job (crm/bulk/work.py)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import jobs
from crm.bulk.asking import cleaned_by, in_words, may_do
from crm.bulk.sheets import MOST_ROWS
from crm.bulk.work import WORK, work_on
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.hooks import bulk_actions, records
from crm.hooks.bulk_actions import BulkAction
from crm.models import BulkItem, BulkRun, User
from crm.sql import insert_select

Status = BulkRun.Status


def start_run(
    kind: str, action: str, rows: QuerySet, *, values: dict[str, Any], by: User, expected: int | None = None
) -> BulkRun:
    """Freeze the rows, which `by` sees, and set the action going on them; a few are done at once.

    `values` answer the action's form. `expected` is how many rows the person was told: where there are more or fewer
    meanwhile, nothing begins. Raises Invalid with the field, Forbidden, or NotAllowed with the number there is now.
    """
    run, chosen = _begin(kind, action, rows, values, by, expected)
    if run.total <= chosen.at_once:
        work_on(run.pk)
        run.refresh_from_db()
    return run


@transaction.atomic
def _begin(
    kind: str, action: str, rows: QuerySet, values: dict[str, Any], by: User, expected: int | None
) -> tuple[BulkRun, BulkAction]:
    chosen = action_named(kind, action)
    if not may_do(chosen, kind, by):
        raise Forbidden(_("Your role does not let you do this: %s.") % chosen.label)
    form = cleaned_by(chosen, kind, by, values)
    run = _new(kind, action, by, values=values, words=in_words(chosen, form))
    run.total = _freeze(run, rows)
    if not run.total:
        raise Invalid(_("Nothing is selected, or what was selected is no longer there."), field="ids")
    if expected is not None and run.total != expected:
        raise NotAllowed(_("There are %s by now. Look at the list again, and confirm once more.") % f"{run.total:,}")
    most = MOST_ROWS.get(str(values.get("format")))
    if chosen.downloads and most and run.total > most:
        raise Invalid(_("A sheet holds %s rows. Choose CSV, or fewer rows.") % f"{most:,}", field="values.format")
    return _set_going(run, chosen), chosen


def action_named(kind: str, action: str) -> BulkAction:
    if not records.known(kind):
        raise Invalid(_("There is no kind of record “%s”.") % kind, field="kind")
    try:
        return bulk_actions.get(kind, action)
    except LookupError as problem:
        raise Invalid(str(problem), field="action") from None


def _freeze(run: BulkRun, rows: QuerySet) -> int:
    """One INSERT … SELECT: what is changed is what the person saw, however long it takes. Numbered in the list's order."""
    numbered = rows.annotate(_of=Value(run.pk), _number=Window(RowNumber(), order_by=_order_of(rows)))
    chosen = numbered.order_by().annotate(_verdict=Value(""), _sentence=Value(""))
    columns = ["of_id", "number", "record_id", "verdict", "sentence"]
    return insert_select(BulkItem, columns, chosen.values_list("_of", "_number", "pk", "_verdict", "_sentence"))


def _order_of(rows: QuerySet) -> list[Any]:
    return list(rows.query.order_by) or ["pk"]


def cancel_run(run: BulkRun, *, by: User) -> BulkRun:
    """Stop it. What is done stays done, and can be reverted. Raises NotAllowed where it has ended."""
    with transaction.atomic():
        run = _locked(run, by)
        if not run.is_working:
            raise NotAllowed(_("There is nothing to cancel: it is %s.") % run.get_status_display().lower())
        run.status, run.finished_at = Status.CANCELLED, timezone.now()
        run.save()
        return run


def revert_run(run: BulkRun, *, by: User) -> BulkRun:
    """A run that undoes this one, on the rows it has changed. What somebody changed since is left alone, and says so.

    Raises NotAllowed, with the reason, where it cannot be reverted.
    """
    undoing = _begin_revert(run, by)
    if undoing.total <= action_named(undoing.kind, undoing.action).at_once:
        work_on(undoing.pk)
        undoing.refresh_from_db()
    return undoing


@transaction.atomic
def _begin_revert(run: BulkRun, by: User) -> BulkRun:
    run = _locked(run, by)
    if why := why_not_revertible(run):
        raise NotAllowed(why)
    undoing = _new(run.kind, run.action, by, values=run.values, words=run.words, reverts=run)
    done = run.items.filter(verdict=BulkItem.Verdict.DONE).annotate(
        _of=Value(undoing.pk),
        _place=Window(RowNumber(), order_by="number"),
        _verdict=Value(""),
        _sentence=Value(""),
    )
    columns = ["of_id", "number", "record_id", "verdict", "sentence", "before"]
    kept = done.order_by().values_list("_of", "_place", "record_id", "_verdict", "_sentence", F("before"))
    undoing.total = insert_select(BulkItem, columns, kept)
    return _set_going(undoing, action_named(run.kind, run.action))


def why_not_revertible(run: BulkRun) -> str:
    """Why this run cannot be reverted, or ""."""
    action = action_named(run.kind, run.action)
    if run.reverts_id:
        return _("This run has reverted another one.")
    if action.undo is None:
        return _("“%s” cannot be reverted.") % action.label
    if run.is_working:
        return _("It is still at work. Cancel it first, or wait.")
    if not run.done_count:
        return _("It has changed nothing.")
    if run.reverted_by.exclude(status=Status.FAILED).exists():
        return _("It is reverted already.")
    if not run.is_within_reverting(timezone.now()):
        return _("It is too long ago: what it changed is no longer kept.")
    return ""


def _new(kind: str, action: str, by: User, **more: Any) -> BulkRun:
    return BulkRun.objects.create(kind=kind, action=action, owner=by, started_at=timezone.now(), **more)


def _set_going(run: BulkRun, action: BulkAction) -> BulkRun:
    run.save()
    if run.total > action.at_once:
        jobs.nudge(WORK, run.pk)
    return run


def _locked(run: BulkRun, by: User) -> BulkRun:
    if not BulkRun.objects.editable_by(by).filter(pk=run.pk).exists():
        raise Forbidden(_("This is somebody else’s work, which your role does not let you change."))
    return BulkRun.objects.select_for_update().get(pk=run.pk)
