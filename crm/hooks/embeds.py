"""Offer something of an app in emails: as a card, or as a list of what a reader has. Who shows it need not know what it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Card:
    """What is shown: plain texts. `price` is written as it is read (“€ 49.00 per month”); `image` and `url` may be empty."""

    title: str
    text: str = ""
    price: str = ""
    image: str = ""
    url: str = ""


@dataclass(frozen=True)
class Embed:
    """`find(user, words)` are up to 50 (id, label) that the user may see, for a picker; `cards(ids)` are the cards of those
    that can be shown to customers now: one that is missing is gone, or not offered any more."""

    name: str
    label: Text
    find: Callable[[Any, str], Sequence[tuple[int, str]]]
    cards: Callable[[Collection[int]], Mapping[int, Card]]


_embeds: Registry[Embed] = Registry("embed")


def register(embed: Embed) -> None:
    _embeds.register(embed.name, embed)


def get(name: str) -> Embed | None:
    """None where no app offers it: a product card in an installation that sells nothing."""
    return _embeds.get(name) if name in _embeds else None


def every() -> list[Embed]:
    return _embeds.values()


@dataclass(frozen=True)
class Listing:
    """What each reader has some of: `cards_of(contacts, most)` answers by contact her cards, at most so many each, asked for
    a whole batch of readers at once."""

    name: str
    label: Text
    cards_of: Callable[[Collection[int], int], Mapping[int, Sequence[Card]]]


_listings: Registry[Listing] = Registry("list for emails")


def register_listing(listing: Listing) -> None:
    _listings.register(listing.name, listing)


def listing(name: str) -> Listing | None:
    return _listings.get(name) if name in _listings else None


def listings() -> list[Listing]:
    return _listings.values()
