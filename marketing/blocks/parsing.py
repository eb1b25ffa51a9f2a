"""Stored JSON -> blocks. Everything that is no block is caught here, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.errors import Invalid
from crm.rich_text import clean_rich
from marketing.blocks.kinds import KINDS, BlockField, BlockKind
from marketing.models import Event

MAX_BLOCKS = 200
MAX_TEXT = 50_000


@dataclass(frozen=True)
class Block:
    """One block with every field of its kind. `event` is the record that an event block shows, if it exists."""

    id: str
    kind: BlockKind
    values: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse_blocks(stored: Any) -> list[Block]:
    """Raises Invalid with the path of what is wrong, e.g. “blocks[2].width”."""
    if not isinstance(stored, list):
        raise Invalid("The blocks are a list.", field="blocks")
    if len(stored) > MAX_BLOCKS:
        raise Invalid(f"An email has at most {MAX_BLOCKS} blocks; this has {len(stored)}.", field="blocks")
    parsed = [_block(one, f"blocks[{index}]") for index, one in enumerate(stored)]
    return _with_events(parsed)


def as_stored(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Back to JSON: complete, clean, each with an id of its own."""
    seen: set[str] = set()
    stored = []
    for block in blocks:
        number, name = 1, block.id
        while not name or name in seen:
            name = f"b{number}"
            number += 1
        seen.add(name)
        stored.append({"id": name, "kind": block.kind.name, **block.values})
    return stored


def _block(stored: Any, path: str) -> Block:
    if not isinstance(stored, dict) or stored.get("kind") not in KINDS:
        known = ", ".join(KINDS)
        raise Invalid(f"A block is an object with a “kind”, one of {known}.", field=f"{path}.kind")
    kind = KINDS[stored["kind"]]
    names = {one.name for one in kind.fields}
    for name in stored:
        if name not in names | {"id", "kind"}:
            raise Invalid(f"A {kind.label.lower()} block has no “{name}”.", field=f"{path}.{name}")
    values = {
        one.name: _value(one, stored[one.name], f"{path}.{one.name}") if one.name in stored else one.default
        for one in kind.fields
    }
    return Block(str(stored.get("id") or "")[:20], kind, values)


def _value(one: BlockField, value: Any, path: str) -> Any:
    match one.kind:
        case "number":
            return _number(one, value, path)
        case "event":
            return _pk(value, path)
        case "choice":
            if str(value) not in dict(one.choices):
                raise Invalid(f"“{one.label}” is one of {', '.join(dict(one.choices))}.", field=path)
            return str(value)
    if not isinstance(value, str):
        raise Invalid(f"“{one.label}” is a text.", field=path)
    if len(value) > MAX_TEXT:
        raise Invalid(f"“{one.label}” is too long: {MAX_TEXT:,} characters are the most.", field=path)
    return clean_rich(value) if one.kind == "rich" else value.strip()


def _number(one: BlockField, value: Any, path: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Invalid(f"“{one.label}” is a number.", field=path) from None
    if not one.low <= number <= one.high:
        raise Invalid(f"“{one.label}” is from {one.low} to {one.high}.", field=path)
    return number


def _pk(value: Any, path: str) -> int | None:
    if value in (None, ""):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Invalid("An event is named by its number.", field=path) from None


def _with_events(blocks: Iterable[Block]) -> list[Block]:
    blocks = list(blocks)
    wanted = [block["event"] for block in blocks if block.kind.name == "event" and block["event"]]
    events = Event.objects.alive().in_bulk(wanted) if wanted else {}
    return [
        Block(block.id, block.kind, block.values, events.get(block["event"])) if block.kind.name == "event" else block
        for block in blocks
    ]
