"""What a message says, and who knows it: apps register a loader, delivery asks for (name, id, version)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Content:
    """The templates of a message, in the Liquid subset of crm/delivery/templates.py.

    An SMS has only `text`. `tracked`: opens and links are. `variables` names what each message brings besides
    the contact's own values. `is_literal`: braces are braces, as one person wrote them to another. `utm`: parameters that
    tracked links lead on with (utm_source …).

    `variants` are the same by the language of the reader, where there is one. `facts` answers what else the templates
    ask about readers, for a batch of contacts at once; None (most contents) asks nothing. `postal_address` stands at the
    foot instead of the company's. `language` is the one that it is written in, and the words under it, too; "" is English.
    """

    name: str
    subject: str = ""
    html: str = ""
    text: str = ""
    tracked: bool = True
    variables: frozenset[str] = frozenset()
    is_literal: bool = False
    utm: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Content] = field(default_factory=dict)
    facts: Facts | None = None
    postal_address: str = ""
    language: str = ""

    def said_in(self, language: str) -> str:
        """The key of the variant for a reader of this language (“de”, “de-AT”); "" is the content itself."""
        code = language.lower()
        return next((key for key in (code, code[:2]) if key in self.variants), "")


LETTER = "crm.letter"
"""What one person, or a program, wrote to one other (crm.models.Letter)."""
Facts = Callable[[Collection[int]], Mapping[int, Mapping[str, Any]]]
Ref = tuple[str, int, int]
Loader = Callable[[int, int], Content]

_loaders: Registry[Loader] = Registry("content")


def register(name: str, loader: Loader) -> None:
    """`loader(id, version)` answers a Content or raises LookupError. A version never changes once it was sent."""
    _loaders.register(name, loader)


def load(name: str, content_id: int, version: int) -> Content:
    """Raises LookupError where nobody registered `name` or there is no such content."""
    return _loaders.get(name)(content_id, version)
