"""Offer a command on one contact or on a set of them (a selection, a segment)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class ContactAction:
    """`run(contact_ids, by=user, **values)` answers a sentence for the person who asked.

    `form(user)` answers a Django form for what it needs to know, or is None. `permission` is (resource, verb).
    `run_many`, with the same words, answers {contact: why it was left out}; for bulk work, which tells it of each row.
    """

    name: str
    label: str
    run: Callable[..., str]
    permission: tuple[str, str]
    form: Callable[..., Any] | None = None
    run_many: Callable[..., dict[int, Text]] | None = None


_actions: Registry[ContactAction] = Registry("contact action")


def register(action: ContactAction) -> None:
    _actions.register(action.name, action)


def get(name: str) -> ContactAction:
    return _actions.get(name)


def all_actions() -> list[ContactAction]:
    return _actions.values()
