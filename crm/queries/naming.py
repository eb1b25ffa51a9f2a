"""The names of records for one reader, many at once: what they may not see has no name for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.queries.addresses import address_of
from crm.queries.sketches import Key, sketches

__all__ = ["Key", "Named", "names_for"]


@dataclass(frozen=True)
class Named:
    """What a reader knows of a record: its name and its page. `record` is None where they may not see it."""

    name: str
    address: str = ""
    record: Any = None


def names_for(user: Any, keys: Iterable[Key]) -> dict[Key, Named]:
    """Every key is answered, all by one query."""
    wanted = set(keys)
    unseen = Named(_("a record you may not see"))
    found = sketches(wanted, lambda model: _visible(model, user))
    return {key: _named(found[key].record) if key in found and found[key].is_seen else unseen for key in wanted}


def _named(record: Any) -> Named:
    return Named(str(record), address_of(record), record)


def _visible(model: Any, user: Any) -> QuerySet | None:
    rows = model._default_manager.all()
    return rows.visible_to(user) if hasattr(rows, "visible_to") else None
