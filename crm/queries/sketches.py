"""Records of many kinds by one query: as much of each as its name and its page need, and whether a reader sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import JSONObject

Key = tuple[str, int]
"""(“crm.account”, 7)."""
Sight = Callable[[Any], QuerySet | None]
"""The rows of a model that count as seen, or None where everybody sees them."""
PLAIN = (models.CharField, models.IntegerField, models.BooleanField, models.ForeignKey, models.DateTimeField)


@dataclass(frozen=True)
class Sketch:
    """`record` has the columns that its model calls `named_by`, else its short ones; whatever else is asked of it is read then.

    Enough for its name and its address, not to be saved.
    """

    record: Any
    is_seen: bool


def sketches(keys: Iterable[Key], sight: Sight) -> dict[Key, Sketch]:
    """What is gone, or of no known kind, is not among them."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for label, pk in keys:
        wanted[label].add(pk)
    found = [(label, model, ids) for label, ids in sorted(wanted.items()) if (model := _model_of(label))]
    if not found:
        return {}
    first, *rest = [_rows(label, model, ids, sight(model)) for label, model, ids in found]
    known = {label: model for label, model, _ in found}
    rows = first.union(*rest, all=True) if rest else first
    return {(label, pk): Sketch(_drawn(known[label], columns), bool(is_seen)) for label, pk, columns, is_seen in rows}


def _drawn(model: Any, columns: dict[str, Any]) -> Any:
    names = _columns_of(model)
    return model.from_db(DEFAULT_DB_ALIAS, names, [columns[name] for name in names])


@cache
def _columns_of(model: Any) -> list[str]:
    """In the order of the model, as `from_db` wants them."""
    named = getattr(model, "named_by", ())
    concrete = [f for f in model._meta.concrete_fields if isinstance(f, PLAIN) and not f.generated]
    return [f.attname for f in concrete if f.primary_key or not named or f.attname in named]


def _rows(label: str, model: Any, ids: set[int], seen: QuerySet | None) -> QuerySet:
    columns = {name: F(name) for name in _columns_of(model)}
    is_seen: Any = Value(True) if seen is None else Exists(seen.filter(pk=OuterRef("pk")).order_by())
    rows: QuerySet = model._base_manager.filter(pk__in=ids).order_by()
    return rows.values_list(Value(label), "pk", JSONObject(**columns), is_seen)


def _model_of(label: str) -> Any:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None
