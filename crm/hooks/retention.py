"""Offer a kind of data that grows old: after how many days it may go, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text


def delete(rows: QuerySet) -> int:
    """The usual way to clear; answers how many rows went, without those that hung on them."""
    _, by_model = rows.delete()
    return by_model.get(rows.model._meta.label, 0)


@dataclass(frozen=True)
class Keeping:
    """`old(before)` are the rows that are older than a moment; `clear(rows)` lets a batch of them go.

    `days` is what a new Tandem starts with (None: kept for ever), `least` the fewest days that anybody may choose.
    """

    name: str
    label: Text
    says: Text
    old: Callable[[datetime], QuerySet]
    clear: Callable[[QuerySet], int] = delete
    days: int | None = None
    least: int = 1
    order: int = 50


_keepings: Registry[Keeping] = Registry("kind of retention")


def register(*keepings: Keeping) -> None:
    for keeping in keepings:
        _keepings.register(keeping.name, keeping)


def get(name: str) -> Keeping:
    return _keepings.get(name)


def known(name: str) -> bool:
    return name in _keepings


def all_keepings() -> list[Keeping]:
    return sorted(_keepings.values(), key=lambda keeping: keeping.order)
