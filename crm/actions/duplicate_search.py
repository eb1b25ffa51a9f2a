"""The search for duplicates over the whole base: begun by hand or every night, carried on by a job, slice by slice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm import carrying, jobs
from crm.actions.duplicates import note_pairs
from crm.carrying import carry_on
from crm.errors import NotAllowed
from crm.models import Duplicate, DuplicateRule, DuplicateSearch, User
from crm.models.duplicates import KINDS
from crm.queries.duplicate_pairs import SLICE, Slice, next_oldest, pairs_in, slice_after
from crm.queries.likeness import are_alike, comparable, rules_of

SEARCH = "crm.duplicate_tasks.search_duplicates"
WRITTEN_AT_ONCE = 500
"""Pairs a transaction: short enough for SQLite's one writer and for the readers of the log."""
Status = DuplicateSearch.Status


@transaction.atomic
def begin_search(*, by: User | None) -> DuplicateSearch:
    """Search the whole base as soon as a worker is free. Raises NotAllowed while a search is running."""
    if running := DuplicateSearch.objects.filter(status=Status.RUNNING).first():
        raise NotAllowed(f"A search is running already: {running.percent} % of it is done.")
    counts = {kind: model.objects.count() for kind, model in KINDS.items()}
    plan = [[rule.pk, counts[kind]] for kind in KINDS if counts[kind] > 1 for rule in rules_of(kind)]
    search = DuplicateSearch.objects.create(
        owner=by, plan=plan, total=sum(count for _, count in plan), started_at=timezone.now()
    )
    jobs.nudge(SEARCH, search.pk)
    return search


def begin_nightly_search(now: datetime) -> None:
    """By the clock; one that runs, or ended today, will do."""
    lately = Q(status=Status.RUNNING) | Q(finished_at__gt=now - timedelta(hours=12))
    if not DuplicateSearch.objects.filter(lately).exists():
        begin_search(by=None)


def work_on_search(pk: int) -> None:
    """Carry a search on until it is done or its minute is over."""
    carry_on(DuplicateSearch, pk, _turn, task=SEARCH)


def has_waiting_search(now: datetime) -> bool:
    """For the sweep: a search that nobody carries on."""
    return carrying.waiting(DuplicateSearch, now).exists()


def waiting_searches(now: datetime) -> list[int]:
    return carrying.waiting_ids(DuplicateSearch, now)


def _turn(pk: int, token: str, until: float) -> bool:
    search = DuplicateSearch.objects.get(pk=pk)
    while search.rule_at < len(search.plan):
        _search_slice(search, token)
        jobs.beat(token)
        if time.monotonic() > until:
            return False
    _take_away_what_is_gone(search, token)
    _finish(search, token)
    return True


def _search_slice(search: DuplicateSearch, token: str) -> None:
    """Reads without a transaction; the pairs are written in small ones, the last of which moves the place."""
    rule = DuplicateRule.objects.filter(pk=search.plan[search.rule_at][0], is_active=True).first()
    part = slice_after(rule, search.after) if rule else None
    found = _found(rule, part) if rule and part else []
    for start in range(0, len(found) or 1, WRITTEN_AT_ONCE):
        with transaction.atomic():
            held = carrying.held(DuplicateSearch, search.pk, token)
            note_pairs(
                rule.kind if rule else "",
                [(*pair, rule.strength, rule.key) for pair in found[start : start + WRITTEN_AT_ONCE] if rule],
                found_by=Duplicate.FoundBy.SEARCH,
                now=held.created_at,
                seen_in=held.pk,
            )
            if start + WRITTEN_AT_ONCE >= len(found):
                _move(held, part.high if part else None)
                search.rule_at, search.after = held.rule_at, held.after
            held.save()


def _found(rule: DuplicateRule, part: Slice) -> list[tuple[int, int]]:
    return pairs_in(rule, part) + (next_oldest(rule) if part.high is None else [])


def _move(held: DuplicateSearch, high: str | None) -> None:
    before = sum(count for _, count in held.plan[: held.rule_at])
    count = held.plan[held.rule_at][1]
    if high is None:
        held.rule_at, held.after, held.handled = held.rule_at + 1, "", before + count
    else:
        held.after, held.handled = high, min(before + count, held.handled + SLICE)


def _take_away_what_is_gone(search: DuplicateSearch, token: str) -> None:
    """Open pairs that no rule found this time: one of the two is gone or was corrected, or the rule is not in use any more."""
    rules = {kind: rules_of(kind) for kind in KINDS}
    for kind in KINDS:
        open_pairs = Duplicate.objects.open().filter(kind=kind, seen_in__lt=search.pk).order_by("pk")
        last = 0
        while batch := list(open_pairs.filter(pk__gt=last)[:WRITTEN_AT_ONCE]):
            last = batch[-1].pk
            gone = list(_no_longer_alike(kind, batch, rules[kind]))
            with transaction.atomic():
                held = carrying.held(DuplicateSearch, search.pk, token)
                held.gone += Duplicate.objects.open().filter(pk__in=gone).delete()[0]
                held.save()
            jobs.beat(token)


def _no_longer_alike(kind: str, pairs: list[Duplicate], rules: list[DuplicateRule]) -> Iterator[int]:
    records = KINDS[kind].objects.alive().select_related(*(["account"] if kind == "crm.contact" else []))
    there = records.in_bulk({pk for pair in pairs for pk in (pair.first_id, pair.second_id)})
    forms = {pk: comparable(record) for pk, record in there.items()}
    for pair in pairs:
        one, other = forms.get(pair.first_id), forms.get(pair.second_id)
        if one is None or other is None or not any(are_alike(rule, one, other) for rule in rules):
            yield pair.pk


def _finish(search: DuplicateSearch, token: str) -> None:
    new = Duplicate.objects.filter(found_by=Duplicate.FoundBy.SEARCH, seen_in=search.pk, found_at=search.created_at)
    with transaction.atomic():
        held = carrying.held(DuplicateSearch, search.pk, token)
        held.status, held.handled, held.found, held.finished_at = Status.DONE, held.total, new.count(), timezone.now()
        held.save()
