"""What a merge would move, and what it has moved and changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, IntegerField, JSONField, Model, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from crm.hooks import merging, records
from crm.hooks.merging import Moves
from crm.hooks.records import Field
from crm.hooks.registry import Text
from crm.models import Merge, MergedRow

What = MergedRow.What


@dataclass(frozen=True)
class Counted:
    """So many rows of a kind."""

    noun: Text
    count: int


@dataclass(frozen=True)
class TwoStates:
    """The fields that changed, and two records in memory that have only these values."""

    fields: list[Field]
    before: Any
    after: Any


def would_move(record: Any) -> list[Counted]:
    """What hangs on a record and would go along with it, in one query."""
    kind = record._meta.label_lower
    moves = [move for move in merging.moves_on(kind) if move.is_counted]
    marks: dict[str, Any] = {}
    for index, move in enumerate(moves):
        rows = rows_naming(move, kind, record.pk).order_by().values(_one=Value(1)).annotate(_n=Count("pk")).values("_n")
        marks[f"n{index}"] = Coalesce(Subquery(rows, output_field=IntegerField()), 0)
    found = type(record)._base_manager.filter(pk=record.pk).values(**marks).get()
    by_model: dict[type[Model], int] = defaultdict(int)
    for index, move in enumerate(moves):
        by_model[move.model] = max(by_model[move.model], found[f"n{index}"])  # an activity may name it twice
    return [_counted(model, count) for model, count in by_model.items() if count]


def has_moved(merge: Merge) -> list[Counted]:
    """What the merge has taken along, by the kind of row."""
    rows = merge.rows.filter(what=What.MOVED).order_by().values("label").annotate(n=Count("row", distinct=True))
    models = [(apps.get_model(row["label"]), row["n"]) for row in rows.order_by("label")]
    return [_counted(model, count) for model, count in models]


def kept_aside(merge: Merge) -> int:
    return merge.rows.filter(what=What.REMOVED).count()


def two_states(merge: Merge) -> TwoStates:
    """The record that stays, as it was and as the merge left it, in the fields that the merge has changed."""
    kind = records.get(merge.kind)
    model: Any = kind.model
    rows = merge.rows.filter(what=What.CHANGED, label=merge.kind, row=str(merge.winner_id)).order_by("step")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for row in rows:
        before = {**(row.before or {}), **before}
        after |= row.after or {}
    old, new = model(**read_back(model, before)), model(**read_back(model, after))
    told = [field for field in kind.all_fields() if field.is_column and _column(model, field) in before]
    fields = [f for f in told if not f.is_custom or f.value_of(old) != f.value_of(new)]
    return TwoStates(fields, old, new)


def _column(model: Any, field: Field) -> str:
    if field.is_custom or field.name == "tags":
        return "custom" if field.is_custom else ""
    return str(model._meta.get_field(field.name).attname)


def rows_naming(move: Moves, kind: str, pk: int) -> QuerySet:
    """The rows that name this record in the way that `move` tells."""
    rows = move.model._base_manager.filter(**{move.column: pk})
    if not move.kind_column:
        return rows
    field: Any = move.model._meta.get_field(move.kind_column.removesuffix("_id"))
    if field.related_model is ContentType:
        return rows.filter(**{move.kind_column: ContentType.objects.get_for_model(merging.model_of(kind)).pk})
    return rows.filter(**{move.kind_column: kind})


def read_back(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Columns as a merge keeps them in JSON -> as the model takes them."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: value if value is None or isinstance(fields[name], JSONField) else fields[name].to_python(value)
        for name, value in values.items()
    }


def merges_into(record: Any) -> Any:
    """The merges in force that this record is made of, the newest first; what came about along with them is not told."""
    return Merge.objects.in_force().filter(kind=record._meta.label_lower, winner_id=record.pk, part_of=None)


def _counted(model: type[Model], count: int) -> Counted:
    noun = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
    return Counted(noun or "", count)
