"""Ask that somebody works these contacts, or that a deal is opened for them. Sales answers; marketing and journeys ask without knowing sales."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Request:
    """One contact to hand over. `key` is unique per wish: the same key always gets the same receipt."""

    key: str
    contact: int
    topic: str
    campaign: int | None = None
    source: str = ""
    """What asked, in words, e.g. “Journey: Webinar follow-up”."""
    details: dict[str, Any] = field(default_factory=dict)
    """Facts worth showing to the owner, e.g. {"score": 85, "reasons": [...]}."""


@dataclass(frozen=True)
class Receipt:
    """What the desk answers for one contact handed over. `owner` is None where nobody could take it."""

    key: str
    lead: int
    owner: int | None
    is_new: bool

    @property
    def outcome(self) -> str:
        if self.owner is None:
            return "unassigned"
        return "new" if self.is_new else "known"


@dataclass(frozen=True)
class DealRequest:
    """One opportunity to open for a contact; `amount` is in the base currency. `key` is unique per wish, as in `Request`."""

    key: str
    contact: int
    topic: str
    amount: Decimal
    close_on: date
    owner: int | None
    campaign: int | None = None
    source: str = ""


@dataclass(frozen=True)
class DealReceipt:
    """What became of it. `outcome` is new, known (the contact has an open one: that is `opportunity`) or refused, for a `reason`."""

    key: str
    outcome: str
    opportunity: int | None = None
    owner: int | None = None
    reason: str = ""


Desk = Callable[[Sequence[Request]], list[Receipt]]
DealDesk = Callable[[Sequence[DealRequest]], list[DealReceipt]]
_desks: Registry[Desk] = Registry("desk")
_deal_desks: Registry[DealDesk] = Registry("desk for deals")


def register_desk(desk: Desk) -> None:
    """There is one desk; a second one is an error."""
    _desks.register("desk", desk)


def hand_over(requests: Sequence[Request]) -> list[Receipt]:
    """Hand contacts to whoever works leads, in one batch, inside the caller's transaction.

    Receipts come back in the order of the requests. Raises LookupError where no desk is installed.
    """
    return _desks.get("desk")(requests)


def register_deal_desk(desk: DealDesk) -> None:
    """There is one; a second one is an error."""
    _deal_desks.register("desk", desk)


def open_deals(requests: Sequence[DealRequest]) -> list[DealReceipt]:
    """Open an opportunity for each, in one batch, inside the caller's transaction; receipts in the order of the requests.

    Raises LookupError where no desk is installed.
    """
    return _deal_desks.get("desk")(requests)
