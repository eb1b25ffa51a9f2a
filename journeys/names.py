"""What steps refer to, by name. Inside `remembering()` each table is asked once, however many steps name its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import JSONField, Model, TextField

_memory: ContextVar[dict[Any, Any] | None] = ContextVar("names", default=None)
MOST = 500


@contextmanager
def remembering() -> Iterator[None]:
    """For the length of a page: what was looked up once is not looked up again."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def all_rows(model: type[Model]) -> dict[int, Any]:
    """{id: row} of the newest rows that are not in the bin, without their long columns."""
    memory = _memory.get()
    if memory is not None and model in memory:
        return memory[model]
    columns = model._meta.concrete_fields
    rows = model._default_manager.order_by("-pk")
    if any(column.name == "deleted_at" for column in columns):
        rows = rows.filter(deleted_at=None)
    long = [column.name for column in columns if isinstance(column, TextField | JSONField)]
    found = {row.pk: row for row in rows.defer(*long)[:MOST]}
    if memory is not None:
        memory[model] = found
    return found


def once(name: str, ask: Callable[[], Any]) -> Any:
    """What `ask` answers; on a page it is asked once."""
    memory = _memory.get()
    if memory is None:
        return ask()
    if name not in memory:
        memory[name] = ask()
    return memory[name]


def row_of(model: type[Model], pk: Any) -> Any:
    """One row, or None. A row in the bin is found too: its name still says what a step meant."""
    if not pk:
        return None
    if _memory.get() is not None and (found := all_rows(model).get(pk)):
        return found
    return model._default_manager.filter(pk=pk).first()


def all_names(model: type[Model], column: str = "name") -> dict[int, str]:
    return {pk: getattr(row, column) for pk, row in all_rows(model).items()}


def name_of(model: type[Model], pk: Any, column: str = "name") -> str:
    """The name of one row; "" where there is none."""
    row = row_of(model, pk)
    return getattr(row, column) if row else ""


def quoted(name: str) -> str:
    return f"“{name}”" if name else ""
