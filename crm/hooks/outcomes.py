"""Offer what came of a message: a lead, a deal, revenue – counted by the app that knows it, for whoever sent the message."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from crm.hooks.registry import Registry, Text
from crm.models.messages import Message


@dataclass(frozen=True)
class Outcome:
    """`came(within)` is a condition over Message: it happened to the reader not before she was sent it, and within that time.

    `money(messages, within)` answers what it was worth (amount, currency code), each thing counted once.
    """

    name: str
    label: Text
    came: Callable[[timedelta], Q]
    money: Callable[[QuerySet[Message], timedelta], tuple[Decimal, str]] | None = None
    order: int = 50


_outcomes: Registry[Outcome] = Registry("outcome")


def register(outcome: Outcome) -> None:
    _outcomes.register(outcome.name, outcome)


def known(name: str) -> bool:
    return any(one.name == name for one in _outcomes.values())


def get(name: str) -> Outcome:
    return _outcomes.get(name)


def all_outcomes() -> list[Outcome]:
    return sorted(_outcomes.values(), key=lambda outcome: outcome.order)
