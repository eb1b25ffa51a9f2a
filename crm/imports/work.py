"""The job of an import: a batch is one short transaction with its progress in it, so a kill loses and doubles nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from crm import carrying, jobs
from crm.actions.notifications import notify
from crm.audit import changing
from crm.carrying import carry_on, held
from crm.errors import CrmError
from crm.hooks import importers
from crm.imports import claims, files, reverting
from crm.imports.lines import Cleaned, LineCleaner
from crm.imports.staging import CREATE, ERROR, SAME, SKIP, UPDATE, Span, stage
from crm.log.quiet import quietly
from crm.models import Import, ImportLine, ImportStep, User

REVERT_BATCH = 200
TASK = "crm.tasks.work_on_import"
Status, What = Import.Status, ImportStep.What
Rows = Iterator[tuple[int, Cleaned]]


def work_on(pk: int) -> None:
    """Carry one import on until it is done, cancelled or has had its minute."""
    carry_on(Import, pk, _turn, task=TASK, told=_note_failure)


def has_waiting_work(now: datetime) -> bool:
    """For the sweep: is there an import that should move and that nobody moves?"""
    return carrying.waiting(Import, now).exists()


def waiting_ids(now: datetime) -> list[int]:
    return carrying.waiting_ids(Import, now)


def _turn(pk: int, token: str, until: float) -> bool:
    of = Import.objects.select_related("owner").get(pk=pk)
    if of.status == Status.CHECKING:
        return _check(of, token, until)
    batches = [_run_batch, _link_batch] if of.status == Status.RUNNING else [_revert_batch]
    return all(_through(batch, of, token, until) for batch in batches)


def _through(batch: Callable[[int, str], bool], of: Import, token: str, until: float) -> bool:
    """Batch after batch until there is none left; False where the time was over first."""
    while True:
        jobs.beat(token)
        if not batch(of.pk, token):
            return True
        if time.monotonic() > until:
            return False


# The check


def _check(of: Import, token: str, until: float) -> bool:
    size = importers.get(of.kind).work.check_batch
    last = ImportLine.objects.filter(of=of).order_by("-number").values_list("number", flat=True).first() or 0
    cleaner = LineCleaner(of)
    rows = ((n, cleaner.clean(cells)) for n, cells in files.rows_of(of) if n > last)
    while batch := list(islice(rows, size)):
        jobs.beat(token)
        _check_batch(of.pk, token, batch)
        if time.monotonic() > until:
            return False
    with transaction.atomic():
        of = held(Import, of.pk, token, Status.CHECKING)
        if not of.handled:
            raise CrmError("The file has no lines below its header.")
        of.status, of.total, of.finished_at = Status.CHECKED, of.handled, timezone.now()
        of.save()
        _note(of, What.CHECKED)
    return True


@transaction.atomic
def _check_batch(pk: int, token: str, batch: list[tuple[int, Cleaned]]) -> None:
    of: Import = held(Import, pk, token, Status.CHECKING)
    span = stage(of, batch)
    span.importer.work.judge(span)
    _count(of, span)
    of.handled += len(batch)
    of.total = max(of.total, of.handled)
    of.save()


# The run


@transaction.atomic
def _run_batch(pk: int, token: str) -> bool:
    of: Import = held(Import, pk, token)
    work = importers.get(of.kind).work
    span = _next_span(of, of.position, work.run_batch)
    if span is None:
        return False
    with _as_import(of):
        work.carry(span, timezone.now())
        claims.give_consent(span)
    _count(of, span)
    of.handled += span.lines().count()
    of.position = span.high
    of.save()
    return True


@transaction.atomic
def _link_batch(pk: int, token: str) -> bool:
    """When all lines are done, the records are tied to each other; then the import is."""
    of: Import = held(Import, pk, token)
    work = importers.get(of.kind).work
    span = _next_span(of, of.linked, 200) if work.needs_link(frozenset(of.mapping.values())) else None
    if span is None:
        of.status, of.finished_at = Status.DONE, timezone.now()
        of.save()
        told = importers.get(of.kind).finished(of)
        _note(of, What.DONE, ". ".join(filter(None, [in_words(of), told])))
        _tell_the_owner(of, told)
        return False
    before = _counts(span)
    with _as_import(of):
        work.link(span, timezone.now())
    _recount(of, before, _counts(span))
    of.linked = span.high
    of.save()
    return True


def _next_span(of: Import, after: int, size: int) -> Span | None:
    waiting = ImportLine.objects.filter(of=of, number__gt=after).order_by("number")
    numbers = list(waiting.values_list("number", flat=True)[:size])
    return Span(of, numbers[0], numbers[-1], is_run=True) if numbers else None


@contextmanager
def _as_import(of: Import) -> Iterator[None]:
    """What happens inside is the import's: in the history, and (unless it was asked for) without starting a journey."""
    cause = "" if of.starts_journeys else "import"
    with changing("import", about=of.file_name, of=of, by=of.owner), quietly(cause):
        yield


