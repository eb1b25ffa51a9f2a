"""What the built-in actions do with a batch, and how each is reverted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from crm.actions.activation import deactivate_record, reactivate_record
from crm.actions.assignment import assign_record
from crm.actions.bin import delete_records, restore_record
from crm.actions.many import change_records, put_back
from crm.actions.notifications import hushed, notify
from crm.actions.plain import save_counted
from crm.actions.tags import tag_records, tags_of, untag_records
from crm.errors import CrmError
from crm.hooks import records
from crm.hooks.bulk_actions import Batch, Outcome, done, one_by_one, skipped
from crm.models import BulkRun, Deletion, User

OWNERSHIP = ("owner", "team")


# One field


def edit(batch: Batch) -> dict[int, Outcome]:
    return change_records(batch.rows, {batch.values["field"]: batch.values["value"]}, by=batch.by)


def undo_edit(batch: Batch) -> dict[int, Outcome]:
    return put_back(batch.rows, batch.befores, by=batch.by)


# The owner


def assign(batch: Batch) -> dict[int, Outcome]:
    """As by hand, but the new owner is told once, of all of them (`tell_the_new_owner`)."""
    owner = batch.values["owner"]
    news, known = [], {}
    for row in batch.rows:
        if row.owner_id == owner.pk:
            known[row.pk] = skipped(_("It is theirs already."))
        elif why := records.kind_of(row).why_locked(row):
            known[row.pk] = skipped(_("It cannot be given away. %s") % why)
        else:
            news.append(row)
    with hushed("assigned"):
        given = one_by_one(_give, before=_ownership)(Batch(batch.run, batch.by, {"owner": owner}, news))
    return {**known, **{pk: _with_after(outcome, owner) for pk, outcome in given.items()}}


def _give(row: Any, *, owner: User, by: User) -> None:
    assign_record(row, owner=owner, by=by)


def _ownership(row: Any) -> dict[str, Any]:
    return {name: getattr(row, f"{name}_id") for name in OWNERSHIP}


def _with_after(outcome: Outcome, owner: User) -> Outcome:
    return Outcome(outcome.verdict, outcome.sentence, {"was": outcome.before, "is": owner.pk})


def undo_assign(batch: Batch) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for row in batch.rows:
        kept = batch.befores[row.pk]
        if row.owner_id != kept["is"]:
            outcomes[row.pk] = skipped(_("It has been given to %s since.") % (row.owner or row.team or _("nobody")))
        else:
            was = {f"{name}_id": kept["was"][name] for name in OWNERSHIP}
            with hushed("assigned"):
                outcomes |= one_by_one(_give_back)(Batch(batch.run, batch.by, was, [row]))
    return outcomes


def _give_back(row: Any, *, owner_id: int | None, team_id: int | None, by: User) -> None:
    """To whom it was; what was nobody’s is nobody’s again."""
    owner = User.objects.filter(pk=owner_id or 0).first()
    model: Any = type(row)
    if owner:
        assign_record(row, owner=owner, by=by)
    locked = model.objects.select_for_update().get(pk=row.pk)
    if (locked.owner_id, locked.team_id) != (owner_id, team_id):
        locked.owner_id, locked.team_id = owner_id, team_id
        save_counted(locked)


def tell_the_new_owner(run: BulkRun, *, by: User, values: Any, beat: Callable[[], None]) -> None:
    """“Max gave you 412 contacts.”"""
    owner, kind = values["owner"], records.get(run.kind)
    if owner == by or not run.done_count:
        return
    from django.urls import reverse

    what = kind.label if run.done_count == 1 else kind.plural
    text = _("%(by)s gave you %(n)s %(what)s.") % {"by": by, "n": f"{run.done_count:,}", "what": str(what).lower()}
    address = f"{reverse(kind.list_url)}?owner={owner.pk}"
    notify(owner, text, address, kind.icon, key=f"bulk:{run.pk}:given", kind="assigned")


# Tags


def tag(batch: Batch) -> dict[int, Outcome]:
    return _tagged(batch, batch.values["tags"], is_adding=True)


def untag(batch: Batch) -> dict[int, Outcome]:
    return _tagged(batch, batch.values["tags"], is_adding=False)


def undo_tag(batch: Batch) -> dict[int, Outcome]:
    return _undo_tags(batch, is_adding=False)


def undo_untag(batch: Batch) -> dict[int, Outcome]:
    return _undo_tags(batch, is_adding=True)


def _undo_tags(batch: Batch, *, is_adding: bool) -> dict[int, Outcome]:
    """Each row its own tags; those that were put on or taken off since by somebody are as they should be already."""
    outcomes: dict[int, Outcome] = {}
    alike: dict[tuple[str, ...], list[Any]] = {}
    for row in batch.rows:
        alike.setdefault(tuple((batch.befores[row.pk] or {}).get("tags", ())), []).append(row)
    for names, rows in alike.items():
        outcomes |= _tagged(Batch(batch.run, batch.by, {}, rows), list(names), is_adding=is_adding)
    return outcomes


def _tagged(batch: Batch, names: list[str], *, is_adding: bool) -> dict[int, Outcome]:
    """Keeps which of the tags were news for each row."""
    before = tags_of(batch.rows)
    outcomes: dict[int, Outcome] = {}
    for row in batch.rows:
        on = {tag.name.casefold() for tag in before.get(row.pk, [])}
        news = [name for name in names if (name.casefold() in on) != is_adding]
        why = records.kind_of(row).why_locked(row)
        if why:
            outcomes[row.pk] = skipped(_("It cannot be tagged. %s") % why)
        elif not news:
            outcomes[row.pk] = skipped(_("It has them already.") if is_adding else _("It has none of them."))
        else:
            outcomes[row.pk] = done({"tags": news})
    changing = [row for row in batch.rows if outcomes[row.pk].before]
    (tag_records if is_adding else untag_records)(changing, names, by=batch.by)
    return outcomes


# The bin


def delete(batch: Batch) -> dict[int, Outcome]:
    gone = delete_records(batch.rows, by=batch.by)
    refused = {pk: skipped(why) for pk, why in gone.refused.items()}
    return {**refused, **{pk: done({"deletion": put.pk}) for pk, put in gone.deletions.items()}}


def restore(batch: Batch) -> dict[int, Outcome]:
    """Also what reverts a deletion: the rows lie in the bin."""
    resting = Deletion.objects.in_bin().filter(
        record_type__app_label=batch.rows[0]._meta.app_label,
        record_type__model=batch.rows[0]._meta.model_name,
        record_id__in=[row.pk for row in batch.rows],
    )
    deletions = {one.record_id: one for one in resting}
    outcomes: dict[int, Outcome] = {}
    for row in batch.rows:
        if row.pk not in deletions:
            outcomes[row.pk] = skipped(_("It went into the bin with something else, and comes back with that."))
            continue
        try:
            restore_record(deletions[row.pk], by=batch.by)
            outcomes[row.pk] = done()
        except CrmError as problem:
            outcomes[row.pk] = skipped(problem.message)
    return outcomes


def undo_delete(batch: Batch) -> dict[int, Outcome]:
    """Not what was restored and deleted once more since: that is somebody else's deletion."""
    ours = {kept["deletion"] for kept in batch.befores.values() if kept}
    still = set(Deletion.objects.in_bin().filter(pk__in=ours).values_list("record_id", flat=True))
    again = {
        row.pk: skipped(_("It was restored, and deleted again, since.")) for row in batch.rows if row.pk not in still
    }
    rows = [row for row in batch.rows if row.pk in still]
    return {**again, **(restore(Batch(batch.run, batch.by, {}, rows)) if rows else {})}


# Active or not

deactivate = one_by_one(deactivate_record)
reactivate = one_by_one(reactivate_record)
