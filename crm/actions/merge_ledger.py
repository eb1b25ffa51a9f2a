"""What a merge writes down of every row it touches. Hooks change rows through it, and through nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditlog.registry import auditlog
from django.db.models import (
    CharField,
    Exists,
    F,
    Model,
    OuterRef,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    QuerySet,
)
from django.db.models.functions import Cast

from crm.audit import keep_in_bulk
from crm.hooks.merging import Moves
from crm.models import Merge, MergedRow
from crm.queries.merges import rows_naming
from crm.sql import insert_select, typed

if TYPE_CHECKING:
    from crm.models import User

What = MergedRow.What


class Ledger:
    """One merge under way. Both records are locked."""

    def __init__(self, merge: Merge, winner: Any, loser: Any, by: User | None, now: datetime) -> None:
        self.merge, self.winner, self.loser, self.by, self.now = merge, winner, loser, by, now
        self.step = (merge.rows.order_by("-step").values_list("step", flat=True).first() or 0) + 1

    def move(self, move: Moves) -> int:
        """Rows that name the loser name the winner from now on; what the winner has already is kept aside. Answers how many."""
        rows = rows_naming(move, self.merge.kind, self.loser.pk)
        for columns in move.once_per:
            like = self._known_to_winner(move, rows, columns)
            if move.leaves_like:
                rows = rows.exclude(pk__in=list(like.values_list("pk", flat=True)))
            else:
                self.remove(like)
        before = self._audited(move, rows)
        self._write(rows, What.MOVED, move.column)
        count = rows.update(**{move.column: self.winner.pk}, **next_version(move.model))
        keep_in_bulk([(row, {_name(move): [str(self.loser), str(self.winner)]}) for row in before], by=self.by)
        return count

    def change(self, row: Any, **columns: Any) -> Any:
        """Other values in some columns of one row; what is as it should be already is not touched."""
        wanted = {_column(row, name): getattr(value, "pk", value) for name, value in columns.items()}
        news = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        if not news:
            return row
        before = stored(row, news)
        for name, value in news.items():
            setattr(row, name, value)
        if "version" in next_version(type(row)):
            row.version += 1
        row.save()
        self._one(What.CHANGED, row, before=before, after=stored(row, news))
        return row

    def remove(self, rows: QuerySet) -> int:
        """Take rows away, each kept whole; answers how many."""
        kept = list(rows)
        for row in kept:
            self._one(What.REMOVED, row, before=stored(row, [field.attname for field in _columns(row)]))
        if kept:
            type(kept[0])._base_manager.filter(pk__in=[row.pk for row in kept]).delete()
        return len(kept)

    def nest(self, merge: Merge) -> None:
        """A further merge that this one brought about; it is undone with it."""
        self._one(What.NESTED, merge)

    def _known_to_winner(self, move: Moves, rows: QuerySet, columns: Any) -> QuerySet:
        same = {column: OuterRef(column) for column in columns}
        theirs = rows_naming(move, self.merge.kind, self.winner.pk).filter(**same)
        return rows.filter(Exists(theirs))

    def _audited(self, move: Moves, rows: QuerySet) -> list[Any]:
        """Rows whose history is kept: a write by set would hide the change."""
        return list(rows) if auditlog.contains(move.model) else []

    def _write(self, rows: QuerySet, what: str, column: str) -> None:
        text, small = CharField(), PositiveSmallIntegerField()
        said = {
            "merge_id": typed(self.merge.pk, Merge._meta.pk),
            "step": typed(self._next(), small),
            "what": typed(str(what), text),
            "label": typed(rows.model._meta.label_lower, text),
            "row": Cast("pk", text),
            "column": typed(column, text),
        }
        marked = rows.order_by().annotate(**{f"_{name}": value for name, value in said.items()})
        insert_select(MergedRow, list(said), marked.values_list(*(f"_{name}" for name in said)))

    def _one(self, what: str, row: Any, **values: Any) -> None:
        label = row._meta.label_lower
        MergedRow.objects.create(merge=self.merge, step=self._next(), what=what, label=label, row=str(row.pk), **values)

    def _next(self) -> int:
        self.step += 1
        return self.step - 1


def stored(row: Model, columns: Any) -> dict[str, Any]:
    """The values as JSON that loses nothing: what the model's own fields write and read again."""
    fields = {field.attname: field for field in _columns(row)}
    return {name: None if getattr(row, name) is None else fields[name].value_to_string(row) for name in columns}


def _column(row: Any, name: str) -> str:
    column: str = row._meta.get_field(name).attname
    return column


def next_version(model: Any) -> dict[str, Any]:
    """Who edits such a row meanwhile is told, as after any change."""
    counts = any(isinstance(field, PositiveIntegerField) and field.name == "version" for field in _columns(model))
    return {"version": F("version") + 1} if counts else {}


def _columns(row: Any) -> list[Any]:
    return [field for field in row._meta.concrete_fields if not field.generated]


def _name(move: Moves) -> str:
    return move.column.removesuffix("_id")
