"""Two records become one, and two again: field by field, with every row of every app, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.access.see import must_be_able_to
from crm.actions.contacts import lock_address
from crm.actions.merge_ledger import Ledger
from crm.actions.notifications import notify
from crm.actions.tags import tags_of
from crm.audit import changing, keep_in_bulk
from crm.errors import Invalid, NotAllowed, Stale
from crm.hooks import merging as hook
from crm.hooks import records
from crm.log.quiet import quietly
from crm.log.recording import record as tell_the_log
from crm.models import Account, Contact, Duplicate, Merge, User
from crm.queries.merge_fields import chosen_columns

GATHERED_AFTER = timedelta(seconds=60)


def merge_records(
    winner: Any,
    loser: Any,
    values: Mapping[str, Any] | None = None,
    *,
    by: User,
    versions: tuple[int, int] | None = None,
) -> Merge:
    """Make `loser` part of `winner`; answers the merge, by which it can be undone.

    `values` are the fields (by their names in the kind, “custom.plan” too) whose value was chosen, each the value of one of
    the two; of any other field the winner's value stays, and what is blank there is taken from the loser. Tags are united.
    Rows of every app move (crm/hooks/merging.py). The loser rests, and its id leads to the winner. No journey starts by it.
    `versions` are those that the chooser saw, of winner and loser. Raises Forbidden, NotAllowed with the reason, Stale,
    and Invalid with the field where a value is neither's.
    """
    for record in (winner, loser):
        must_be_able_to(by, "merge", record)
    with transaction.atomic(), quietly("merge"), changing("merge", by=by):
        winner, loser = _locked(winner, loser)
        if versions is not None and versions != (winner.version, loser.version):
            raise Stale("Somebody else saved one of the two meanwhile. Look at them again and repeat your choice.")
        return merge_locked(winner, loser, values or {}, by=by)


def merge_locked(
    winner: Any, loser: Any, values: Mapping[str, Any], *, by: User | None, part_of: Merge | None = None
) -> Merge:
    """The merge itself, of two locked records; hooks call it for what is merged along with it."""
    kind = winner._meta.label_lower
    _must_be_possible(kind, winner, loser, is_part=part_of is not None)
    now = timezone.now()
    merge = Merge.objects.create(
        kind=kind,
        winner_id=winner.pk,
        loser_id=loser.pk,
        title=f"{loser} → {winner}"[:300],
        part_of=part_of,
        merged_by=by,
        merged_at=now,
    )
    ledger = Ledger(merge, winner, loser, by, now)
    columns = chosen_columns(winner, loser, values)
    before = tags_of([winner]).get(winner.pk, [])
    ledger.change(loser, deleted_at=now, merged_into=winner)
    for consequence in hook.firsts_on(kind):
        consequence.run(ledger)
    move_rows(ledger)
    winner.refresh_from_db()
    ledger.change(winner, **hook.settled(kind, winner, loser, columns))
    touch(winner)
    _keep_tags(winner, before, by)
    _settle_pairs(ledger)
    tell_of("record.merged", merge, winner, by)
    if part_of is None:
        _tell_the_losers_owner(winner, loser, by)
    return merge


def touch(record: Any) -> None:
    """A new version even where no value changed: what hangs on the record did, and rules and scores look at it again."""
    record.version += 1
    type(record)._base_manager.filter(pk=record.pk).update(version=record.version, updated_at=timezone.now())


def move_rows(ledger: Ledger) -> int:
    """Whatever names the loser names the winner; answers how many rows."""
    return sum(ledger.move(move) for move in hook.moves_on(ledger.merge.kind))


def is_late(now: datetime) -> bool:
    return Merge.objects.in_force().filter(gathered_at=None, merged_at__lte=now - GATHERED_AFTER).exists()


def gather_latecomers(now: datetime) -> int:
    """Rows that another transaction wrote for a loser while it was being merged: they follow. Answers how many merges were looked at.

    A writer that began before the merge ends within seconds; a minute later nothing can come any more.
    """
    late = Merge.objects.in_force().filter(gathered_at=None, merged_at__lte=now - GATHERED_AFTER)
    looked_at = list(late.order_by("pk")[:200])
    for merge in looked_at:
        with transaction.atomic(), quietly("merge"), changing("merge", about=f"Merge {merge.pk}"):
            _gather(merge, now)
    return len(looked_at)


def _gather(merge: Merge, now: datetime) -> None:
    locked = Merge.objects.select_for_update().filter(pk=merge.pk, undone_at=None, gathered_at=None).first()
    if locked is None:
        return
    rows = {record.pk: record for record in lock_rows(hook.model_of(merge.kind), [merge.winner_id, merge.loser_id])}
    if len(rows) == 2:
        ledger = Ledger(locked, rows[merge.winner_id], rows[merge.loser_id], locked.merged_by, now)
        for consequence in hook.firsts_on(merge.kind):
            consequence.run(ledger)
        move_rows(ledger)
    locked.gathered_at = now
    locked.save(update_fields=["gathered_at"])


def _locked(winner: Any, loser: Any) -> tuple[Any, Any]:
    """Addresses first, as a capture takes them, then the rows, each in one order: two merges wait and never embrace."""
    model = type(winner)
    if type(loser) is not model or not hook.is_kind(model._meta.label_lower):
        raise Invalid("Only two records of one kind become one.", field="loser")
    lock_people(people_of([winner, loser]))
    rows = {row.pk: row for row in lock_rows(model, [winner.pk, loser.pk])}
    return rows[winner.pk], rows[loser.pk]


def lock_people(contacts: Collection[Contact]) -> None:
    """Hold the addresses of these people, so that nobody captures one of them meanwhile."""
    for address in sorted({contact.email.strip().lower() for contact in contacts}):
        lock_address(address)


def people_of(rows: Collection[Any]) -> list[Contact]:
    return [person for row in rows if (person := row if isinstance(row, Contact) else getattr(row, "contact", None))]


def lock_rows(model: Any, ids: Collection[int]) -> list[Any]:
    """In the order of their ids. Not against rows that merely name them: those are gathered later."""
    rows = model._base_manager.filter(pk__in=ids).order_by("pk")
    return list(rows.select_for_update(no_key=True) if connection.features.has_select_for_no_key_update else rows)


def _must_be_possible(kind: str, winner: Any, loser: Any, *, is_part: bool) -> None:
    if winner.pk == loser.pk:
        raise Invalid("A record cannot be merged into itself.", field="loser")
    for record in (winner, loser):
        if record.merged_into_id:
            raise NotAllowed(f"“{record}” was merged already, into “{record.merged_into}”.")
        if record.deleted_at:
            raise NotAllowed(f"“{record}” is in the bin.")
    if why := records.get(kind).why_locked(winner):
        raise NotAllowed(f"Nothing can be merged into “{winner}”. {why}")
    if not is_part and (why := hook.why_not(kind, winner, loser)):
        raise NotAllowed(why)


def _keep_tags(winner: Any, before: list[Any], by: User | None) -> None:
    """The rows of tags have moved; the history tells the union."""
    after = tags_of([winner]).get(winner.pk, [])
    if before != after:
        keep_in_bulk([(winner, {"tags": [", ".join(map(str, before)), ", ".join(map(str, after))]})], by=by)


def _settle_pairs(ledger: Ledger) -> None:
    """The pair is merged; open pairs of the loser are now pairs of the winner, unless the winner has them already."""
    merge = ledger.merge
    pairs = Duplicate.objects.filter(kind=merge.kind)
    for pair in pairs.about(ledger.loser).order_by("pk"):
        other = pair.second_id if pair.first_id == merge.loser_id else pair.first_id
        if other == merge.winner_id:
            ledger.change(pair, status=Duplicate.Status.MERGED, decided_at=ledger.now, decided_by_id=merge.merged_by_id)
        elif pair.status == Duplicate.Status.OPEN:
            _follow(ledger, pair, other)


def _follow(ledger: Ledger, pair: Duplicate, other: int) -> None:
    first, second = sorted((ledger.merge.winner_id, other))
    known = Duplicate.objects.filter(kind=pair.kind, first_id=first, second_id=second).exists()
    if known:
        ledger.remove(Duplicate.objects.filter(pk=pair.pk))
    else:
        ledger.change(pair, first_id=first, second_id=second)


def tell_of(what: str, merge: Merge, record: Any, by: User | None) -> None:
    about = {"contact": record} if isinstance(record, Contact) else {"account": record}
    if not isinstance(record, Contact | Account):
        about = {"contact": record.contact_id}
    data = {"text": merge.title, "kind": merge.kind, "winner": merge.winner_id, "loser": merge.loser_id}
    tell_the_log(what, source=merge, by=by, data=data, **about)


def _tell_the_losers_owner(winner: Any, loser: Any, by: User | None) -> None:
    if by and loser.owner_id not in (None, by.pk):
        sentence = f"{by} merged your {winner._meta.verbose_name} “{loser}” into “{winner}”."
        notify(loser.owner_id, sentence, winner.get_absolute_url(), "git-merge")
