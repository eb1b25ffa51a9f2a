"""The Liquid subset of our messages: checked before publishing, compiled once, filled fast where it is only tokens.

`{{ contact.first_name | default: "there" }}` becomes a slot between constant segments (`Plain`); a template with
conditions, loops or other filters is rendered by python-liquid for each message (`Liquid`), sandboxed: no
attributes, no calls, no includes, with limits on loops and output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from html import escape, unescape
from itertools import takewhile
from typing import Any

from liquid import Environment, StrictUndefined, Undefined
from liquid.exceptions import LiquidError

from crm.delivery.contents import Content
from crm.delivery.fragments import Whole, taken_apart
from crm.delivery.persons import GROUPS, LINKS

TOKEN = re.compile(r"""\{\{-?\s*([a-zA-Z_][\w.]*)\s*(?:\|\s*default:\s*(?:"([^"{}]*)"|'([^'{}]*)')\s*)?-?\}\}""")
BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
ASKED_OF_LISTS = ("size", "first", "last")
FORBIDDEN = ("include", "render", "extends", "block", "macro", "call", "import", "translate", "tablerow")


@dataclass(frozen=True)
class Problem:
    """What keeps a content from being published: the field (subject, html, text) and a sentence."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value; `default` stands where the value is empty."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Plain:
    """Constant text and slots, in turn."""

    pieces: tuple[str | Slot, ...]

    def render(self, values: Mapping[str, Any], *, is_html: bool) -> str:
        return "".join(piece if isinstance(piece, str) else _said(piece, values, is_html) for piece in self.pieces)


@dataclass(frozen=True)
class Liquid:
    """A template that needs the Liquid engine for each message. `asked` is what it asks for: (“contact”, “first_name”)."""

    template: Any
    asked: tuple[tuple[str, ...], ...]

    def render(self, values: Mapping[str, Any], *, is_html: bool) -> str:
        """Raises LiquidError where a limit is passed."""
        return self.template.render(**_nested(_among(values, self.asked)))


@dataclass(frozen=True)
class Mixed:
    """Constant text, slots, and between them what needs the Liquid engine."""

    pieces: tuple[str | Slot | Liquid, ...]

    def render(self, values: Mapping[str, Any], *, is_html: bool) -> str:
        """Raises LiquidError where a limit is passed."""
        return "".join(
            piece
            if isinstance(piece, str)
            else _said(piece, values, is_html)
            if isinstance(piece, Slot)
            else piece.render(values, is_html=is_html)
            for piece in self.pieces
        )


Template = Plain | Mixed | Liquid


class Sandbox(Environment):
    loop_iteration_limit = 10_000
    output_stream_limit = 2_000_000
    local_namespace_limit = 100_000
    context_depth_limit = 20


@lru_cache(maxsize=4)
def _environment(is_html: bool, is_strict: bool) -> Sandbox:
    environment = Sandbox(autoescape=is_html, undefined=StrictUndefined if is_strict else Undefined)
    for tag in FORBIDDEN:
        environment.tags.pop(tag, None)
    return environment


def parse(source: str, *, is_html: bool, is_literal: bool = False) -> Template:
    """Raises LiquidError where the source is no Liquid."""
    if is_literal:
        return Plain((source,))
    source = readable(source) if is_html else source
    pieces = _slots(source)
    if not _needs_liquid(pieces):
        return Plain(pieces)
    whole = _liquid(source, is_html)
    try:
        parts = taken_apart(source)
    except Whole:
        return whole
    mixed: list[str | Slot | Liquid] = []
    for place, part in enumerate(parts):
        pieces = _slots(part)
        if _needs_liquid(pieces) and not place % 2:
            return whole  # a brace without its other half
        mixed += [_liquid(part, is_html)] if _needs_liquid(pieces) else pieces
    return Mixed(tuple(mixed))


def _slots(source: str) -> tuple[str | Slot, ...]:
    pieces: list[str | Slot] = []
    position = 0
    for match in TOKEN.finditer(source):
        if match[1].rpartition(".")[2] in ASKED_OF_LISTS:
            continue
        pieces += [source[position : match.start()], Slot(match[1], match[2] or match[3] or "")]
        position = match.end()
    pieces.append(source[position:])
    return tuple(piece for piece in pieces if piece != "")


def _needs_liquid(pieces: tuple[str | Slot, ...]) -> bool:
    return any(isinstance(piece, str) and ("{{" in piece or "{%" in piece) for piece in pieces)


def _liquid(source: str, is_html: bool) -> Liquid:
    template = _environment(is_html, False).from_string(source)
    asked = {_known_part(place.segments) for places in template.analyze().globals.values() for place in places}
    return Liquid(template, tuple(sorted(asked)))


def _known_part(segments: list[Any]) -> tuple[str, ...]:
    """Of `talks[contact.city].name` it is known beforehand that it begins with “talks”."""
    return tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), segments))


def readable(html: str) -> str:
    """Tokens as they were typed: an HTML compiler writes `&quot;` for the quotes in them."""
    return BRACES.sub(lambda match: unescape(match[0]), html)


def nodes_of(source: str, *, is_html: bool) -> list[Any]:
    """Its syntax tree, for who wants to know what it asks for. Raises LiquidError where it is no Liquid."""
    source = readable(source) if is_html else source
    return list(_environment(is_html, True).from_string(source).nodes)


def check(content: Content) -> list[Problem]:
    """Every token that nobody will fill and everything that is no Liquid; empty means: it may be published."""
    return list(problems_of(content))


def problems_of(content: Content) -> Iterator[Problem]:
    known = allowed(content.variables)
    for field in ("subject", "html", "text"):
        source = getattr(content, field)
        if content.is_literal or not source:
            continue
        try:
            template = _environment(field == "html", True).from_string(readable(source) if field == "html" else source)
            asked = template.analyze()
        except LiquidError as problem:
            yield Problem(field, f"This is not written right: {str(problem).splitlines()[0]}.")
            continue
        for name in sorted({str(place) for places in asked.globals.values() for place in places}):
            if name not in known and name.partition(".")[0] not in content.variables:
                yield Problem(field, f"Nothing is known as “{name}”.{_nearest(name, known)}")
        for name in sorted(set(asked.filters) - set(template.env.filters)):
            yield Problem(field, f"There is no filter “{name}”.")


def allowed(variables: frozenset[str]) -> frozenset[str]:
    grouped = {f"{group}.{name}" for group, names in GROUPS.items() for name in names}
    return frozenset(grouped | LINKS | variables)


def _nearest(name: str, known: frozenset[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean “{near[0]}”?" if near else ""


def flat(name: str, value: Any) -> dict[str, Any]:
    """The values under `name` as slots ask for them: {"a": {"b": 1}} under “data” is “data.a.b”. Lists stay whole."""
    if not isinstance(value, Mapping):
        return {name: value}
    return {path: said for inner, held in value.items() for path, said in flat(f"{name}.{inner}", held).items()}


def filled(value: Any, default: str) -> str:
    """What a slot says: as Liquid has it, nothing, an empty text and “false” give way to the default; 0 does not."""
    if value is None or value is False or value == "":
        return default or ("false" if value is False else "")
    if isinstance(value, list):
        return "".join(filled(one, "") for one in value) or default
    return "true" if value is True else str(value)


def _said(slot: Slot, values: Mapping[str, Any], is_html: bool) -> str:
    value = filled(values.get(slot.name), slot.default)
    return escape(value) if is_html else value


def _among(values: Mapping[str, Any], asked: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """Of the values those that are asked for; where none has that very name, all that begin as it does."""
    found: dict[str, Any] = {}
    for path in asked:
        name = ".".join(path)
        if name in values:
            found[name] = values[name]
        else:
            found.update({known: value for known, value in values.items() if known.partition(".")[0] == path[0]})
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """“contact.first_name” → {"contact": {"first_name": …}}, as Liquid wants it."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        level = nested
        for part in path:
            level = level.setdefault(part, {})
        level[last] = value
    return nested
