"""A small closed registry: by name, twice is an error, unknown is an error."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from django.utils.functional import Promise

T = TypeVar("T")
Text = str | Promise
"""Words for people, also those that are translated only when they are shown."""


class Registry(Generic[T]):
    """Filled from `wiring.py` at start-up, read afterwards. `noun` is used in its error messages."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}

    def register(self, name: str, item: T) -> T:
        if name in self._items:
            raise LookupError(f"The {self.noun} “{name}” is registered twice.")
        self._items[name] = item
        return item

    def get(self, name: str) -> T:
        """Raises LookupError with the known names where the name is unknown."""
        try:
            return self._items[name]
        except KeyError:
            raise LookupError(f"There is no {self.noun} “{name}”. Known: {', '.join(sorted(self._items))}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._items.items())

    def values(self) -> list[T]:
        return list(self._items.values())
