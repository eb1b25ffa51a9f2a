"""Stored JSON -> blocks. Everything that is no block is caught here, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crm.errors import Invalid
from crm.hooks import embeds
from crm.rich_text import clean_rich
from marketing.blocks.conditions import Condition, must_be_writable, parse_condition
from marketing.blocks.fields import BlockField, BlockKind
from marketing.blocks.kinds import KINDS, LAYOUTS
from marketing.blocks.markup import clean_markup
from marketing.models import ContentBlock, Event

MAX_BLOCKS = 200
MAX_TEXT = 50_000
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
IDS = ("event", "embed", "content")
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Block:
    """One block with every field of its kind. A section has columns. `shown` is what an id names, where that exists: an
    Event, a Card, or the blocks of a reusable one. `when`: who sees it; None is everybody."""

    id: str
    kind: BlockKind
    values: dict[str, Any] = field(default_factory=dict)
    columns: tuple[tuple[Block, ...], ...] = ()
    when: Condition | None = None
    shown: Any = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse_blocks(stored: Any, *, is_part: bool = False) -> list[Block]:
    """Raises Invalid with the path of what is wrong, e.g. “blocks[2].columns[0][1].width”. A part, which is kept for use in
    emails, has no sections and no reusable blocks itself."""
    if not isinstance(stored, list):
        raise Invalid("The blocks are a list.", field="blocks")
    parsed = [_block(one, f"blocks[{index}]", 0, is_part) for index, one in enumerate(stored)]
    count = sum(1 for _ in placed(parsed))
    if count > MAX_BLOCKS:
        raise Invalid(f"An email has at most {MAX_BLOCKS} blocks; this has {count}.", field="blocks")
    return resolved(parsed)


def placed(blocks: Sequence[Block], path: str = "blocks") -> Iterator[tuple[str, Block]]:
    """Every block with its path, sections before what is in them."""
    for index, block in enumerate(blocks):
        yield f"{path}[{index}]", block
        for number, column in enumerate(block.columns):
            yield from placed(column, f"{path}[{index}].columns[{number}]")


def as_stored(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Back to JSON: complete, clean, each with an id of its own."""
    return _stored(blocks, set())


def _stored(blocks: Sequence[Block], seen: set[str]) -> list[dict[str, Any]]:
    found = []
    for block in blocks:
        number, name = 1, block.id
        while not name or name in seen:
            name = f"b{number}"
            number += 1
        seen.add(name)
        one = {"id": name, "kind": block.kind.name, **block.values}
        if block.when:
            one["when"] = block.when.as_json()
        if block.kind.name == "section":
            one["columns"] = [_stored(column, seen) for column in block.columns]
        found.append(one)
    return found


def _block(stored: Any, path: str, depth: int, is_part: bool) -> Block:
    if not isinstance(stored, dict) or not isinstance(stored.get("kind"), str) or stored["kind"] not in KINDS:
        known = ", ".join(KINDS)
        raise Invalid(f"A block is an object with a “kind”, one of {known}.", field=f"{path}.kind")
    kind = KINDS[stored["kind"]]
    if kind.name == "section" and (depth or is_part):
        raise Invalid("A section does not stand in another one.", field=f"{path}.kind")
    if kind.name == "content" and is_part:
        raise Invalid("A reusable block holds no other one.", field=f"{path}.kind")
    names = {one.name for one in kind.fields} | {"id", "kind", "when"}
    if kind.name == "section":
        names.add("columns")
    for name in stored:
        if name not in names:
            raise Invalid(f"A {kind.label.lower()} block has no “{name}”.", field=f"{path}.{name}")
    values = {
        one.name: _value(one, stored[one.name], f"{path}.{one.name}") if one.name in stored else one.default
        for one in kind.fields
    }
    columns = _columns(stored.get("columns"), values["layout"], path, depth) if kind.name == "section" else ()
    when = parse_condition(stored.get("when"), f"{path}.when")
    name = must_be_writable(str(stored.get("id") or "")[:20], "The id of a block", f"{path}.id")
    return Block(name, kind, values, columns, when)


