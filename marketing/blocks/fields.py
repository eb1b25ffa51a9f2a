"""What a block is made of: fields of a kind that picks the control in the designer and the test on the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALIGN = (("left", "Left"), ("center", "Centre"), ("right", "Right"))


@dataclass(frozen=True)
class BlockField:
    """`kind` is text, lines (several of them), rich (a few HTML tags), html (many), url, picture, choice, number, colour
    (empty: the brand's), or the name of what is chosen by its id: event, embed, content."""

    name: str
    label: str
    kind: str = "text"
    default: Any = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    low: int = 0
    high: int = 0
    takes_tokens: bool = False


@dataclass(frozen=True)
class BlockKind:
    """`group` is where the palette shows it; `plain` blocks can be kept for use in other emails."""

    name: str
    label: str
    icon: str
    fields: tuple[BlockField, ...] = field(default=())
    group: str = "Content"

    def defaults(self) -> dict[str, Any]:
        return {one.name: one.default for one in self.fields}
