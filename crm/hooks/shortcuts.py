"""Offer a quicker way to ask everybody about behaviour: a roll-up of the log that an app keeps up to date.

Rules ask it instead of the log where it answers; a single person is always judged by the log itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from crm.hooks.registry import Registry

if TYPE_CHECKING:
    from crm.rules.tree import Did

Shortcut = Callable[["Did", datetime], Q | None]

_shortcuts: Registry[Shortcut] = Registry("shortcut")


def register(name: str, shortcut: Shortcut) -> None:
    """`shortcut(did, now)` answers a Q over Contact, true or false and never unknown, or None where it does not know."""
    _shortcuts.register(name, shortcut)


def answer(did: Did, now: datetime) -> Q | None:
    return next((found for shortcut in _shortcuts.values() if (found := shortcut(did, now)) is not None), None)
