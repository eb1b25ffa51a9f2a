"""Offer a result: one step of a campaign's funnel, counted by the app that knows it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Result:
    """One step of the funnel, e.g. “Opened”.

    `count(campaign)` answers how many people; `people(campaign)` a values queryset of their contact ids, so that the
    number is a door. `money(campaign)` answers (amount, currency code) where the step is worth money, or None.
    `count` must be the number of distinct ids that `people` answers.
    """

    name: str
    label: Text
    count: Callable[[Any], int]
    people: Callable[[Any], QuerySet]
    money: Callable[[Any], tuple[Decimal, str] | None] | None = None
    order: int = 50


_results: Registry[Result] = Registry("campaign result")


def register(
    name: str,
    label: Text,
    count: Callable[[Any], int],
    people: Callable[[Any], QuerySet],
    money: Callable[[Any], tuple[Decimal, str] | None] | None = None,
    order: int = 50,
) -> None:
    """Orders in use: invited 10, delivered 20, opened 30, clicked 40, registered 50, leads 60, opportunities 70, revenue 80."""
    _results.register(name, Result(name, label, count, people, money, order))


def get(name: str) -> Result:
    return _results.get(name)


def all_results() -> list[Result]:
    return sorted(_results.values(), key=lambda result: result.order)
