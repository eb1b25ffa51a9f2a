"""Offer a command: an entry in the menu of a record's page, whoever's record it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crm.hooks import records
from crm.hooks.registry import Registry, Text

EVERY_KIND = "*"
OPEN, SHEET, POST = "open", "sheet", "post"


@dataclass(frozen=True)
class Command:
    """`on` names the records whose menu shows it (“crm.account”; EVERY_KIND). `address(record)` is where it leads.

    `way` is OPEN (a page), SHEET (a page shown as a dialog) or POST (done at once; `confirm` asks first). It is offered to
    those who reach the record with `verb` (“view”: to everybody who sees it) and whose role grants `permission` (resource,
    verb), where `is_offered(record)` says so. The first `is_primary` one becomes the button of a page that has none of its
    own. Orders in use: edit 10, assign 20, contact actions 50, deactivate 80, delete 90.
    """

    name: str
    on: Sequence[str]
    label: Text
    icon: str
    address: Callable[[Any], str]
    way: str = OPEN
    verb: str = "change"
    is_offered: Callable[[Any], bool] | None = None
    permission: tuple[str, str] | None = None
    is_primary: bool = False
    confirm: Text = ""
    order: int = 50


_commands: Registry[Command] = Registry("record command")


def register(command: Command) -> None:
    _commands.register(command.name, command)


def commands_on(record: Any) -> list[Command]:
    """What this record's menu may offer, in order; the page leaves out what its reader may not do."""
    label = record._meta.label_lower
    names = {label, EVERY_KIND} if records.known(label) else {label}
    offered = [command for command in _commands.values() if names.intersection(command.on)]
    return sorted((c for c in offered if not c.is_offered or c.is_offered(record)), key=lambda command: command.order)