def _columns(stored: Any, layout: str, path: str, depth: int) -> tuple[tuple[Block, ...], ...]:
    """As many as the layout has; what is too much for it joins the last one."""
    if stored is None:
        stored = []
    if not isinstance(stored, list) or not all(isinstance(column, list) for column in stored):
        raise Invalid("The columns are lists of blocks.", field=f"{path}.columns")
    parsed = [
        [_block(one, f"{path}.columns[{number}][{index}]", depth + 1, False) for index, one in enumerate(column)]
        for number, column in enumerate(stored)
    ]
    many = len(LAYOUTS[layout])
    parsed += [[] for _ in range(many - len(parsed))]
    kept = parsed[: many - 1]
    return (*map(tuple, kept), tuple(block for column in parsed[many - 1 :] for block in column))


def _value(one: BlockField, value: Any, path: str) -> Any:
    if one.kind == "number":
        return _number(one, value, path)
    if one.kind in IDS:
        return _pk(one, value, path)
    if one.kind == "choice":
        if str(value) not in dict(one.choices):
            raise Invalid(f"“{one.label}” is one of {', '.join(dict(one.choices))}.", field=path)
        return str(value)
    if not isinstance(value, str):
        raise Invalid(f"“{one.label}” is a text.", field=path)
    if len(value) > MAX_TEXT:
        raise Invalid(f"“{one.label}” is too long: {MAX_TEXT:,} characters are the most.", field=path)
    must_be_writable(value, f"“{one.label}”", path)
    return _text(one, value.strip(), path)


def _text(one: BlockField, value: str, path: str) -> str:
    match one.kind:
        case "rich":
            return clean_rich(value)
        case "html":
            return clean_markup(value)
        case "colour" if value and not COLOUR.match(value):
            raise Invalid(f"“{one.label}” is # and six digits or letters up to f, e.g. #3b55c9.", field=path)
        case "list" if value and embeds.listing(value) is None:
            known = ", ".join(listing.name for listing in embeds.listings())
            raise Invalid(f"“{one.label}” is one of {known}.", field=path)
        case "text" | "url" | "picture":
            return " ".join(value.split())
    return value


def _number(one: BlockField, value: Any, path: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise Invalid(f"“{one.label}” is a number.", field=path) from None
    if not one.low <= number <= one.high:
        raise Invalid(f"“{one.label}” is from {one.low} to {one.high}.", field=path)
    return number


def _pk(one: BlockField, value: Any, path: str) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if isinstance(value, bool) or not 0 < number <= LARGEST_ID:
        raise Invalid(f"“{one.label}” is named by its number.", field=path)
    return number


def resolved(blocks: Sequence[Block]) -> list[Block]:
    """With what their ids name: one query a kind, however many blocks."""
    inside = [block for _, block in placed(blocks)]
    found: dict[str, dict[int, Any]] = {
        "event": _asked(inside, "event", lambda ids: Event.objects.alive().in_bulk(ids)),
        "product": _asked(inside, "product", _cards),
        "content": _asked(inside, "content", _contents),
    }
    return [_with(block, found) for block in blocks]


def _asked(blocks: Sequence[Block], kind: str, ask: Callable[[list[int]], Any]) -> dict[int, Any]:
    wanted = [block[kind] for block in blocks if block.kind.name == kind and block[kind]]
    return dict(ask(wanted)) if wanted else {}


def _cards(ids: list[int]) -> Any:
    embed = embeds.get("product")
    return embed.cards(ids) if embed else {}


def _contents(ids: list[int]) -> dict[int, list[Block]]:
    rows = ContentBlock.objects.alive().in_bulk(ids)
    return {pk: parse_blocks(row.blocks, is_part=True) for pk, row in rows.items()}


def _with(block: Block, found: dict[str, dict[int, Any]]) -> Block:
    if block.columns:
        return replace(block, columns=tuple(tuple(_with(one, found) for one in column) for column in block.columns))
    name = block.kind.name
    return replace(block, shown=found[name].get(block[name])) if name in found else block
