"""Offer a door: what stands in the menu, in ⌘K and under “+ New”."""

from dataclasses import dataclass

from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Door:
    """A menu entry. `url` is a URL name; who lacks `permission` (resource, verb) does not see it.

    `area` is one of sales, marketing, setup, new; “mine” is the menu under a person's own name. `icon` is a name of the icon sprite.
    """

    name: str
    area: str
    label: Text
    url: str
    icon: str
    permission: tuple[str, str]
    order: int = 50


_doors: Registry[Door] = Registry("door")


def register(door: Door) -> None:
    _doors.register(door.name, door)


def doors() -> list[Door]:
    return sorted(_doors.values(), key=lambda d: d.order)
