"""Offer a number that adds up over a branch of accounts: what hangs on each account, as far as its reader sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Rollup:
    """`rows(user)` are what is counted, each with a column `account`; `amount` is the column summed up, in the company's
    base currency, or "".
    """

    name: str
    label: Text
    rows: Callable[[Any], QuerySet]
    amount: str = ""
    order: int = 50


_rollups: Registry[Rollup] = Registry("roll-up")


def register(rollup: Rollup) -> None:
    _rollups.register(rollup.name, rollup)


def all_rollups() -> list[Rollup]:
    return sorted(_rollups.values(), key=lambda rollup: rollup.order)
