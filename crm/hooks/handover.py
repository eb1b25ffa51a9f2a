"""Ask that somebody works these contacts. Sales answers; marketing and journeys ask without knowing sales."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


Desk = Callable[[Sequence[Request]], list[Receipt]]
_desks: Registry[Desk] = Registry("desk")


def register_desk(desk: Desk) -> None:
    """There is one desk; a second one is an error."""
    _desks.register("desk", desk)


def hand_over(requests: Sequence[Request]) -> list[Receipt]:
    """Hand contacts to whoever works leads, in one batch, inside the caller's transaction.

    Receipts come back in the order of the requests. Raises LookupError where no desk is installed.
    """
    return _desks.get("desk")(requests)
