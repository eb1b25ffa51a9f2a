"""What becomes of likeness: pairs to look at are raised, and judged to be different for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm.access.see import must_be_able_to
from crm.errors import Forbidden, NotAllowed
from crm.models import Duplicate, User
from crm.models.duplicates import KINDS
from crm.queries.duplicate_pairs import pairs_with_older
from crm.queries.duplicates import columns_of, hits_of
from crm.queries.likeness import rules_of

RAISED_AT_ONCE = 5
"""One new record raises at most so many pairs, the surest ones."""
Pair = tuple[int, int, int, str]
"""(one id, other id, strength, keys of rules with commas between them)."""


def raise_duplicates(records: Sequence[Any], *, found_by: str, now: datetime | None = None) -> int:
    """Note for review whatever these saved records of one kind are like; answers how many pairs. In the caller's transaction.

    A pair that was judged before stays as it was judged.
    """
    kind = records[0]._meta.label_lower if records else ""
    if kind not in KINDS:
        return 0
    columns = columns_of(kind)
    hits = hits_of(kind, [{name: getattr(record, name) for name in columns} for record in records])
    pairs = [
        (record.pk, hit.pk, hit.strength, ",".join(hit.keys))
        for record, found in zip(records, hits, strict=True)
        for hit in [hit for hit in found if hit.pk != record.pk][:RAISED_AT_ONCE]
    ]
    note_pairs(kind, pairs, found_by=found_by, now=now or timezone.now())
    return len(pairs)


def raise_new(kind: str, new: QuerySet, *, found_by: str, now: datetime) -> int:
    """The same for many saved records of a kind, whose ids `new` answers, by set: a query a rule, whatever their number."""
    found: dict[int, dict[int, tuple[int, list[str]]]] = defaultdict(dict)
    for rule in rules_of(kind):
        for older, mine in pairs_with_older(rule, new):
            _strength, keys = found[mine].setdefault(older, (rule.strength, []))
            keys.append(rule.key)
    pairs = [
        (mine, older, strength, ",".join(keys))
        for mine, alike in found.items()
        for older, (strength, keys) in sorted(alike.items(), key=_surest)[:RAISED_AT_ONCE]
    ]
    note_pairs(kind, pairs, found_by=found_by, now=now)
    return len(pairs)


def _surest(hit: tuple[int, tuple[int, list[str]]]) -> tuple[int, int, int]:
    """As `hits_of` orders them. The rules come the surest first, so that the first one's strength is the pair's."""
    older, (strength, keys) = hit
    return -strength, -len(keys), older


def note_pairs(kind: str, pairs: Iterable[Pair], *, found_by: str, now: datetime, seen_in: int = 0) -> None:
    """Write pairs down; of a known one the reasons are brought up to date, and its status stays.

    Within one search (`seen_in`) reasons add up: each rule tells its own.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    rows = [
        [kind, min(one, other), max(one, other), strength, reasons[:300], found_by, moment, seen_in]
        for one, other, strength, reasons in pairs
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(NOTE, rows)


NOTE = """
    INSERT INTO crm_duplicate (kind, first_id, second_id, strength, reasons, status, found_by, found_at, seen_in)
    VALUES (%s, %s, %s, %s, %s, 'open', %s, %s, %s)
    ON CONFLICT (kind, first_id, second_id) DO UPDATE SET
        strength = CASE WHEN crm_duplicate.seen_in = excluded.seen_in AND crm_duplicate.strength > excluded.strength
            THEN crm_duplicate.strength ELSE excluded.strength END,
        reasons = CASE WHEN crm_duplicate.seen_in <> excluded.seen_in THEN excluded.reasons
            WHEN ',' || crm_duplicate.reasons || ',' LIKE '%%,' || excluded.reasons || ',%%' THEN crm_duplicate.reasons
            ELSE substr(crm_duplicate.reasons || ',' || excluded.reasons, 1, 300) END,
        seen_in = excluded.seen_in
"""


@transaction.atomic
def dismiss_duplicate(pair: Duplicate, *, by: User) -> Duplicate:
    """Not a duplicate: remembered for ever. Raises NotAllowed where the pair was merged, Forbidden for who may change neither."""
    dismiss_duplicates([pair.pk], by=by)
    return Duplicate.objects.get(pk=pair.pk)


@transaction.atomic
def dismiss_duplicates(pairs: Collection[int], *, by: User) -> int:
    """The same for many pairs; answers how many were open. One that may not be dismissed refuses all."""
    rows = list(Duplicate.objects.visible_to(by).select_for_update().filter(pk__in=pairs).order_by("pk"))
    for pair in rows:
        if pair.status == Duplicate.Status.MERGED:
            raise NotAllowed("These two were merged into one. Undo the merge to part them again.")
        _must_be_able_to_judge(pair, by)
    fresh = [pair.pk for pair in rows if pair.status == Duplicate.Status.OPEN]
    return Duplicate.objects.filter(pk__in=fresh).update(
        status=Duplicate.Status.DISMISSED, decided_at=timezone.now(), decided_by=by
    )


@transaction.atomic
def look_again(pair: Duplicate, *, by: User) -> Duplicate:
    """It was dismissed by mistake: back into the queue."""
    locked = Duplicate.objects.select_for_update().get(pk=pair.pk)
    if locked.status != Duplicate.Status.DISMISSED:
        raise NotAllowed("This pair was not put aside.")
    _must_be_able_to_judge(locked, by)
    locked.status, locked.decided_at, locked.decided_by = Duplicate.Status.OPEN, None, None
    locked.save()
    return locked


def _must_be_able_to_judge(pair: Duplicate, by: User) -> None:
    """Whoever may change one of the two may say that they are not the same."""
    records = list(KINDS[pair.kind].objects.filter(pk__in=[pair.first_id, pair.second_id]))
    refused: Forbidden | None = None
    for record in records:
        try:
            must_be_able_to(by, "change", record)
        except Forbidden as problem:
            refused = problem
        else:
            return
    if refused:
        raise refused
