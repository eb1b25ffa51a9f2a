"""Offer related records: a box on a page with their count, the first few, and the door to all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Related:
    """`on` is the page's record (“crm.account”), `kind` the related model (“sales.lead”), which the search knows how to show.

    `rows(user, record)` are those the reader sees, in order; `all(record)` is the address of the list of them.
    `amount(row)` answers what stands at the right, or "". `new(record)` leads to a new one for who may `add` it.
    """

    name: str
    on: str
    kind: str
    label: Text
    rows: Callable[[Any, Any], QuerySet]
    all: Callable[[Any], str]
    amount: Callable[[Any], Any] | None = None
    new: Callable[[Any], str] | None = None
    order: int = 50


_related: Registry[Related] = Registry("related record")


def register(related: Related) -> None:
    _related.register(f"{related.on} {related.name}", related)


def related_to(record: Any) -> list[Related]:
    label = record._meta.label_lower
    return sorted((one for one in _related.values() if one.on == label), key=lambda one: one.order)
