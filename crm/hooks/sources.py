"""Offer what behaviour can happen on: the email that was opened, the event somebody registered for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class SourceType:
    """`name` is the model's label, as the log names it (“marketing.email”); `kinds` are what can happen on it.

    `choices()` answers (id, label) of the records that an editor offers, newest first. `visible(user)` are the records
    whose links that user may be shown, where they have links.
    """

    name: str
    label: str
    kinds: tuple[str, ...]
    choices: Callable[[], Sequence[tuple[int, str]]]
    visible: Callable[[Any], QuerySet] | None = None


_types: Registry[SourceType] = Registry("source")


def register(source: SourceType) -> None:
    _types.register(source.name, source)


def all_sources() -> list[SourceType]:
    return _types.values()


def name_of(kind_of_record: str, pk: int) -> str:
    """How a person calls the source: “Invitation”; its address in the log where nobody knows it."""
    for source in _types.values():
        if source.name == kind_of_record:
            return next((label for key, label in source.choices() if key == pk), f"{source.label.lower()} {pk}")
    return f"{kind_of_record}:{pk}"
