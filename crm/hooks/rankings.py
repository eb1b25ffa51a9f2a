"""Offer an order: by what contacts can be ranked, so that a rule may ask for the top ten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.hooks.attributes import Choices
from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Ranking:
    """`value(subject)` answers an expression over Contact, never null; the highest comes first.

    `subjects` are the things it can be asked of (the score of which model).
    """

    name: str
    label: str
    value: Callable[[Any], Any]
    subjects: Choices | None = None


_rankings: Registry[Ranking] = Registry("ranking")


def register(ranking: Ranking) -> None:
    _rankings.register(ranking.name, ranking)


def get(name: str) -> Ranking:
    return _rankings.get(name)


def known(name: str) -> bool:
    return name in _rankings


def all_rankings() -> list[Ranking]:
    return _rankings.values()