# The revert


@transaction.atomic
def _revert_batch(pk: int, token: str) -> bool:
    """From the end to the beginning, so that what was made last, on account of what came before, goes first."""
    of: Import = held(Import, pk, token, Status.REVERTING)
    by: User = of.reverted_by or of.owner
    with changing("import", about=of.file_name, of=of, by=by), quietly("undo"):
        done = of.lines.filter(verdict__in=[CREATE, UPDATE], undone="", number__lte=of.position).order_by("-number")
        numbers = list(done.values_list("number", flat=True)[:REVERT_BATCH])
        if numbers:
            _take_back(of, Span(of, numbers[-1], numbers[0], is_run=True), by)
            of.handled += len(numbers)
            of.save()
            return True
        if of.made.exists():
            reverting.take_back_made(of, by)
            return True
    of.status, of.finished_at = Status.REVERTED, timezone.now()
    of.save()
    _note(of, What.REVERTED, by=by)
    _tell_of_revert(of, by)
    return False


def _take_back(of: Import, span: Span, by: User) -> None:
    claims.take_consent_back(span)
    span.importer.work.take_back(span, by, timezone.now())
    counts = dict(span.lines().exclude(undone="").order_by().values_list("undone").annotate(Count("pk")))
    of.reverted_count += counts.get(ImportLine.Undone.REVERTED, 0)
    of.kept_count += counts.get(ImportLine.Undone.KEPT, 0)


# Counting and telling

COUNTED = {
    CREATE: "created_count",
    UPDATE: "updated_count",
    SAME: "unchanged_count",
    ERROR: "error_count",
    SKIP: "skipped_count",
}


def _counts(span: Span) -> dict[str, int]:
    return dict(span.lines().order_by().values_list("verdict").annotate(Count("pk")))


def _count(of: Import, span: Span) -> None:
    _recount(of, {}, _counts(span))


def _recount(of: Import, before: dict[str, int], after: dict[str, int]) -> None:
    for verdict, column in COUNTED.items():
        setattr(of, column, getattr(of, column) + after.get(verdict, 0) - before.get(verdict, 0))


def _note_failure(of: Import, sentence: str) -> None:
    _note(of, What.FAILED, sentence)
    text = f"“{of.file_name}” could not go on: {sentence}"
    notify(of.owner, text, of.get_absolute_url(), "alert-triangle", kind="work")


def _note(of: Import, what: str, note: str = "", by: User | None = None) -> None:
    ImportStep.objects.create(of=of, what=what, note=(note or in_words(of))[:300], by=by)


def in_words(of: Import) -> str:
    """“25 new, 3 updated, 2 with errors”."""
    if of.status == Status.REVERTED:
        return f"{of.reverted_count:,} taken back, {of.kept_count:,} kept"
    return f"{of.created_count:,} new, {of.updated_count:,} updated, {of.error_count:,} with errors"


def _tell_the_owner(of: Import, told: str) -> None:
    text = f"“{of.file_name}” is imported: {in_words(of)}." + (f" {told}" if told else "")
    notify(of.owner, text, of.get_absolute_url(), "file-import", f"import:{of.pk}:done", kind="work")


def _tell_of_revert(of: Import, by: User) -> None:
    text = f"The import of “{of.file_name}” is reverted: {in_words(of)}."
    notify(by, text, of.get_absolute_url(), "arrow-back-up", f"import:{of.pk}:reverted", kind="work")


def reset_counts(of: Import) -> None:
    """A new check or run counts from nothing."""
    for column in COUNTED.values():
        setattr(of, column, 0)
    of.handled = of.position = of.linked = 0
